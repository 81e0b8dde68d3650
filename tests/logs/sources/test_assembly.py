"""Pieces of a source as entries: joined, dated, and counted where they are none."""

from __future__ import annotations

from datetime import UTC, datetime

from lib.facts import LogEntry
from lib.logs.sources.assembly import NO_TIME, Assembly
from lib.logs.sources.buffer import Broken, Record
from lib.logs.sources.normalise import Shaper

NEAR = datetime(2026, 2, 20, tzinfo=UTC)


def assembled(*records: Record, is_certain: bool = True) -> tuple[list[LogEntry], Assembly]:
    """The entries of some records, and what was counted beside them."""
    assembly = Assembly(shaper=Shaper(), near=NEAR, is_certain=is_certain)
    return list(assembly.entries(records, name="x.log")), assembly


def test_a_stack_is_one_entry_with_its_first_line() -> None:
    """Frames join what they belong to, and the line after them stands for itself."""
    entries, _ = assembled("2026-02-19T21:33:24Z ERROR boom", "    at run (/app/x.js:3:9)", "2026-02-19T21:33:25Z INFO ready")
    assert [(entry.severity, entry.text.count("\n")) for entry in entries] == [("ERROR", 1), ("INFO", 0)]


def test_a_line_without_a_time_takes_that_of_the_line_before() -> None:
    """Also those before the first time take the first, and they are counted."""
    entries, assembly = assembled("WARNING early", "2026-02-19T21:33:24Z ERROR boom", "WARNING late")
    assert {entry.timestamp for entry in entries} == {datetime(2026, 2, 19, 21, 33, 24, tzinfo=UTC)}
    assert (len(entries), assembly.without_time) == (3, 2)


def test_lines_of_two_instances_are_never_joined() -> None:
    """A frame that another container wrote is not this one's."""
    entries, _ = assembled("api-1  | Error: boom", "api-2  |     at run (/app/x.js:3:9)")
    assert len(entries) == 2


def test_what_is_no_entry_is_counted_with_an_example() -> None:
    """A broken piece and an object without time and level are named; nothing is dropped."""
    entries, assembly = assembled(Broken("JSON that is broken", "{oops"), {"message": "x"}, {"message": "x", "level": "error"})
    assert [(one.text, one.severity) for one in entries] == [("x", "ERROR")]
    assert {one.what: one.example[:5] for one in assembly.unread_found()} == {"JSON that is broken": "{oops", NO_TIME: "{'mes"}


def test_an_object_that_tells_no_time_takes_that_of_the_line_before() -> None:
    """Some loggers leave the time to who collects the lines; what they say counts all the same."""
    entries, _ = assembled("2026-02-19T21:33:24Z INFO up", {"level": "error", "msg": "boom"})
    assert [(one.severity, one.timestamp.second) for one in entries] == [("INFO", 24), ("ERROR", 24)]


def test_text_without_time_and_level_is_no_log_unless_it_is_named() -> None:
    """A README in a folder of logs gives nothing, and that is said."""
    entries, assembly = assembled("a page of prose", "and more of it", is_certain=False)
    assert entries == []
    assert any("looks like a log" in note for note in assembly.notes)
    assert len(assembled("a page of prose")[0]) == 1
