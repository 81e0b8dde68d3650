"""Values that are known to be secret, found in a text however they are spelt: first of all, whatever else the text looks like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import re2

from lib.redaction.encodings import base64_decoded, encoded_spellings
from lib.redaction.kinds import Span, as_bytes, compiled
from lib.redaction.names import tells_secret
from lib.redaction.views import folded

MIN_CHARACTERS = 4
"""Shorter values are not searched for: they would be found everywhere."""
WHOLE_WORD_BELOW = 8
"""Values of fewer characters count only where no letter or digit stands beside them."""
PREFIX = 12
"""So many of a value's first characters are enough to harm, and to find it where it was cut off."""


class Known:
    """Some known values: `gate` says quickly whether any of them may stand in a text, `spans` where they do."""

    def __init__(self, values: tuple[str, ...]):
        self.values: dict[str, str] = {}
        for value in values:
            for part in _parts(value):
                if len(part.strip()) >= MIN_CHARACTERS:
                    self.values.setdefault(part.strip().casefold(), value)
        self._first = {text: text[: _needed(text)] for text in sorted(self.values, key=len, reverse=True)}
        encoded = {spelt for text in self.values for spelt in _encoded(text, self.values[text])}
        self._plain = _any_of(self._first.values())
        self._encoded = _any_of(encoded) if encoded else None

    def gate(self, text: str) -> bool:
        """Whether one of them may stand in this text, plain or encoded."""
        raw = as_bytes(text.casefold())
        return bool(self._plain.search(raw)) or self.is_encoded_in(text)

    def is_encoded_in(self, text: str) -> bool:
        """Whether letters stand in the text that base64, base32 or hexadecimal would make of one of them."""
        return self._encoded is not None and self._encoded.search(as_bytes(text)) is not None

    def spans(self, text: str) -> Iterator[Span]:
        """Where they stand, longest first where several begin alike."""
        lowered, view = folded(text)
        if not self._plain.search(as_bytes(lowered)):
            return
        for value, first in self._first.items():
            at = lowered.find(first)
            while at >= 0:
                end = at + _length(lowered, at, value)
                if len(value) >= WHOLE_WORD_BELOW or _is_word(lowered, at, end):
                    start, stop = view.origin(at, end) if view else (at, end)
                    yield Span(start, stop, "known", self.values[value])
                at = lowered.find(first, end)


@lru_cache(maxsize=64)
def known(values: tuple[str, ...]) -> Known | None:
    """The values, made ready to be searched for; None where there are none."""
    long_enough = tuple(value for value in values if len(value.strip()) >= MIN_CHARACTERS)
    return Known(long_enough) if long_enough else None


def _any_of(texts: Iterable[str]) -> re2._Regexp:
    return compiled("|".join(re2.escape(as_bytes(text)).decode("ascii") for text in sorted(set(texts))))


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
    as_given = given[start : start + len(lowered)] if start >= 0 and len(given.casefold()) == len(given) else lowered
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
