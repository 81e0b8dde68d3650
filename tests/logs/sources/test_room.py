"""Entries are held within bounds, and what was cut for it is said."""

from __future__ import annotations

from datetime import UTC, datetime

from lib.facts import LogEntry
from lib.logs.sources.room import MOST_WHOLE_BYTES, SHORTENED_TO, Room


def entry(text: str) -> LogEntry:
    return LogEntry(insert_id="1", timestamp=datetime(2026, 11, 29, tzinfo=UTC), text=text, payload={"more": [text]})


def test_entries_are_whole_as_long_as_there_is_room() -> None:
    """What fits is held as it is, and nothing is said."""
    room = Room()
    assert room.let_in(entry("boom")) == entry("boom")
    assert room.said() == []


def test_long_entries_are_shortened_then_left_out() -> None:
    """One character outside Latin makes a text four times as large; the sum of them all is what counts."""
    room = Room()
    text = "\U0001f600" + "x" * 250_000
    held = [room.let_in(entry(text)) for _ in range(11_000)]
    whole = sum(one is not None and one.text == text for one in held)
    assert 0 < whole * 1_000_000 < MOST_WHOLE_BYTES
    assert held[whole] is not None
    assert (len(held[whole].text), held[whole].payload) == (SHORTENED_TO, None)
    assert held[-1] is None
    assert [sentence.split(": ")[1].split(" ")[0] for sentence in room.said()] == ["of", str(sum(one is None for one in held))]
