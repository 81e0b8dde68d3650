"""Exported log files decoded into raw entries: arrays, objects a line, groups, CSV, Parquet; gzip and Zstandard; whole or cut off."""

from __future__ import annotations

import codecs
import csv
import json
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from lib.bad_input import BadInput

ACCEPTED = "a .json, .jsonl, .ndjson, .csv or .parquet file (also .gz, .zst), or a folder of them"
_CHUNK = 1 << 20
_MAX_OBJECT = 256 << 20
"""Characters of one JSON value, which may be an object that groups all entries."""
_ENTRY_KEYS = frozenset(
    {"timestamp", "receiveTimestamp", "receive_timestamp", "insertId", "insert_id", "textPayload", "jsonPayload", "logName"}
)
_GROUPS = ("resource.labels.", "labels.", "jsonPayload.", "httpRequest.", "protoPayload.", "operation.", "resource.")
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
    """Whether the file's first line is one whole JSON object."""
    with path.open("rb") as stream:
        first = next(_lines(_text(_bytes(stream, lambda _: None))), "")
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _bytes(stream: IO[bytes], report: Report) -> Iterator[bytes]:
    """The file's content, decompressed by what it is, not by what it is called."""
    first = stream.read(_CHUNK)
    if first[:2] == b"\x1f\x8b":
        yield from _decompressed(first, stream, report, lambda: zlib.decompressobj(31), zlib.error)
    elif first[:4] == b"\x28\xb5\x2f\xfd":
        import zstandard

        yield from _decompressed(first, stream, report, zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError)
    else:
        yield first
        while chunk := stream.read(_CHUNK):
            yield chunk


def _decompressed(chunk: bytes, stream: IO[bytes], report: Report, opened: Callable[[], Any], failure: type[Exception]) -> Iterator[bytes]:
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
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    for chunk in chunks:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


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
        if not (yield from _items(buffer)):
            report("the file is cut off; the entry in which it ends and what followed were not read")
    elif opening == "{":
        yield from _objects(buffer, report)
    elif opening:
        raise BadInput("logs.path", "the file begins with neither a JSON array nor an object", ACCEPTED)


def _items(buffer: _Buffer) -> Generator[Mapping[str, Any], None, bool]:
    """The entries of an array up to its bracket; returns whether there was one."""
    while (character := buffer.skip(_BLANKS + ",")) not in ("]", ""):
        value = buffer.value(by_line=False)
        if value is _CUT:
            return False
        yield from _entries_in(value)
    buffer.at += 1
    return character == "]"


def _objects(buffer: _Buffer, report: Report) -> Iterator[Mapping[str, Any]]:
    broken = read = 0
    while buffer.skip(_BLANKS + ","):
        value = buffer.value(by_line=True)
        if value is not _CUT:
            read += 1
            yield from _entries_in(value)
        elif read == 0 and buffer.text.find("\n{", buffer.at) < 0:
            # One object of groups, cut off: what its arrays hold up to there is worth having.
            while buffer.skip_past("["):
                yield from _items(buffer)
            report("the file is cut off; the entry in which it ends and what followed were not read")
            return
        elif buffer.skip_past("\n"):
            broken += 1
        else:
            report("the file is cut off; the entry in which it ends was not read")
    if broken:
        report(f"{broken} lines are not JSON and were left out")


def _entries_in(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping) and _ENTRY_KEYS & value.keys():
        yield value
    elif isinstance(value, (Mapping, list)) and depth < 8:
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _entries_in(item, depth + 1)


def _csv(chunks: Iterator[str], report: Report) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(_MAX_OBJECT)
    rows = csv.reader(_lines(chunks), strict=True)
    columns: list[str] = []
    try:
        for row in rows:
            if not columns:
                columns = row
            elif len(row) == len(columns):
                yield _nested(zip(columns, row, strict=True))
            else:
                found = f"the row that ends in line {rows.line_num} has {len(row)} of {len(columns)} columns"
                report(f"{found} and was left out: the file may be cut off")
    except csv.Error as error:
        report(f"line {rows.line_num}: {error}; what follows was not read: the file may be cut off")


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
        place = entry
        for name in group.split(".")[:-1]:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                place = {}
        place[column[len(group) :].strip('"')] = cell
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
