"""A text as its reader would see it: without escapes, entities, colours and invisible characters; each position known."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

MAX_LAYERS = 5
"""An echo is escaped by its server, by whoever logs it, and by whoever exports the log."""

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}\U000e0000-\U000e0fff]")
_AFTER_BEGIN = (
    r"(?:(?<=%)(?P<percent>[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*+)|(?<=&)(?P<entity>#?[A-Za-z0-9]{1,10};)"
    r"|(?<=<)(?P<none>wbr ?/?>)|(?<=\\)(?:(?P<plain>[!-/:-@\[-`{-~nrtbf])"
    r"|u(?P<unicode>[0-9A-Fa-f]{4})|x(?P<hex>[0-9A-Fa-f]{2})|u\{(?P<braced>[0-9A-Fa-f]{1,6})\})"
    r"|(?<=\[)(?P<bare_colour>(?:[0-9]{1,3};?){1,4}+m)"
    r"|(?<=\x1b)(?P<colour>\[[0-9;:?]*+[ -/]*+[@-~]?|\][^\x07\x1b]{0,512}+(?:\x07|\x1b\\)|)"
)
_ESCAPES = re.compile(rf"[%\\&<\[\x1b\x00\x08]{_AFTER_BEGIN}|(?<=[\x00\x08])(?P<nothing>))")
_ESCAPES_ANY = re.compile(
    rf"[%\\&<\[\x1b\x00\x08{INVISIBLE}\U000e0000-\U000e0fff]{_AFTER_BEGIN}|(?<=[\x00\x08{INVISIBLE}\U000e0000-\U000e0fff])(?P<nothing>))"
)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": "\f"}


class View:
    """One reading of a text; `origin` gives back where in the text something stands that was found in it."""

    def __init__(self, text: str, pieces: list[tuple[int, int, bool]] | None = None, of: View | None = None):
        self.text = text
        self._pieces, self._of = pieces or [], of
        self._starts = [piece[0] for piece in pieces or ()]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the text from which these of the view were read."""
        if self._of is None:
            return start, end
        return self._of.origin(self._source(start)[0], self._source(end - 1)[1])

    def _source(self, position: int) -> tuple[int, int]:
        # Each piece: where it starts in the view, where in the source, and whether it is copied (else read from an escape).
        piece = bisect_right(self._starts, position) - 1
        begun, source, copied = self._pieces[piece]
        if copied:
            return source + position - begun, source + position - begun + 1
        return source, self._pieces[piece + 1][1]


def views(text: str, may_hold: Callable[[str], bool]) -> Iterator[View]:
    """The text itself, then the same with one layer of escapes fewer each time, as long as there is one.

    Where backslashes are all that there is to read, no view is made unless `may_hold` says that what they hide matters.
    """
    view = View(text)
    yield view
    if _has_invisible(text) and (plain := _unescaped(view, invisible_alone=True)):
        view = plain
        yield view
    for _ in range(MAX_LAYERS):
        if _has_backslashes_alone(view.text) and not may_hold(_without_backslashes(view.text)):
            return
        fewer = _unescaped(view)
        if fewer is None:
            return
        yield fewer
        view = fewer


def _has_backslashes_alone(text: str) -> bool:
    return text.isascii() and not any(sign in text for sign in ("%", "&", "<wbr", "[0m", "[3", "\x1b", "\0", "\b", "\\u", "\\x"))


def _without_backslashes(text: str) -> str:
    for escape, letter in (("\\n", "\n"), ("\\r", "\n"), ("\\t", "\t"), ("\\", "")):
        text = text.replace(escape, letter)
    return text


def has_more(text: str) -> bool:
    """Whether the text may have another view than itself."""
    return "%" in text or "\\" in text or "&" in text or _has_invisible(text)


def _has_invisible(text: str) -> bool:
    return (
        "<wbr" in text
        or "[0m" in text
        or "[3" in text
        or "\x1b" in text
        or "\0" in text
        or "\b" in text
        or (not text.isascii() and _INVISIBLE.search(text) is not None)
    )


def _unescaped(view: View, *, invisible_alone: bool = False) -> View | None:
    source, position, parts, length = view.text, 0, [], 0
    pieces: list[tuple[int, int, bool]] = []
    for match in (_ESCAPES if source.isascii() else _ESCAPES_ANY).finditer(source):
        read = (
            "" if match.lastgroup in {"none", "nothing", "colour", "bare_colour"} else None if invisible_alone else _read(match)
        )
        if read is None:
            continue
        start, end = match.span()
        if start > position:
            pieces.append((length, position, True))
            parts.append(source[position:start])
            length += start - position
        if len(read) * 3 == end - start and source[start] == "%":
            pieces += [(length + number, start + 3 * number, False) for number in range(len(read))]
        elif read:
            pieces.append((length, start, False))
        parts.append(read)
        length, position = length + len(read), end
    if not position:
        return None
    pieces.append((length, position, True))
    parts.append(source[position:])
    return View("".join(parts), pieces, view)


def _read(match: re.Match[str]) -> str | None:
    what = match.lastgroup
    if what == "plain":
        letter = match[what]
        return _CONTROL.get(letter, letter)
    if what == "percent":
        return unquote_to_bytes(match[0]).decode("utf-8", "replace")
    if what == "entity":
        read = html.unescape(match[0])
        return None if read == match[0] else read
    code = int(match[what or 0], 16)
    return chr(code) if code < 0x110000 else None


def folded(text: str) -> tuple[str, View | None]:
    """The text closed under case folding, and the view that leads back to it; None where each character stands in its place."""
    lowered = text.casefold()
    if text.isascii() or len(lowered) == len(text):
        return lowered, None
    pieces, parts, length = [], [], 0
    for position, character in enumerate(text):
        pieces.append((length, position, False))
        parts.append(character.casefold())
        length += len(parts[-1])
    pieces.append((length, len(text), True))
    return "".join(parts), View(lowered, pieces, View(text))
