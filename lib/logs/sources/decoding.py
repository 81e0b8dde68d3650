"""Exported log files taken apart: arrays, objects a line or over many, groups, tables, YAML, Parquet and plain text,
    in any mixture.

Every byte is looked at a bounded number of times, and no more than one value of MOST_VALUE characters is held.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from lib.logs.sources.packing import CHUNK, bytes_of, encoding_of, packing_of, text_of
from lib.logs.sources.recognise import contained, is_entry, may_contain
from lib.parameters.errors import BadInput

ACCEPTED = "log lines as text, a .json, .jsonl, .ndjson, .csv, .yaml or .parquet file (also .gz, .zst), or a folder of them"
MOST_VALUE = 16 << 20
"""Characters of one JSON value, line or cell; what is longer is cut, and that is said."""
_PIECES = 20_000
"""Lines over which one object may stretch."""
_ENTRY_KEYS = frozenset(
    {"timestamp", "receiveTimestamp", "receive_timestamp", "insertId", "insert_id", "textPayload", "jsonPayload", "logName"}
)
_GROUPS = ("resource.labels.", "labels.", "jsonPayload.", "httpRequest.", "protoPayload.", "operation.", "resource.")
_PAYLOADS = frozenset({"jsonPayload.", "protoPayload."})
_COLUMNS = frozenset({"time", "timestamp", "date", "@timestamp", "timegenerated", "datetime", "ts", "asctime", "message",
    "@message", "log_s",
                      "timestampinms", "eventtime", "timestamp [utc]", "timegenerated [utc]", "receivetimestamp"})  # fmt: skip
_YAML_HEAD = re.compile(r"(?:---\s*\n)?(?:httpRequest|insertId|jsonPayload|labels|logName|protoPayload"
    r"|receiveTimestamp|resource|severity"
                        r"|textPayload|timestamp|operation|errorGroups):(?:\s|$)")  # fmt: skip
_JSON = json.JSONDecoder(strict=False)
_BLANKS = " \t\r\n"
_BLANK, _BETWEEN = re.compile(r"[ \t\r\n]*"), re.compile(r"[ \t\r\n,]*")
_TOKEN = re.compile(r"[{}\[\]]|\"[^\"\\]*(?:\\.[^\"\\]*)*(\"|\Z)", re.DOTALL)

Report = Callable[[str], None]
"""Takes one sentence on what could not be read."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece of a file that is none of what it began as: what is wrong with it, and how it begins."""

    what: str
    example: str


Record = Mapping[str, Any] | str | Broken
"""A decoded object, a line of text, or what could not be read."""


def records_of(path: Path, report: Report) -> Iterator[Record]:
    """What one file holds, in its order; cuts go to `report`. Raises `BadInput` for a table without a column of time."""
    if path.suffix.lower() == ".parquet":
        yield from _parquet(path, report)
        return
    with path.open("rb") as stream:
        yield from records_in(bytes_of(stream, report), report, is_table=".csv" in [suffix.lower() for suffix in path.suffixes])


def records_in(chunks: Iterable[bytes], report: Report, *, is_table: bool = False) -> Iterator[Record]:
    """The same of bytes from wherever."""
    buffer = _Buffer(text_of(chunks))
    opening = buffer.skip(_BLANKS)
    if not opening:
        return
    head = buffer.text[buffer.at : buffer.at + 20_000]
    if re.search(r"[\x00-\x08]", head[:200]):
        raise BadInput("logs.path", "the file is not text", ACCEPTED)
    if re.match(r"<(?:!doctype|html|\?xml)", head, re.IGNORECASE):
        raise BadInput("logs.path", "the file is a page or XML, not a log", ACCEPTED)
    first_line = head.partition("\n")[0]
    if opening == "[" and re.match(r"\[\s*[{\[\]\"0-9-]", head) and _is_array(head):
        buffer.at += 1
        if not (yield from _items(buffer, _entries_in)):
            report("the file is cut off; the entry in which it ends and what followed were not read")
        yield from _lines_records(buffer, report)
    elif (is_table and opening not in "{[") or _is_header(first_line):
        yield from _table(
            buffer,
            report,
            "\t" if "\t" in first_line and "," not in first_line else ";" if ";" in first_line and "," not in first_line else ",",
        )
    elif _YAML_HEAD.match(head):
        yield from _yaml(buffer, report)
    else:
        yield from _lines_records(buffer, report)


