"""JSON as it stands in files: items of an array, objects a line or over many, between lines of text, whole and cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator
from itertools import chain
from typing import Any

from pydantic_core import from_json

from lib.logs.sources.buffer import (
    BLANKS,
    MOST_VALUE,
    STRING_END,
    TOKEN,
    TOO_LONG,
    TOO_MANY,
    Broken,
    Buffer,
    Record,
    Report,
    is_heavy,
)
from lib.logs.sources.entries import entries_in, is_known_entry, nested_entries
from lib.logs.sources.tables import W3C_FIELDS, w3c_row

_PIECES = 20_000
"""Lines over which one object may stretch."""
_JSON = json.JSONDecoder(strict=False)


def items_of(buffer: Buffer, entries_in: Callable[[Any], Iterator[Record]]) -> Generator[Record, None, bool]:
    """The entries of an array up to its bracket; returns whether there was one."""
    while (character := buffer.skip(BLANKS + ",")) not in ("]", ""):
        if character in "}:":
            buffer.at += 1
            continue
        value = buffer.value()
        if isinstance(value, Broken):
            if buffer.ended and buffer.at >= len(buffer.text):
                return False
            yield value
        elif type(value) is dict and is_known_entry(value):
            yield value
        else:
            yield from entries_in(value)
    buffer.at += 1
    return character == "]"


class _Piled:
    # Lines that may be one object: an object over several lines, or one whose message was torn at its line ends.
    def __init__(self, line: str):
        self.lines: list[str] = []
        self.depth = self.characters = 0
        self.in_string = False
        self.add(line)

    def add(self, line: str) -> None:
        self.lines.append(line)
        self.characters += len(line) + 1
        text, at = line, 0
        if self.in_string:
            closing = STRING_END.match(line)
            if closing is None:
                return
            at, self.in_string = closing.end(), False
        for token in TOKEN.finditer(text, at):
            mark = token.group()
            if mark[0] == '"':
                self.in_string = token.group(1) == ""
            else:
                self.depth += 1 if mark in "{[" else -1

    @property
    def is_closed(self) -> bool:
        return not self.in_string and self.depth <= 0

    @property
    def is_too_long(self) -> bool:
        return self.characters > MOST_VALUE or len(self.lines) > (500 if self.in_string else _PIECES)


def lines_records(buffer: Buffer, report: Report) -> Iterator[Record]:
    """Each line as what it is: an object, the begin of one, or text."""
    piled: _Piled | None = None
    first, columns = True, list[str]()
    for line, cut in buffer.lines():
        bare = line.strip("\ufeff \t\r")
        if cut:
            if first and bare[:1] == "{":
                yield from _salvaged(bare, buffer, report)
                return
            yield from _given_up(piled)
            piled = None
            yield _cut(line, bare, report)
            continue
        opens = bare[:1] == "{" or bare[:2] in ("[{", "[[") or (bare in ("[", "[]"))
        if opens and (piled is None or line[:1] == "{") and (value := _decoded(bare)) is not None:
            yield from _given_up(piled) if piled else ()
            piled = None
            yield from (value,) if type(value) is dict and is_known_entry(value) else entries_in(value)
        elif piled is not None:
            piled.add(line)
            if first and piled.is_too_long and piled.lines[0].lstrip()[:1] == "{" and not piled.in_string:
                yield from _salvaged("\n".join(piled.lines), buffer, report)
                return
            if not (piled.is_closed or piled.is_too_long):
                continue
            yield from _finished(piled)
            piled = None
        elif opens and not (piled := _Piled(bare)).is_closed:
            continue
        elif opens:
            yield Broken("JSON that is broken", bare[:120])
            piled = None
        elif bare:
            yield _row_or_line(line, columns)
        first = False
    if piled and first and (len(piled.lines) > 3 or re.search(r"\[\s*\{", piled.lines[0])):
        yield from _salvaged("\n".join(piled.lines), buffer, report)
    else:
        yield from _given_up(piled)


def _cut(line: str, bare: str, report: Report) -> Record:
    if bare[:1] == "{":
        return Broken(TOO_LONG, bare[:120])
    report(f"a line is longer than {MOST_VALUE} characters and was cut")
    return line[:200_000]


def _row_or_line(line: str, columns: list[str]) -> Record:
    bare = line.strip("\ufeff \t\r")
    if bare.startswith(W3C_FIELDS):
        columns[:] = bare.removeprefix(W3C_FIELDS).split()
    return (w3c_row(bare, columns) if columns else None) or line


def _decoded(text: str) -> Any:
    """The value that a text is, or None; a Broken where it is whole and yet cannot be held."""
    if is_heavy(text):
        return Broken(TOO_MANY, text[:120])
    try:
        return from_json(text, cache_strings="keys")  # more than twice as fast as the standard library, and stricter
    except ValueError:
        pass
    try:
        return _JSON.decode(text)
    except RecursionError:
        return Broken("JSON that is nested too deeply", text[:120])
    except ValueError as error:
        return Broken("JSON with a number of too many digits", text[:120]) if "digits" in str(error) else None


def _finished(piled: _Piled) -> Iterator[Record]:
    value = _decoded("\n".join(piled.lines).rstrip().rstrip(","))
    if value is None:
        yield from _given_up(piled)
    else:
        yield from entries_in(value)


def _given_up(piled: _Piled | None) -> Iterator[Record]:
    """Lines that are no object together: the whole ones among them, the first as what is broken, and the others as text."""
    for number, line in enumerate(piled.lines if piled else ()):
        bare = line.strip().rstrip(",")
        value = _decoded(bare) if bare[:1] == "{" else None
        if value is not None:
            yield from entries_in(value)
        elif number == 0 or bare[:1] == "{":
            yield Broken("JSON that is broken or cut off", bare[:120])
        elif bare:
            yield line


def _salvaged(text: str, buffer: Buffer, report: Report) -> Iterator[Record]:
    """One object of groups that is cut off or too large to hold: what its arrays hold is worth having."""
    parts = chain((text,), ("\n",), (buffer.text[buffer.at :],), buffer.chunks)
    inner = Buffer(iter(parts))
    whole = True
    found = False
    while inner.skip_past("["):
        found = True
        whole = yield from items_of(inner, nested_entries)
    if not found:
        yield Broken("JSON that is broken or cut off", text[:120])
    if not whole or not inner.text.rstrip().endswith("}"):
        report("the file is cut off, or an entry is too long to hold; that entry and what followed were not read")
