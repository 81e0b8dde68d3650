"""Tables: CSV of consoles with whatever separator, gcloud's YAML, the journal's own export."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lib.logs.sources.buffer import MOST_VALUE, Broken, Buffer, Record, Report
from lib.logs.sources.entries import ENTRY_KEYS, entries_in
from lib.logs.sources.fields import folded
from lib.logs.sources.formats import COMMON
from lib.logs.sources.moments import Unreadable, moment
from lib.logs.sources.severities import severity_of
from lib.parameters.errors import BadInput

_GROUPS = ("resource.labels.", "labels.", "jsonPayload.", "httpRequest.", "protoPayload.", "operation.", "resource.")
_MOST_FIELDS = 500
_MOST_CHARACTERS = 60_000
"""Of one field, in all its lines."""
_POSTGRES = tuple(
    "timestamp user database pid client session_id line command session_began virtual_transaction transaction error_severity"  # noqa: SIM905
    " state_code message detail hint internal_query internal_position context query query_position location application"
    " backend_type leader_pid query_id".split()
)
"""The columns of Postgres' csvlog, which has no row that names them."""
_TIMES = frozenset(map(folded, COMMON.time))
_PAYLOADS = frozenset({"jsonPayload.", "protoPayload."})
_COLUMNS = frozenset({"time", "timestamp", "date", "@timestamp", "timegenerated", "datetime", "ts", "asctime", "message",
    "@message", "log_s",
                      "timestampinms", "eventtime", "timestamp [utc]", "timegenerated [utc]", "receivetimestamp", "_time",
                      "_raw", "date and time", "timecreated", "event_message", "content"})  # fmt: skip


def is_header(line: str) -> bool:
    """Whether a first line names columns, one of which is known to hold a time or a message."""
    cells = [cell.strip().strip('"').casefold() for cell in re.split(r"[,;\t]", line[:2_000].strip("\ufeff\r"))]
    return (
        len(cells) > 1
        and len(line) < 2_000
        and bool(_COLUMNS & set(cells))
        and not any(" " in cell and cell not in _COLUMNS for cell in cells[:2])
    )