def _is_array(head: str) -> bool:
    """Whether text that begins with a bracket is JSON: times and levels stand in brackets too."""
    try:
        _JSON.raw_decode(head[1:].lstrip())
        return not re.match(r"\[\s*[\"0-9-]", head) or bool(
            re.match(r"\[\s*(?:\"(?:[^\"\\]|\\.)*\"|-?[0-9.eE+-]+)\s*[,\]]\s*(?:[\[{\"0-9-]|$|\n)", head)
        )
    except (ValueError, RecursionError):
        return bool(re.match(r"\[\s*[{\[\]]", head))


def is_line_by_line(path: Path) -> bool:
    """Whether the file's first line is one whole JSON object, in UTF-8 and packed as the file's name says."""
    with path.open("rb") as stream:
        packing = packing_of(stream.read(4))
        stream.seek(0)
        chunks = bytes_of(stream, lambda _: None)
        head = next(chunks, b"")
        first = next(_Buffer(text_of(chain((head,), chunks))).lines(), ("", False))[0]
    if encoding_of(head) != "utf-8-sig" or packing != (path.suffix.lower() if path.suffix.lower() in {".gz", ".zst"} else ""):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


class _Buffer:
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
        pattern = _BETWEEN if characters == _BLANKS + "," else _BLANK
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
                if inside or self.ended or rest > MOST_VALUE:
                    return self._passed(
                        "JSON that is broken" if inside or self.ended else "JSON longer than can be held", failed_at
                    )
                self.grow(max(CHUNK, rest))

    def _passed(self, what: str, failed_at: int = 0) -> Broken:
        """Moves past a broken value: to its closing bracket, else behind the line in which it failed."""
        example = self.text[self.at : self.at + 120]
        end = _end_of_value(self.text, self.at)
        if end is None:
            line_end = self.text.find("\n", max(failed_at, self.at + 1))
            end = line_end if line_end >= 0 else len(self.text)
        self.at = end
        return Broken(what, example)

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


def _end_of_value(text: str, at: int) -> int | None:
    depth = 0
    for token in _TOKEN.finditer(text, at, min(len(text), at + MOST_VALUE)):
        mark = token.group()
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth <= 0:
                return token.end()
    return None


def _items(buffer: _Buffer, entries_in: Callable[[Any], Iterator[Record]]) -> Generator[Record, None, bool]:
    """The entries of an array up to its bracket; returns whether there was one."""
    while (character := buffer.skip(_BLANKS + ",")) not in ("]", ""):
        if character in "}:":
            buffer.at += 1
            continue
        value = buffer.value()
        if isinstance(value, Broken):
            if buffer.ended and buffer.at >= len(buffer.text):
                return False
            yield value
        elif type(value) is dict and _is_known_entry(value):
            yield value
        else:
            yield from entries_in(value)
    buffer.at += 1
    return character == "]"


# --- line by line -----------------------------------------------------------------------------------------------------


class _Piled:
    # Lines that may be one object: an object over several lines, or one whose message was torn at its line ends.
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = self.characters = 0
        self.in_string = False

    def add(self, line: str) -> None:
        self.lines.append(line)
        self.characters += len(line) + 1
        text, at = line, 0
        if self.in_string:
            closing = re.compile(r"[^\"\\]*(?:\\.[^\"\\]*)*\"").match(line)
            if closing is None:
                return
            at, self.in_string = closing.end(), False
        for token in _TOKEN.finditer(text, at):
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


