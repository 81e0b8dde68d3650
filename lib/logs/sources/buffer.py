"""A window on a text of any length, in which JSON values and lines are read one by one.

Every character is looked at a bounded number of times, and no more than one value of MOST_VALUE characters is held, or
of MOST_WEIGHT bytes as Python objects, which take up to fifty times what they are written with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lib.logs.sources.packing import CHUNK

MOST_VALUE = 16 << 20
"""Characters of one JSON value, line or cell; what is longer is cut, and that is said."""
MOST_WEIGHT = 64 << 20
TOO_LONG, TOO_MANY = "JSON longer than can be held", "JSON of more parts than can be held"
TOO_DEEP = "JSON that is nested too deeply"
_MOST_TRIED, _MOST_IN_VAIN = 5, 4 << 20
"""Beginnings of a further value that are tried behind a broken one; characters in which ends may be looked for in vain."""
_FIRST_KEY = re.compile(r'\{\s*("(?:[^"\\]|\\.){0,200}")')
_ITEM = re.compile(r',\s*\{\s*"|\n')
_JSON = json.JSONDecoder(strict=False)
BLANKS = " \t\r\n"
_BLANK, _BETWEEN = re.compile(r"[ \t\r\n]*"), re.compile(r"[ \t\r\n,]*")
_OF_MARK = {"{": 200, "[": 64, ",": 56}
"""Bytes that an object, a list and a member take beside their texts."""
_TO_QUOTE = r"[^\"\\]*+(?:\\.[^\"\\]*+)*+"
TOKEN = re.compile(rf"[{{}}\[\]]|\"{_TO_QUOTE}(\"|\Z)", re.DOTALL)
STRING_END = re.compile(rf"{_TO_QUOTE}\"", re.DOTALL)
"""Possessive: each escape of a string that may be given back is remembered, and takes fifty bytes."""

Report = Callable[[str], None]
"""Takes one sentence on what could not be read."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece of a file that is none of what it began as: what is wrong with it, and how it begins."""

    what: str
    example: str


Record = Mapping[str, Any] | str | Broken
"""A decoded object, a line of text, or what could not be read."""


