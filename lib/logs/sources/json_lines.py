"""JSON as it stands in files: items of an array, objects a line or over many, between lines of text, whole and cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import chain, islice
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
from lib.logs.sources.packing import CHUNK
from lib.logs.sources.tables import W3C_FIELDS, w3c_row

_PIECES = 20_000
"""Lines over which one object may stretch."""
_JSON = json.JSONDecoder(strict=False)
_ONE_MORE = re.compile(r"[\s,]*[{\[]")


def items_of(buffer: Buffer, entries_in: Callable[[Any], Iterator[Record]]) -> Generator[Record, None, bool]:
    """The entries of an array up to its bracket; returns whether there was one."""
    opening = ""
    while (character := buffer.skip(BLANKS + ",")) not in ("]", ""):
        if character in "}:":
            buffer.at += 1
            continue
        value = buffer.value(opening)
        if not isinstance(value, (dict, list, Broken)) and buffer.skip(BLANKS) not in (",", "]", ""):
            value = buffer.passed("text between the members of an array", buffer.at)  # a line that begins with its year
        if isinstance(value, Broken):
            if buffer.ended and buffer.at >= len(buffer.text):
                return False
            yield value
        elif type(value) is dict and is_known_entry(value):
            opening = opening or next(iter(value))
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
            yield from _given_up(piled)
            piled, first = None, False
            yield from _cut(line, buffer, report)
            continue
        opens = bare[:1] == "{" or bare[:2] in ("[{", "[[") or (bare in ("[", "[]"))
        if opens and (piled is None or line[:1] == "{") and (value := _decoded(bare)) is not None:
            yield from _given_up(piled) if piled else ()
            piled = None
            yield from (value,) if type(value) is dict and is_known_entry(value) else entries_in(value)
        elif piled is not None:
            piled.add(line)
            if first and piled.is_too_long and piled.lines[0].lstrip()[:1] == "{" and not piled.in_string:
                yield from _salvaged("\n".join(piled.lines), chain(("\n",), buffer.rest()), report)
                return
            if not (piled.is_closed or piled.is_too_long):
                continue
            yield from _finished(piled)
            piled = None
        elif opens and len(together := list(_together(bare))) > 1:
            for value in together:
                yield from entries_in(value)
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
        yield from _salvaged("\n".join(piled.lines), (), report)
    else:
        yield from _given_up(piled)


def _cut(line: str, buffer: Buffer, report: Report) -> Iterator[Record]:
    """What a line holds that is too long to be held whole."""
    if line.lstrip("\ufeff \t")[:1] == "{":
        if _holds_entries(line[:CHUNK]):
            yield from _salvaged(line, buffer.rest_of_line(), report)
        else:
            yield Broken(TOO_LONG, line[:120])
    else:
        report(f"a line is longer than {MOST_VALUE} characters and was cut")
        yield line[:200_000]


def _is_together(head: str) -> bool:
    return len(list(islice(_together(head), 2))) > 1


def _holds_entries(head: str) -> bool:
    """Whether a text shows by its beginning that it holds entries, as a group of them or one behind the other."""
    inner = Buffer(iter((head,)))
    return _is_together(head) or (
        inner.skip_past("[") and any(isinstance(record, Mapping) for record in items_of(inner, nested_entries))
    )


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


def _together(line: str) -> Iterator[Any]:
    """Values that stand in one line, as streams without line ends have them; what is no value behind one is broken."""
    at = 0
    while found := _ONE_MORE.match(line, at):
        at = found.end() - 1
        try:
            value, at = _JSON.raw_decode(line, at)
        except (ValueError, RecursionError):
            break
        yield value
    if at and (rest := line[at:].strip(" \t,\u2028\u2029\x00")):
        yield Broken("JSON that is broken or cut off", rest[:120])


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


def _salvaged(text: str, further: Iterable[str], report: Report) -> Iterator[Record]:
    """One object of groups that is cut off or too large to hold: what its arrays hold is worth having.

    Values one behind the other without a line end are read as the members of an array are.
    """
    inner = Buffer(chain((text,), further))
    whole = True
    found = False
    if _is_together(text[:CHUNK]):
        yield from items_of(inner, entries_in)
        return
    while inner.skip_past("["):
        found = True
        whole = yield from items_of(inner, nested_entries)
    if not found:
        yield Broken("JSON that is broken or cut off", text[:120])
    elif not whole or not inner.text.rstrip().endswith("}"):
        report("the file is cut off, or an entry is too long to hold; that entry and what followed were not read")