def _lines_records(buffer: _Buffer, report: Report) -> Iterator[Record]:
    """Each line as what it is: an object, the begin of one, or text."""
    piled: _Piled | None = None
    first = True
    for line, cut in buffer.lines():
        bare = line.strip("\ufeff \t\r")
        if cut:
            if first and bare[:1] == "{":
                yield from _salvaged(bare, buffer, report)
                return
            if piled:
                yield from _given_up(piled)
                piled = None
            report(f"a line is longer than {MOST_VALUE} characters and was cut")
            yield line[:200_000]
            continue
        opens = bare[:1] == "{" or bare[:2] in ("[{", "[[") or (bare in ("[", "[]"))
        if opens and (piled is None or line[:1] == "{") and (value := _decoded(bare)) is not None:
            if piled:
                yield from _given_up(piled)
                piled = None
            if type(value) is dict and _is_known_entry(value):
                yield value
            else:
                yield from _entries_in(value)
        elif piled is not None:
            piled.add(line)
            if piled.is_closed or piled.is_too_long:
                if first and piled.is_too_long and piled.lines[0].lstrip()[:1] == "{" and not piled.in_string:
                    yield from _salvaged("\n".join(piled.lines), buffer, report)
                    return
                yield from _finished(piled)
                piled = None
                first = False
            continue
        elif opens:
            piled = _Piled()
            piled.add(bare)
            if piled.is_closed:
                yield Broken("JSON that is broken", bare[:120])
                piled = None
            continue
        elif bare:
            yield line
        first = False
    if piled:
        if first and (len(piled.lines) > 3 or re.search(r"\[\s*\{", piled.lines[0])):
            yield from _salvaged("\n".join(piled.lines), buffer, report)
            return
        yield from _given_up(piled)


def _decoded(text: str) -> Any:
    """The value that a text is, or None; a Broken where it is whole and yet cannot be held."""
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
        yield from _entries_in(value)


def _given_up(piled: _Piled) -> Iterator[Record]:
    """Lines that are no object together: the whole ones among them, the first as what is broken, and the others as text."""
    for number, line in enumerate(piled.lines):
        bare = line.strip().rstrip(",")
        value = _decoded(bare) if bare[:1] == "{" else None
        if value is not None:
            yield from _entries_in(value)
        elif number == 0 or bare[:1] == "{":
            yield Broken("JSON that is broken or cut off", bare[:120])
        elif bare:
            yield line


def _salvaged(text: str, buffer: _Buffer, report: Report) -> Iterator[Record]:
    """One object of groups that is cut off or too large to hold: what its arrays hold is worth having."""
    parts = chain((text,), ("\n",), (buffer.text[buffer.at :],), buffer.chunks)
    inner = _Buffer(iter(parts))
    whole = True
    found = False
    while inner.skip_past("["):
        found = True
        whole = yield from _items(inner, _nested_entries)
    if not found:
        yield Broken("JSON that is broken or cut off", text[:120])
    if not whole or not inner.text.rstrip().endswith("}"):
        report("the file is cut off; the entry in which it ends and what followed were not read")


def _entries_in(value: Any) -> Iterator[Record]:
    """The entries of one JSON value; what holds none, and no empty list of them either, is handed on as an object that is no
    entry."""
    if isinstance(value, Broken):
        yield value
        return
    found = False
    for entry in _nested_entries(value):
        found = True
        yield entry
    members = list(value.values()) if isinstance(value, Mapping) else value
    if not found and members and not (isinstance(members, list) and [] in members):
        yield value if isinstance(value, Mapping) else {"value": value}


_seen_shapes: dict[tuple[str, ...], bool] = {}
"""Whether an object with just these fields is an entry by itself, for the shapes met so far; a log has few."""


def _is_known_entry(value: Mapping[str, Any]) -> bool:
    shape = tuple(value)
    known = _seen_shapes.get(shape)
    if known is None:
        known = not may_contain(value) and bool(_ENTRY_KEYS & value.keys() or is_entry(value))
        if len(_seen_shapes) < 5_000:
            _seen_shapes[shape] = known
    return known


