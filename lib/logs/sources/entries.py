"""Which objects of a JSON value are log entries, however deep they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lib.logs.sources.buffer import Broken, Record
from lib.logs.sources.containers import contained, may_contain, no_entry
from lib.logs.sources.fields import is_entry

ENTRY_KEYS = frozenset(
    {"timestamp", "receiveTimestamp", "receive_timestamp", "insertId", "insert_id", "textPayload", "jsonPayload", "logName"}
)


def entries_in(value: Any) -> Iterator[Record]:
    """The entries of one JSON value; what holds none, and no empty list of them either, is handed on as an object that is no
    entry."""
    if isinstance(value, Broken):
        yield value
        return
    found = False
    for entry in nested_entries(value):
        found = True
        yield entry
    members = list(value.values()) if isinstance(value, Mapping) else value
    if not found and value != [] and not (isinstance(members, list) and [] in members):
        yield value if isinstance(value, Mapping) else {"value": value}


_seen_shapes: dict[tuple[str, ...], bool] = {}
"""Whether an object with just these fields is an entry by itself, for the shapes met so far; a log has few."""


def is_known_entry(value: Mapping[str, Any]) -> bool:
    shape = tuple(value)
    known = _seen_shapes.get(shape)
    if known is None:
        known = not may_contain(value) and bool(ENTRY_KEYS & value.keys() or is_entry(value))
        if len(_seen_shapes) < 5_000:
            _seen_shapes[shape] = known
    return known


def nested_entries(value: Any, depth: int = 0) -> Iterator[Record]:
    if isinstance(value, Mapping):
        if is_known_entry(value):
            yield value
            return
        if (inside := contained(value)) is not None:
            yield from inside[1]
        elif ENTRY_KEYS & value.keys() or is_entry(value):
            yield value
        elif (table := _azure_tables(value)) is not None:
            yield from table
        elif depth < 8:
            for item in value.values():
                yield from nested_entries(item, depth + 1)
    elif isinstance(value, list) and depth < 8:
        if value and all(isinstance(cell, Mapping) and cell.keys() >= {"field", "value"} for cell in value):
            yield {str(cell["field"]): cell["value"] for cell in value}  # a row of CloudWatch Logs Insights
        else:
            yield from _members(value, depth)


def _members(values: list[Any], depth: int) -> Iterator[Record]:
    """The entries in a list; beside entries, members that are none are counted (an empty list is none that is missing)."""
    odd, any_found = [], False
    for item in values:
        found = False
        for entry in nested_entries(item, depth + 1):
            found = any_found = True
            yield entry
        if not found and item != []:
            odd.append(item)
    yield from map(no_entry, odd if any_found else ())


def _azure_tables(value: Mapping[str, Any]) -> list[Record] | None:
    tables = value.get("tables")
    if not isinstance(tables, list):
        return None
    return [
        dict(zip([str(column.get("name")) for column in _those(table.get("columns"), Mapping)], row, strict=False))
        if isinstance(row, list) and row else no_entry(row)
        for table in _those(tables, Mapping) for row in _those(table.get("rows"), object)
    ]  # fmt: skip


def _those(value: Any, kind: type) -> list[Any]:
    """The members of a list that are of this kind; none of what is no list."""
    return [one for one in value if isinstance(one, kind)] if isinstance(value, list) else []
