"""Objects between lines of text, over many lines, torn and cut off."""

from __future__ import annotations

import json
import time

from lib.logs.sources.buffer import Broken, Buffer, Record
from lib.logs.sources.json_lines import lines_records

ENTRY = {"timestamp": "2026-02-19T21:33:24Z", "message": "boom"}


def records(text: str) -> tuple[list[Record], list[str]]:
    """What a text holds, and what was reported."""
    said: list[str] = []
    return list(lines_records(Buffer(iter((text,))), said.append)), said


def test_text_and_objects_stand_in_their_order() -> None:
    """A banner between objects is text, and an object over many lines is one."""
    text = f"starting\n{json.dumps(ENTRY)}\n{json.dumps(ENTRY, indent=2)}\ndone\n"
    assert records(text) == (["starting", ENTRY, ENTRY, "done"], [])


def test_what_is_no_object_is_broken_and_the_lines_after_it_are_read() -> None:
    """An object that never closes costs itself alone."""
    found, _ = records('hello\n{"message": "a\n' + json.dumps(ENTRY) + "\nbye\n")
    assert found[0] == "hello"
    assert found[2:] == [ENTRY, "bye"]
    assert isinstance(found[1], Broken)


def test_groups_that_are_cut_off_give_what_is_whole() -> None:
    """The entries before the cut are worth having, and the cut is said."""
    text = json.dumps({"ERROR": [ENTRY, ENTRY, ENTRY]}, indent=1)
    found, said = records(text[: len(text) - 60])
    assert found[:2] == [ENTRY, ENTRY]
    assert "cut off" in said[0]


def test_lines_that_only_open_are_read_in_linear_time() -> None:
    """Ten times as many lines that each open an array within an object take about ten times as long, and none is lost."""
    took = []
    for lines in (2_000, 20_000):
        started = time.process_time()
        found, said = records('{"a":[\n' * lines)
        took.append(time.process_time() - started)
        assert found or said
    assert took[1] < 40 * took[0]