class Buffer:
    # A window on the text that grows while one value is not complete in it.
    def __init__(self, chunks: Iterator[str]):
        self.chunks, self.text, self.at, self.ended = chunks, "", 0, False
        self.vain, self.is_in_line = 0, False

    def grow(self, wanted: int) -> None:
        parts = [self.text[self.at :]]
        while wanted > 0 and not self.ended:
            part = next(self.chunks, None)
            self.ended = part is None
            parts.append(part or "")
            wanted -= len(part or "")
        self.text, self.at = "".join(parts), 0

    def skip(self, characters: str) -> str:
        """Moves past any of these characters; the next one, or nothing at the end."""
        pattern = _BETWEEN if characters == BLANKS + "," else _BLANK
        while True:
            found = pattern.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self.grow(CHUNK)

    def value(self, opening: str = "") -> Any:
        """The JSON value that begins here, or the `Broken` that it is; what is broken has been passed.

        `opening` is the first key of a value before: where another value begins with it, what is broken has ended.
        """
        while True:
            try:
                value, self.at = _JSON.raw_decode(self.text, self.at)
                return value
            except RecursionError:
                return self.passed(TOO_DEEP, self.at, opening)
            except ValueError as error:
                rest = len(self.text) - self.at
                failed_at = getattr(error, "pos", len(self.text))
                if "digits" in str(error):
                    return self.passed("JSON with a number of too many digits", failed_at, opening)
                inside = failed_at < len(self.text) - 20_000 and "Unterminated" not in str(error)
                if inside or self.ended:
                    return self.passed("JSON that is broken", failed_at, opening)
                if rest > MOST_VALUE or is_heavy(self.text, self.at):
                    return self._passed_over(TOO_LONG if rest > MOST_VALUE else TOO_MANY)
                self.grow(max(CHUNK, min(rest, MOST_VALUE - rest)))

    def passed(self, what: str, failed_at: int, opening: str = "") -> Broken:
        """Moves past a broken value: to its closing bracket or the next value, else behind the line in which it failed."""
        example = self.text[self.at : self.at + 120]
        end = None
        if self.text[self.at] in "{[" and self.vain < _MOST_IN_VAIN:
            is_closed, end = _end_of_value(self.text, self.at)
            self.vain += 0 if is_closed else end - self.at
            end = self._next_value(opening, end if is_closed else None) or (end if is_closed else None)
        elif self.text[self.at] in "{[":
            failed_at = max(failed_at, len(self.text) if what == TOO_DEEP else 0)
        elif item := _ITEM.search(self.text, self.at):
            end = item.start()
        if end is None:
            line_end = self.text.find("\n", max(failed_at, self.at + 1))
            end = line_end if line_end >= 0 else len(self.text)
        self.at = end
        return Broken(what, example)

    def _passed_over(self, what: str) -> Broken:
        """Moves behind a value that is whole as far as it was read, however long it is: what follows is none of it."""
        example, depth, in_string = self.text[self.at : self.at + 120], 0, False
        while True:
            # Of backslashes at the very end an odd one belongs to the character behind it.
            window = self.text.rstrip("\\")
            carried = "\\" * ((len(self.text) - len(window)) % 2)
            if in_string:
                closing = STRING_END.match(window, self.at)
                self.at, in_string = (closing.end(), False) if closing else (len(window), True)
            for token in TOKEN.finditer(window, self.at):
                if token.group()[0] == '"':
                    in_string = token.group(1) == ""
                    continue
                depth += 1 if token.group() in "{[" else -1
                if depth <= 0:
                    self.at = token.end()
                    return Broken(what, example)
            if self.ended:
                self.at = len(self.text)
                return Broken(f"{what}, to the end of the file", example)
            self.text, self.at = carried, 0
            self.grow(CHUNK)

    def _next_value(self, opening: str, before: int | None) -> int | None:
        """Where the next object begins that can be read and begins as the broken one or as one before it."""
        own = _FIRST_KEY.match(self.text, self.at)
        keys = {json.dumps(opening)} if opening else set()
        keys |= {own.group(1)} if own else set()
        if not keys:
            return None
        before = min(before or len(self.text), self.at + CHUNK)
        begin = re.compile(rf"\{{\s*(?:{'|'.join(map(re.escape, sorted(keys)))})\s*:")
        found = begin.finditer(self.text, self.at + 1, before)
        for one in islice(found, _MOST_TRIED):
            try:
                _JSON.raw_decode(self.text, one.start())
            except (ValueError, RecursionError):
                continue
            return one.start()
        self.vain += before - self.at
        return None

    def skip_past(self, character: str) -> bool:
        """Moves behind the next such character, if there is one."""
        while (found := self.text.find(character, self.at)) < 0:
            self.at = len(self.text)
            if self.ended:
                return False
            self.grow(CHUNK)
        self.at = found + 1
        return True

    def lines(self) -> Iterator[tuple[str, bool]]:
        """The lines from here on, each once; and whether it was cut, as it is longer than can be held.

        What follows of a line that was cut is passed over, unless it is taken from `rest_of_line` before the next line is.
        """
        parts: list[str] = []
        held = 0
        while True:
            end = self.text.find("\n", self.at)
            piece = self.text[self.at : end if end >= 0 else len(self.text)]
            self.at += len(piece)
            if parts or end < 0:
                parts.append(piece)
            held += len(piece)
            if held > MOST_VALUE:
                self.at -= held - MOST_VALUE
                self.is_in_line = True
                yield ("".join(parts) if parts else piece)[:MOST_VALUE], True
                for _ in self.rest_of_line():
                    pass
                parts, held = [], 0
            elif end >= 0:
                self.at = end + 1
                yield "".join(parts) if parts else piece, False
                parts, held = [], 0
            elif not self._next_chunk():
                if held:
                    yield "".join(parts), False
                return

    def rest_of_line(self) -> Iterator[str]:
        """What follows up to the line's end, and moves behind it; nothing where it has been passed."""
        while self.is_in_line:
            end = self.text.find("\n", self.at)
            piece = self.text[self.at : end if end >= 0 else len(self.text)]
            self.at = end + 1 if end >= 0 else len(self.text)
            self.is_in_line = end < 0
            yield piece
            self.is_in_line = self.is_in_line and self._next_chunk()

    def rest(self) -> Iterator[str]:
        """All that follows."""
        yield self.text[self.at :]
        self.text, self.at = "", 0
        while self._next_chunk():
            yield self.text
            self.text = ""

    def _next_chunk(self) -> bool:
        part = None if self.ended else next(self.chunks, None)
        self.ended = part is None
        self.text, self.at = part or "", 0
        return not self.ended


def is_heavy(text: str, at: int = 0) -> bool:
    """Whether JSON is of so many parts that it cannot be held, though it is short; quick for what is short anyway."""
    return len(text) - at > CHUNK and sum(text.count(mark, at) * size for mark, size in _OF_MARK.items()) > MOST_WEIGHT


def _end_of_value(text: str, at: int) -> tuple[bool, int]:
    """Whether and where the bracket that opens here is closed, with all within it closed by their own kind."""
    closing: list[str] = []
    for token in TOKEN.finditer(text, at, min(len(text), at + MOST_VALUE)):
        mark = token.group()
        if mark in "{[":
            closing.append("}" if mark == "{" else "]")
        elif mark in "}]":
            if closing.pop() != mark:
                return False, token.end()
            if not closing:
                return True, token.end()
    return False, min(len(text), at + MOST_VALUE)
