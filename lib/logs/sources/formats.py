"""Exported log files decoded into raw entries: arrays, objects a line, groups, CSV, Parquet; gzip and Zstandard; whole or cut
off."""

from __future__ import annotations

import codecs
import csv
import json
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import IO, Any

from lib.parameters.errors import BadInput

ACCEPTED = "a .json, .jsonl, .ndjson, .csv or .parquet file (also .gz, .zst), or a folder of them"
_CHUNK = 1 << 20
_MAX_OBJECT = 256 << 20
"""Characters of one JSON value, which may be an object that groups all entries."""
_ENTRY_KEYS = frozenset(
    {"timestamp", "receiveTimestamp", "receive_timestamp", "insertId", "insert_id", "textPayload", "jsonPayload", "logName"}
)
_GROUPS = ("resource.labels.", "labels.", "jsonPayload.", "httpRequest.", "protoPayload.", "operation.", "resource.")
_PAYLOADS = frozenset({"jsonPayload.", "protoPayload."})
_JSON = json.JSONDecoder()
_BLANKS = " \t\r\n"
_CUT = object()

Report = Callable[[str], None]
"""Takes one sentence on what could not be read."""


def raw_entries(path: Path, report: Report) -> Iterator[Mapping[str, Any]]:
    """The entries of one file as decoded objects; cuts and unreadable lines go to `report`."""
    if path.suffix.lower() == ".parquet":
        yield from _parquet(path, report)
        return
    with path.open("rb") as stream:
        text = _text(_bytes(stream, report))
        if ".csv" in [suffix.lower() for suffix in path.suffixes]:
            yield from _csv(text, report)
        else:
            yield from _json_entries(text, report)


def is_line_by_line(path: Path) -> bool:
    """Whether the file's first line is one whole JSON object, in UTF-8 and packed as the file's name says."""
    with path.open("rb") as stream:
        packing = _packing(stream.read(4))
        stream.seek(0)
        chunks = _bytes(stream, lambda _: None)
        head = next(chunks, b"")
        first = next(_lines(_text(chain((head,), chunks))), "")
    if _encoding(head) != "utf-8-sig" or packing != (path.suffix.lower() if path.suffix.lower() in {".gz", ".zst"} else ""):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _bytes(stream: IO[bytes], report: Report) -> Iterator[bytes]:
    """The file's content, decompressed by what it is, not by what it is called."""
    first = stream.read(_CHUNK)
    packing = _packing(first)
    if packing == ".gz":
        yield from _decompressed(first, stream, report, lambda: zlib.decompressobj(31), zlib.error)
    elif packing == ".zst":
        import zstandard

        yield from _decompressed(first, stream, report, zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError)
    else:
        yield first
        while chunk := stream.read(_CHUNK):
            yield chunk


def _packing(first: bytes) -> str:
    return ".gz" if first[:2] == b"\x1f\x8b" else ".zst" if first[:4] == b"\x28\xb5\x2f\xfd" else ""


def _decompressed(
    chunk: bytes, stream: IO[bytes], report: Report, opened: Callable[[], Any], failure: type[Exception]
) -> Iterator[bytes]:
    part = opened()
    try:
        while chunk:
            # Small bites: a hostile archive may hold a thousand times what it weighs.
            for first in range(0, len(chunk), 65_536):
                rest = chunk[first : first + 65_536]
                while rest:
                    yield part.decompress(rest)
                    rest = part.unused_data if part.eof else b""
                    part = opened() if part.eof and rest else part
            chunk = stream.read(_CHUNK)
            if chunk and part.eof:
                part = opened()
    except failure as error:
        report(f"the compressed data is damaged ({type(error).__name__}); what follows was not read")
        return
    if not part.eof:
        report("the compressed file is cut off; what follows was not read")


def _text(chunks: Iterable[bytes]) -> Iterator[str]:
    chunks = iter(chunks)
    first = next(chunks, b"")
    decoder = codecs.getincrementaldecoder(_encoding(first))("replace")
    for chunk in chain((first,), chunks):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _encoding(first: bytes) -> str:
    """UTF-8, or what PowerShell's `>` makes of an export: no JSON and no table begins with a NUL beside its first character."""
    if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return "utf-16-le" if first[1:2] == b"\0" else "utf-16-be" if first[:1] == b"\0" else "utf-8-sig"


