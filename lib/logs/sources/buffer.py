"""A window on a text of any length, in which JSON values and lines are read one by one.

Every character is looked at a bounded number of times, and no more than one value of MOST_VALUE characters is held, or
of MOST_WEIGHT bytes as Python objects, which take up to fifty times what they are written with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib.logs.sources.packing import CHUNK

MOST_VALUE = 16 << 20
"""Characters of one JSON value, line or cell; what is longer is cut, and that is said."""
MOST_WEIGHT = 64 << 20
TOO_LONG, TOO_MANY = "JSON longer than can be held", "JSON of more parts than can be held"
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

    def value(self) -> Any:
        """The JSON value that begins here, or the `Broken` that it is; what is broken has been passed."""
        while True:
            try:
                value, self.at = _JSON.raw_decode(self.text, self.at)
                return value
            except RecursionError:
                return self._passed("JSON that is nested too deeply", len(self.text))
            except ValueError as error:
                rest = len(self.text) - self.at
                failed_at = getattr(error, "pos", len(self.text))
                if "digits" in str(error):
                    return self._passed("JSON with a number of too many digits", failed_at)
                inside = failed_at < len(self.text) - 20_000 and "Unterminated" not in str(error)
                if inside or self.ended:
                    return self._passed("JSON that is broken", failed_at)
                if rest > MOST_VALUE or is_heavy(self.text, self.at):
                    return self._passed_over(TOO_LONG if rest > MOST_VALUE else TOO_MANY)
                self.grow(max(CHUNK, min(rest, MOST_VALUE - rest)))

    def _passed(self, what: str, failed_at: int = 0) -> Broken:
        """Moves past a broken value: to its closing bracket, else behind the line in which it failed."""
        example = self.text[self.at : self.at + 120]
        end = _end_of_value(self.text, self.at)
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
        """The lines from here on, each once; and whether it was cut, as it is longer than can be held."""
        parts: list[str] = []
        held = 0
        cut = False
        while True:
            end = self.text.find("\n", self.at)
            if end >= 0:
                piece = self.text[self.at : end]
                self.at = end + 1
                line = "".join([*parts, piece]) if parts else piece
                parts, held = [], 0
                yield line[:MOST_VALUE], cut or len(line) > MOST_VALUE
                cut = False
                continue
            if held < MOST_VALUE:
                parts.append(self.text[self.at :])
                held += len(self.text) - self.at
            else:
                cut = True
            self.text, self.at = "", 0
            if self.ended:
                if held:
                    yield "".join(parts)[:MOST_VALUE], cut
                return
            part = next(self.chunks, None)
            self.ended = part is None
            self.text = part or ""


def is_heavy(text: str, at: int = 0) -> bool:
    """Whether JSON is of so many parts that it cannot be held, though it is short; quick for what is short anyway."""
    return len(text) - at > CHUNK and sum(text.count(mark, at) * size for mark, size in _OF_MARK.items()) > MOST_WEIGHT


def _end_of_value(text: str, at: int) -> int | None:
    depth = 0
    for token in TOKEN.finditer(text, at, min(len(text), at + MOST_VALUE)):
        mark = token.group()
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth <= 0:
                return token.end()
    return None