class _Lines:
    # The lines of a table, for a reader of rows; raises `csv.Error` where those of a row are longer than can be held.
    def __init__(self, buffer: Buffer, report: Report):
        self._lines, self._report = buffer.lines(), report
        self._waiting: list[str] = []
        self.row_ended()

    def row_ended(self) -> None:
        self.first, self.characters = "", 0
        """How the row begins that is being read, and how long it is so far."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.pop() if self._waiting else self._next()
        self.first = self.first or line[:120]
        self.characters += len(line)
        if self.characters > MOST_VALUE:
            raise csv.Error("line too long")
        return line

    def _next(self) -> str:
        line, cut = next(self._lines)
        if cut:
            self.first = self.first or line[:120]
            raise csv.Error("line too long")
        return f"{line}\n"

    def skip_row(self, columns: list[str], delimiter: str) -> None:
        """Moves behind a row that is too long: to a quote that can end it, or to a line that is a row by itself."""
        closing = re.compile(rf'(?:[^"]|"")*"(?:{re.escape(delimiter)}|$)')
        self.row_ended()
        while True:
            try:
                line = self._next()
            except csv.Error:
                continue
            except StopIteration:
                return
            if _is_row(line, columns, delimiter):
                self._waiting.append(line)
                return
            if '"' in line and closing.match(line.rstrip("\n")):
                return


def _is_row(line: str, columns: list[str], delimiter: str) -> bool:
    """Whether a line has a cell for each column, and a moment where one of them names it."""
    if line.count(delimiter) < len(columns) - 1 or len(columns) < 2:
        return False
    try:
        (cells,) = csv.reader([line], strict=True, delimiter=delimiter)
        (at,) = [cells[place] for place, name in enumerate(columns) if folded(name) in _TIMES][:1]
        return len(cells) == len(columns) and bool(moment(at))
    except (csv.Error, ValueError, Unreadable):
        return False


def table_rows(buffer: Buffer, report: Report, delimiter: str) -> Iterator[Record]:
    """The rows of a table; one that is longer than can be held is one piece that was not read."""
    csv.field_size_limit(MOST_VALUE)
    lines = _Lines(buffer, report)
    columns: list[str] = []
    number = 0
    while True:
        rows = csv.reader(lines, strict=True, delimiter=delimiter)
        try:
            for row in rows:
                number += 1
                lines.row_ended()
                if not columns and len(row) > 21 and re.match(r"\d{4}-\d\d-\d\d ", row[0]) and severity_of(row[11]):
                    columns = _POSTGRES[: len(row)]
                    yield _nested(zip(columns, row, strict=False))
                elif not columns:
                    columns = _column_names([name.strip("\ufeff").strip() for name in row])
                elif row:
                    yield from _row(columns, row, delimiter, number, report)
            return
        except csv.Error as error:
            number += 1
            if "field limit" in str(error) or "too long" in str(error):
                yield Broken("a row longer than can be held", lines.first)
                lines.skip_row(columns, delimiter)
                continue
            report(f"a row after row {number - 1} could not be read ({error}): the file may be cut off")
            if "end of data" in str(error):
                return


def _row(columns: list[str], row: list[str], delimiter: str, number: int, report: Report) -> Iterator[Record]:
    if len(row) == len(columns):
        yield _nested(zip(columns, row, strict=True))
    elif len(row) > len(columns) > 1:
        # A message with separators that nobody quoted, or a last column that has no name.
        yield _nested((*zip(columns[:-1], row, strict=False), *_behind(columns, row, delimiter)))
    else:
        report(f"row {number} has {len(row)} of {len(columns)} columns and was left out: the file may be cut off")


def _behind(columns: list[str], row: list[str], delimiter: str) -> Iterator[tuple[str, str]]:
    rest = delimiter.join(row[len(columns) - 1 :])
    is_text = folded(columns[-1]) in {folded(name) for name in COMMON.text}
    if is_text:
        yield columns[-1], rest
    else:
        yield columns[-1], row[len(columns) - 1]
        yield "message", delimiter.join(row[len(columns) :])


def _column_names(row: list[str]) -> list[str]:
    if row and not any(name in ENTRY_KEYS or name.startswith(_GROUPS) or name.casefold() in _COLUMNS for name in row):
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


W3C_FIELDS = "#Fields:"
"""How a line begins that names the columns of those behind it, as IIS and CloudFront write them."""


def w3c_row(line: str, columns: list[str]) -> dict[str, Any] | None:
    """What a line below such a line says; None where it has other columns."""
    cells = line.split("\t" if "\t" in line else None)
    if len(cells) != len(columns) or not {"date", "time", "sc-status"} <= set(columns):
        return None
    row: dict[str, Any] = {name: cell for name, cell in zip(columns, cells, strict=True) if cell not in {"-", ""}}
    row["timestamp"] = f"{row.pop('date', '')} {row.pop('time', '')}"
    taken = row.pop("time-taken", "")
    if taken.replace(".", "", 1).isdigit():
        row["latency_s" if "." in taken else "latency_ms"] = float(taken)
    return row


JOURNAL_VERBOSE = re.compile(r"[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [\w+-]+) \[s=[0-9a-f]+;")


def journal_entries(buffer: Buffer) -> Iterator[Record]:
    """The entries of `journalctl -o export` or `verbose`: a field a line; an empty line, or one with the time, between them."""
    entry: dict[str, Any] = {}
    verbose, last = False, ""
    for line, _ in buffer.lines():
        name, equals, value = (line.strip(" ") if verbose else line).partition("=")
        if began := JOURNAL_VERBOSE.match(line):
            if entry:
                yield entry
            entry, verbose, last = {"timestamp": began.group(1)}, True, ""
        elif last and (not line.strip() or line.startswith(" " * (len(last) + 5))):  # a further line of the last field's value
            if len(entry[last]) < _MOST_CHARACTERS:
                entry[last] += "\n" + line[len(last) + 5 :]
        elif not line.strip():
            if entry:
                yield entry
            entry = {}
        elif equals and len(entry) < _MOST_FIELDS:
            entry[name], last = value, name if verbose else ""
        elif not equals and entry:  # a value with line ends is written as bytes behind its name and length
            entry.setdefault("MESSAGE", line)
    if entry:
        yield entry


def yaml_documents(buffer: Buffer, report: Report) -> Iterator[Record]:
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
    yield from entries_in(value)