class _Buffer:
    # A window on the text that grows while one JSON value is not complete in it.
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
        while True:
            while self.at < len(self.text):
                if self.text[self.at] not in characters:
                    return self.text[self.at]
                self.at += 1
            if self.ended:
                return ""
            self.grow(_CHUNK)

    def value(self, *, by_line: bool) -> Any:
        """The JSON value that begins here, or `_CUT` when it is broken or the text ends in it."""
        while True:
            try:
                value, self.at = _JSON.raw_decode(self.text, self.at)
                return value
            except (ValueError, RecursionError):
                next_line = self.text.find("\n{", self.at) if by_line else -1
                if next_line >= 0 or self.ended or len(self.text) - self.at > _MAX_OBJECT:
                    return _CUT
                self.grow(max(_CHUNK, len(self.text) - self.at))

    def skip_past(self, character: str) -> bool:
        """Moves behind the next such character, if there is one."""
        while (found := self.text.find(character, self.at)) < 0:
            self.at = len(self.text)
            if self.ended:
                return False
            self.grow(_CHUNK)
        self.at = found + 1
        return True


def _json_entries(chunks: Iterator[str], report: Report) -> Iterator[Mapping[str, Any]]:
    """JSON in any arrangement: an array, one object a line, objects one after the other, or arrays grouped in an object."""
    buffer = _Buffer(chunks)
    opening = buffer.skip(_BLANKS)
    if opening == "[":
        buffer.at += 1
        if not (yield from _items(buffer, _entries_in)):
            report("the file is cut off; the entry in which it ends and what followed were not read")
    elif opening == "{":
        yield from _objects(buffer, report)
    elif opening:
        raise BadInput("logs.path", "the file begins with neither a JSON array nor an object", ACCEPTED)


def _items(buffer: _Buffer, entries_in: Callable[[Any], Iterator[Mapping[str, Any]]]) -> Generator[Mapping[str, Any], None, bool]:
    """The entries of an array up to its bracket; returns whether there was one."""
    while (character := buffer.skip(_BLANKS + ",")) not in ("]", ""):
        value = buffer.value(by_line=False)
        if value is _CUT:
            return False
        yield from entries_in(value)
    buffer.at += 1
    return character == "]"


def _objects(buffer: _Buffer, report: Report) -> Iterator[Mapping[str, Any]]:
    broken = read = 0
    while buffer.skip(_BLANKS + ","):
        value = buffer.value(by_line=True)
        if value is not _CUT:
            read += 1
            # Behind a break stand fragments, which are no objects of the file's own.
            yield from _nested_entries(value) if broken else _entries_in(value)
        elif read == 0 and buffer.text.find("\n{", buffer.at) < 0:
            # One object of groups, cut off: what its arrays hold up to there is worth having.
            while buffer.skip_past("["):
                yield from _items(buffer, _nested_entries)
            report("the file is cut off; the entry in which it ends and what followed were not read")
            return
        elif buffer.skip_past("\n"):
            broken += 1
        else:
            report("the file is cut off; the entry in which it ends was not read")
    if broken:
        report(f"{broken} lines are not JSON and were left out")


def _entries_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """The entries of one JSON value; what holds none, and no empty list of them either, is handed on as an object that is no
    entry."""
    found = False
    for entry in _nested_entries(value):
        found = True
        yield entry
    members = list(value.values()) if isinstance(value, Mapping) else value
    if not found and members and not (isinstance(members, list) and [] in members):
        yield value if isinstance(value, Mapping) else {"value": value}


def _nested_entries(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping) and _ENTRY_KEYS & value.keys():
        yield value
    elif isinstance(value, (Mapping, list)) and depth < 8:
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _nested_entries(item, depth + 1)


def _csv(chunks: Iterator[str], report: Report) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(_MAX_OBJECT)
    rows = csv.reader(_lines(chunks), strict=True)
    columns: list[str] = []
    try:
        for row in rows:
            if not columns:
                columns = _column_names(row)
            elif len(row) == len(columns):
                yield _nested(zip(columns, row, strict=True))
            else:
                found = f"the row that ends in line {rows.line_num} has {len(row)} of {len(columns)} columns"
                report(f"{found} and was left out: the file may be cut off")
    except csv.Error as error:
        report(f"line {rows.line_num}: {error}; what follows was not read: the file may be cut off")


def _column_names(row: list[str]) -> list[str]:
    if row and not any(name in _ENTRY_KEYS or name.startswith(_GROUPS) for name in row):
        raise BadInput(
            "logs.path", f"the table's columns are {', '.join(row)[:80]}", "a table with columns such as timestamp and insertId"
        )
    return row


def _lines(chunks: Iterator[str]) -> Iterator[str]:
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest


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


def _parquet(path: Path, report: Report) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=5_000):
                yield from batch.to_pylist()
    except pa.ArrowInvalid as error:
        # The footer stands at the end: of a Parquet file that was cut off nothing can be read.
        report(f"it is not a whole Parquet file ({str(error)[:120]}); nothing of it was read")
