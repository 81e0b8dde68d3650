"""Values that are known to be secret, found in a text however they are spelt: first of all, whatever else the text looks like."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from threading import Lock
from urllib.parse import unquote, urlsplit

import re2

from lib.redaction.encodings import base64_decoded, encoded_spellings
from lib.redaction.kinds import Span, as_bytes, gate_of_values
from lib.redaction.names import tells_secret
from lib.redaction.views import folded

MIN_CHARACTERS = 4
"""Shorter values are not searched for: they would be found everywhere."""
WHOLE_WORD_BELOW = 8
"""Values of fewer characters count only where no letter or digit stands beside them."""
PREFIX = 12
"""So many of a value's first characters are enough to harm, and to find it where it was cut off."""


SEVERAL = 5_000
"""After so many looks an automaton for these values is worth its tenth of a second: a log has more of them, a diagnosis less."""
LARGEST = 25_000
"""Of so many characters together an automaton can be made; a token of several kilobytes in all its encodings has more."""
KEPT = 4
"""Of so many sets of values automata are kept, the last used: each takes up to 4 MB, and every token makes a set of its own."""
Search = Callable[[bytes], "list[int] | None"]
_kept: list[Known] = []
"""The sets that have automata, the last used at the end."""
_keeping = Lock()


class Known:
    """Some known values: whether any of them may stand in a text, and where they do."""

    def __init__(self, values: tuple[str, ...]):
        self.values: dict[str, str] = {}
        for value in values:
            for part in _parts(value):
                if len(part.strip()) >= MIN_CHARACTERS:
                    self.values.setdefault(part.strip().casefold(), value)
        self._first = {text: text[: _needed(text)] for text in sorted(self.values, key=len, reverse=True)}
        self._encoded = tuple({spelt for text, value in self.values.items() for spelt in _encoded(text, value)})
        self.has_backslash = any("\\" in text for text in self.values)
        self._characters = sum(map(len, (*self._first.values(), *self._encoded)))
        self._uses = 0
        self._automata: dict[str, Search] = {}

    @property
    def search(self) -> str:
        """An expression that matches where one of them may stand in a text of ASCII, plain or encoded."""
        plain, encoded = ("|".join(map(_escaped, sorted(texts))) for texts in (set(self._first.values()), set(self._encoded)))
        return f"(?i:{plain})|{encoded}" if encoded else f"(?i:{plain})"

    @property
    def search_encoded(self) -> str:
        """The same for where one of them may stand encoded."""
        return "|".join(map(_escaped, self._encoded)) or "$."

    def may_stand_in(self, text: str) -> bool:
        """Whether one of them may stand in this text, plain or encoded."""
        if text.isascii() and self.has_been_used():
            return bool(self.automaton("plain", lambda: gate_of_values(self.search))(as_bytes(text)))
        lowered = text.casefold()
        return any(first in lowered for first in self._first.values()) or self.is_encoded_in(text)

    def is_encoded_in(self, text: str) -> bool:
        """Whether letters stand in the text that base64, base32 or hexadecimal would make of one of them."""
        if self.has_been_used():
            return bool(self.automaton("encoded", lambda: gate_of_values(self.search_encoded))(as_bytes(text)))
        return any(spelt in text for spelt in self._encoded)

    def has_been_used(self) -> bool:
        """Whether so many texts have been searched that an automaton pays; most values, tokens of one request, see only a few."""
        self._uses += 1
        if self._uses <= SEVERAL or self._characters > LARGEST:
            return False
        if _kept[-1:] != [self]:  # one look, as another thread may be moving a set to the end
            _keep(self)
        return True

    def automaton(self, name: str, make: Callable[[], Search]) -> Search:
        """The automaton of this name, made where there is none."""
        found = self._automata.get(name)
        if found is None:
            found = self._automata[name] = make()
        return found

    def forget(self) -> None:
        """Lets its automata go; they have to pay again, so that sets used in turn do not make them anew with each look."""
        self._uses = 0
        self._automata = {}

    def spans(self, text: str) -> Iterator[Span]:
        """Where they stand, longest first where several begin alike."""
        lowered, view = folded(text)
        for value, first in self._first.items():
            at = lowered.find(first)
            while at >= 0:
                end = at + _length(lowered, at, value)
                if len(value) >= WHOLE_WORD_BELOW or _is_word(lowered, at, end):
                    start, stop = view.origin(at, end) if view else (at, end)
                    yield Span(start, stop, "known", self.values[value])
                at = lowered.find(first, end)


def _keep(values: Known) -> None:
    with _keeping:
        if values in _kept:
            _kept.remove(values)
        _kept.append(values)
        while len(_kept) > KEPT:
            _kept.pop(0).forget()


@lru_cache(maxsize=64)
def known(values: tuple[str, ...]) -> Known | None:
    """The values, made ready to be searched for; None where there are none."""
    long_enough = tuple(value for value in values if len(value.strip()) >= MIN_CHARACTERS)
    return Known(long_enough) if long_enough else None


def _escaped(text: str) -> str:
    return re2.escape(as_bytes(text)).decode("ascii")


def _needed(value: str) -> int:
    # How a key file, a token, an address or a document begins is no secret.
    begins = value[:PREFIX]
    return len(value) if begins.startswith(("-----begin", "eyj", "{")) or "://" in begins or len(value) <= PREFIX else PREFIX


def _length(text: str, at: int, value: str) -> int:
    if text.startswith(value, at):
        return len(value)
    return next(n for n, letter in enumerate(value) if text[at + n : at + n + 1] != letter)


def _is_word(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def _encoded(lowered: str, given: str) -> Iterator[str]:
    # As the values are looked for in any case, they may have been encoded as they are, or in capitals.
    start = given.casefold().find(lowered)
    whole = given.strip() if given.strip().casefold() == lowered else lowered
    as_given = given[start : start + len(lowered)] if start >= 0 and len(given.casefold()) == len(given) else whole
    for text in {as_given, as_given.lower(), as_given.upper()}:
        yield from encoded_spellings(text[: _needed(lowered)].encode("utf-8", "surrogatepass"))


def _parts(value: str) -> Iterator[str]:
    """The value itself, and what in it is a secret of its own: lines of a key, a token's signature, an address's password."""
    yield value
    if " " in value.strip():
        yield value.strip().replace(" ", "+")
    lines = [line.strip() for line in value.splitlines() if len(line.strip()) >= 16 and not line.startswith("-----")]
    yield from lines if len(lines) > 1 else ()
    scheme, _, rest = value.strip().partition(" ")
    if rest and scheme.lower() in {"bearer", "jwt", "token", "basic", "apikey"}:
        yield rest
        yield from _of_basic(rest) if scheme.lower() == "basic" else ()
    pieces = value.strip().split(".")
    if value.strip().startswith("eyJ") and len(pieces) == 3 and len(pieces[2]) >= 16:
        yield pieces[2]
    if "://" in value[:32]:
        yield from _of_address(value.strip())
    if value.lstrip()[:1] == "{":
        yield from _of_document(value)


def _of_basic(text: str) -> Iterator[str]:
    try:
        pair = base64_decoded(text).decode("utf-8")
    except ValueError:
        return
    yield pair.partition(":")[2]


def _of_address(value: str) -> Iterator[str]:
    try:
        password = urlsplit(value).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)


def _of_document(value: str) -> Iterator[str]:
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return
    for name, item in document.items() if isinstance(document, dict) else ():
        if isinstance(item, str) and tells_secret(name):
            yield from _parts(item)
