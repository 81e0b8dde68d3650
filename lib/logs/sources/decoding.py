"""Exported log files taken apart: arrays, objects, tables, YAML, Parquet and plain text, in any mixture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from lib.logs.sources.buffer import BLANKS, Buffer, Record, Report
from lib.logs.sources.entries import entries_in
from lib.logs.sources.json_lines import items_of, lines_records
from lib.logs.sources.packing import bytes_of, encoding_of, packing_of, text_of
from lib.logs.sources.parquet_rows import parquet_rows
from lib.logs.sources.tables import JOURNAL_VERBOSE, is_header, journal_entries, table_rows, yaml_documents
from lib.parameters.errors import BadInput
from lib.parameters.secrets import open_regular

ACCEPTED = "log lines as text, a .json, .jsonl, .ndjson, .csv, .yaml or .parquet file (also .gz, .zst), or a folder of them"
_YAML_HEAD = re.compile(r"(?:---\s*\n)?(?:httpRequest|insertId|jsonPayload|labels|logName|protoPayload"
    r"|receiveTimestamp|resource|severity"
                        r"|textPayload|timestamp|operation|errorGroups):(?:\s|$)")  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
"""In text a stray one at most; in programs, images and archives every few characters."""
_PACKED = {
    "a zip archive": re.compile(r"PK\x03\x04"),
    "packed by bzip2": re.compile(r"BZh[1-9](?:1AY&SY|\x17rE8P)"),
    "packed by xz": re.compile(r"\ufffd7zXZ\x00"),
    "a 7z archive": re.compile(r"7z\ufffd\ufffd'\x1c"),
    "packed by gzip once more": re.compile(r"\x1f\ufffd\x08"),
    "packed by Zstandard once more": re.compile(r"\(\ufffd/\ufffd"),
}
"""How a file begins that is not read: what it is, by its first characters."""
_JOURNAL_HEAD = re.compile(r"__(?:CURSOR|REALTIME_TIMESTAMP)=")
_JSON = json.JSONDecoder(strict=False)


def records_of(path: Path, report: Report) -> Iterator[Record]:
    """What one file holds, in its order; cuts go to `report`. Raises `BadInput` for a table without a column of time."""
    if path.suffix.lower() == ".parquet":
        yield from parquet_rows(path, report)
        return
    with open_regular(path) as stream:
        yield from records_in(bytes_of(stream, report), report, is_table=".csv" in [suffix.lower() for suffix in path.suffixes])


def records_in(chunks: Iterable[bytes], report: Report, *, is_table: bool = False) -> Iterator[Record]:
    """The same of bytes from wherever."""
    buffer = Buffer(text_of(chunks, report))
    opening = buffer.skip(BLANKS)
    if not opening:
        return
    head = buffer.text[buffer.at : buffer.at + 20_000]
    if head.strip() == "{}":  # what an API answers where there is nothing
        return
    if packed := next((name for name, begin in _PACKED.items() if begin.match(head)), None):
        raise BadInput("logs.path", f"the file is {packed}, which is not unpacked here", ACCEPTED)
    if len(_CONTROL.findall(head)) * 10 > len(head):
        raise BadInput("logs.path", "the file is not text", ACCEPTED)
    if re.match(r"<(?:!doctype|html|\?xml)", head, re.IGNORECASE):
        raise BadInput("logs.path", "the file is a page or XML, not a log", ACCEPTED)
    first_line = head.partition("\n")[0]
    if opening == "[" and re.match(r"\[\s*[{\[\]\"0-9-]", head) and _is_array(head):
        buffer.at += 1
        if not (yield from items_of(buffer, entries_in)):
            report("the file is cut off, or an entry is too long to hold; that entry and what followed were not read")
        yield from lines_records(buffer, report)
    elif (is_table and opening not in "{[") or is_header(first_line):
        yield from table_rows(
            buffer,
            report,
            "\t" if "\t" in first_line and "," not in first_line else ";" if ";" in first_line and "," not in first_line else ",",
        )
    elif _JOURNAL_HEAD.match(head) or JOURNAL_VERBOSE.match(head):
        yield from journal_entries(buffer)
    elif _YAML_HEAD.match(head):
        yield from yaml_documents(buffer, report)
    else:
        yield from lines_records(buffer, report)


def _is_array(head: str) -> bool:
    """Whether text that begins with a bracket is JSON: times and levels stand in brackets too."""
    try:
        _JSON.raw_decode(head[1:].lstrip())
        return not re.match(r"\[\s*[\"0-9-]", head) or bool(
            re.match(r"\[\s*(?:\"(?:[^\"\\]|\\.)*\"|-?[0-9.eE+-]+)\s*[,\]]\s*(?:[\[{\"0-9-]|$|\n)", head)
        )
    except (ValueError, RecursionError):
        return bool(re.match(r"\[\s*[{\[\]]", head))


def first_fields(path: Path) -> frozenset[str]:
    """The fields of the object that a file's first line is by itself, in UTF-8 and packed as its name says; else none."""
    with open_regular(path) as stream:
        packing = packing_of(stream.read(4) or b"")
        stream.seek(0)
        chunks = bytes_of(stream, lambda _: None)
        head = next(chunks, b"")
        first = next(Buffer(text_of(chain((head,), chunks))).lines(), ("", False))[0]
    if encoding_of(head) != "utf-8-sig" or packing != (path.suffix.lower() if path.suffix.lower() in {".gz", ".zst"} else ""):
        return frozenset()
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(value) if isinstance(value, dict) else frozenset()