def _nested_entries(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if _is_known_entry(value):
            yield value
            return
        if (inside := contained(value)) is not None:
            yield from inside[1]
        elif _ENTRY_KEYS & value.keys() or is_entry(value):
            yield value
        elif (table := _azure_tables(value)) is not None:
            yield from table
        elif depth < 8:
            for item in value.values():
                yield from _nested_entries(item, depth + 1)
    elif isinstance(value, list) and depth < 8:
        if value and all(isinstance(cell, Mapping) and cell.keys() >= {"field", "value"} for cell in value):
            yield {str(cell["field"]): cell["value"] for cell in value}  # a row of CloudWatch Logs Insights
        else:
            for item in value:
                yield from _nested_entries(item, depth + 1)


def _azure_tables(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    tables = value.get("tables")
    if not isinstance(tables, list):
        return None
    return [
        dict(zip([str(column.get("name")) for column in table.get("columns", [])], row, strict=False))
        for table in tables if isinstance(table, Mapping) for row in table.get("rows", [])
    ]  # fmt: skip


# --- tables, YAML, Parquet --------------------------------------------------------------------------------------------


def _is_header(line: str) -> bool:
    """Whether a first line names columns, one of which is known to hold a time or a message."""
    cells = [cell.strip().strip('"').casefold() for cell in re.split(r"[,;\t]", line[:2_000].strip("\ufeff\r"))]
    return (
        len(cells) > 1
        and len(line) < 2_000
        and bool(_COLUMNS & set(cells))
        and not any(" " in cell and cell not in _COLUMNS for cell in cells[:2])
    )


def _table(buffer: _Buffer, report: Report, delimiter: str) -> Iterator[Record]:
    csv.field_size_limit(MOST_VALUE)
    lines = (f"{line}\n" for line, _ in buffer.lines())
    columns: list[str] = []
    number = 0
    while True:
        rows = csv.reader(lines, strict=True, delimiter=delimiter)
        try:
            for row in rows:
                number += 1
                if not columns:
                    columns = _column_names([name.strip("\ufeff").strip() for name in row])
                elif len(row) == len(columns):
                    yield _nested(zip(columns, row, strict=True))
                elif row:
                    report(f"row {number} has {len(row)} of {len(columns)} columns and was left out: the file may be cut off")
            return
        except csv.Error as error:
            report(f"a row after row {number} could not be read ({error}): the file may be cut off")
            if "end of data" in str(error):
                return


def _column_names(row: list[str]) -> list[str]:
    if row and not any(name in _ENTRY_KEYS or name.startswith(_GROUPS) or name.casefold() in _COLUMNS for name in row):
        raise BadInput(
            "logs.path", f"the table's columns are {', '.join(row)[:80]}", "a table with columns such as timestamp and message"
        )
    return [name.removesuffix(" [UTC]") for name in row]


def _nested(cells: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The console's flat columns (`resource.labels.service_name`) as the objects that they stand for."""
    entry: dict[str, Any] = {}
    for column, cell in cells:
        if cell == "":
            continue
        group = next((prefix for prefix in _GROUPS if column.startswith(prefix)), "")
        # A label's name has dots of its own; a payload's are levels.
        names = column.split(".") if group in _PAYLOADS else [*group.split(".")[:-1], column[len(group) :]]
        place = entry
        for name in names[:-1]:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                place = {}
        place[names[-1].strip('"')] = cell
    return entry


def _yaml(buffer: _Buffer, report: Report) -> Iterator[Record]:
    """The documents of gcloud's own output, one by one."""
    document: list[str] = []
    for line, cut in buffer.lines():
        if cut:
            report(f"a line is longer than {MOST_VALUE} characters and was cut")
        if line.rstrip() == "---":
            yield from _yaml_document(document)
            document = []
        elif sum(map(len, document[-1:])) < MOST_VALUE:
            document.append(line)
    yield from _yaml_document(document)


def _yaml_document(lines: list[str]) -> Iterator[Record]:
    import yaml

    text = "\n".join(lines)
    if not text.strip():
        return
    if len(text) > MOST_VALUE or re.search(r"(?m)(?:^|[:\-] )[&*][A-Za-z0-9_]+\s*$", text):
        yield Broken("YAML with aliases or longer than can be held", text[:120])
        return
    try:
        value = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  a safe loader
    except (yaml.YAMLError, ValueError, RecursionError):
        yield Broken("YAML that is broken or cut off", text[:120])
        return
    yield from _entries_in(value)


def _parquet(path: Path, report: Report) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=5_000):
                yield from batch.to_pylist()
    except pa.ArrowInvalid as error:
        # The footer stands at the end: of a Parquet file that was cut off nothing can be read.
        report(f"it is not a whole Parquet file ({str(error)[:120]}); nothing of it was read")
