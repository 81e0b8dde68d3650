"""A text as its reader would see it: without escapes, entities, colours and invisible characters; each position known."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

MAX_LAYERS = 3
"""An echo is escaped by its server, by whoever logs it, and by whoever exports the log."""

ESCAPE = (
    r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\u\{|\\x[0-9A-Fa-f]{2}|\\[/\"'\\]|[\x1b\x00\x08]"
    r"|&(?:#[0-9]|#[xX][0-9A-Fa-f]|[A-Za-z]{2,10};)"
)
"""Without one of these, and with ASCII alone, a text is its own and only view."""

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}\U000e0000-\U000e0fff]")
_ESCAPES = re.compile(
    rf"(?P<none>\x1b\[[0-9;:?]*+[ -/]*+[@-~]?|\x1b\][^\x07\x1b]{{0,512}}+(?:\x07|\x1b\\)?|\x1b[@-Z\\^_]?|[\x00\x08{INVISIBLE}"
    r"\U000e0000-\U000e0fff]++)|(?P<percent>(?:%[0-9A-Fa-f]{2})++)|\\u(?P<unicode>[0-9A-Fa-f]{4})"
    r"|\\u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|\\x(?P<hex>[0-9A-Fa-f]{2})|\\(?P<plain>[/\"'\\nrtbf])|(?P<entity>&#?[A-Za-z0-9]{1,10};)"
)
_BEGIN = re.compile(r"[%\\&\x1b\x00\x08]")
_BEGIN_ANY = re.compile(f"[%\\\\&\x1b\x00\x08{INVISIBLE}\U000e0000-\U000e0fff]")
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": "\f"}


class View:
    """One reading of a text; `origin` gives back where in the text something stands that was found in it."""

    def __init__(self, text: str, pieces: list[tuple[int, int, bool]] | None = None, of: View | None = None):
        self.text = text
        self._pieces, self._of = pieces, of
        self._starts = [piece[0] for piece in pieces or ()]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the text from which these of the view were read."""
        if self._pieces is None or self._of is None:
            return start, end
        return self._of.origin(self._source(start)[0], self._source(end - 1)[1])

    def _source(self, position: int) -> tuple[int, int]:
        # Each piece: where it starts in the view, where in the source, and whether it is copied (else read from an escape).
        piece = bisect_right(self._starts, position) - 1
        begun, source, copied = self._pieces[piece]  # type: ignore[index]
        if copied:
            return source + position - begun, source + position - begun + 1
        return source, self._pieces[piece + 1][1]  # type: ignore[index]


def views(text: str) -> Iterator[View]:
    """The text itself, then the same with one layer of escapes fewer each time, as long as there is one."""
    view = View(text)
    yield view
    for _ in range(MAX_LAYERS):
        fewer = _unescaped(view)
        if fewer is None:
            return
        yield fewer
        view = fewer


def is_disguised(text: str) -> bool:
    """Whether invisible characters stand in a text."""
    return not text.isascii() and _INVISIBLE.search(text) is not None


def _unescaped(view: View) -> View | None:
    source, position, parts, length = view.text, 0, [], 0
    pieces: list[tuple[int, int, bool]] = []
    for begin in (_BEGIN if source.isascii() else _BEGIN_ANY).finditer(source):
        match = _ESCAPES.match(source, begin.start()) if begin.start() >= position else None
        read = _read(match) if match else None
        if match is None or read is None:
            continue
        if match.start() > position:
            pieces.append((length, position, True))
            parts.append(source[position : match.start()])
            length += match.start() - position
        if match.lastgroup == "percent" and len(read) * 3 == len(match[0]):
            pieces += [(length + number, match.start() + 3 * number, False) for number in range(len(read))]
        elif read:
            pieces.append((length, match.start(), False))
        parts.append(read)
        length, position = length + len(read), match.end()
    if not position:
        return None
    pieces.append((length, position, True))
    parts.append(source[position:])
    return View("".join(parts), pieces, view)


def _read(match: re.Match[str]) -> str | None:
    what, found = match.lastgroup, match[0]
    if what == "none":
        return ""
    if what == "percent":
        return unquote_to_bytes(found).decode("utf-8", "replace")
    if what == "plain":
        return _CONTROL.get(match["plain"], match["plain"])
    if what == "entity":
        read = html.unescape(found)
        return None if read == found else read
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
