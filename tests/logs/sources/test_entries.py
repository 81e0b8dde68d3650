"""Entries are found however deep they stand, and what is none is handed on as such."""

from __future__ import annotations

from lib.logs.sources.buffer import Broken
from lib.logs.sources.entries import entries_in

ENTRY = {"timestamp": "2026-02-19T21:33:24Z", "message": "boom"}


def test_entries_inside_groups_and_lists_are_found() -> None:
    """An answer's envelope is opened down to its entries."""
    assert list(entries_in({"meta": {"n": 2}, "result": [[ENTRY], {"more": [ENTRY]}]})) == [ENTRY, ENTRY]


def test_a_row_of_fields_and_values_is_one_entry() -> None:
    """Each row of a query of CloudWatch is a list of pairs."""
    row = [{"field": "@timestamp", "value": "2026-02-19 21:33:24"}, {"field": "@message", "value": "boom"}]
    assert list(entries_in({"results": [row]})) == [{"@timestamp": "2026-02-19 21:33:24", "@message": "boom"}]


def test_azures_tables_become_rows() -> None:
    """Columns and rows that stand apart are put together."""
    table = {"columns": [{"name": "TimeGenerated"}, {"name": "Log"}], "rows": [["2026-02-19T21:33:24Z", "boom"]]}
    assert list(entries_in({"tables": [table]})) == [{"TimeGenerated": "2026-02-19T21:33:24Z", "Log": "boom"}]


def test_what_holds_no_entry_is_not_dropped() -> None:
    """An object without any entry, a number and a broken piece are handed on; an empty list of entries holds nothing."""
    broken = Broken("x", "y")
    assert list(entries_in({"a": 1})) == [{"a": 1}]
    assert list(entries_in([7])) == [{"value": [7]}]
    assert list(entries_in(broken)) == [broken]
    assert list(entries_in({"entries": []})) == []
