"""What was seen beside what was asked."""

from __future__ import annotations

import pytest

from lib.facts import LogEntry
from lib.logs.sources.reading import Asked, Reading, end_of, entries_rows, in_order, reading_from_rows, severity
from tests.logs.made_up import at, entry, request_entry


def reading(*entries: LogEntry, **fields: object) -> Reading:
    """A whole reading of a file with these entries."""
    return Reading(**{"source": "file", "asked": Asked(limit=100_000), "entries": in_order(entries), **fields})


@pytest.mark.parametrize(
    ("errors", "infos", "hit"), [(50, 7, True), (49, 1, True), (49, 7, False), (30, 30, False), (500, 0, True)]
)
def test_a_number_that_only_a_fetch_limit_explains_is_noticed(errors: int, infos: int, hit: bool) -> None:
    """A round number of entries, in all or of one severity, means that the fetch was cut."""
    entries = [entry(i) for i in range(errors)] + [entry(i, severity="INFO") for i in range(infos)]
    assert reading(*entries).limit_hit is hit


def test_whether_a_limit_was_hit_may_be_unknown() -> None:
    """A file that is cut off, and no source at all, leave it open."""
    assert reading(entry(), missing=("cut off",)).limit_hit is None
    assert Reading(source="none", asked=Asked()).limit_hit is None


def test_seen_counts_what_is_lacking() -> None:
    """Entries without payload or severity are counted; a request entry without a message is no empty one."""
    seen = reading(
        entry(1, "x"), entry(2, ""), request_entry(3), entry(4, "y", severity=None), entry(5, instance="two", revision="r2")
    ).seen()
    assert (seen["entries"], seen["payload_missing"], seen["without_severity"]) == (5, 2, 1)
    assert (seen["revisions"], seen["instances"]) == (["r2"], 2)
    assert (seen["first_at"], seen["last_at"]) == ("2026-03-01T12:00:01.000000Z", "2026-03-01T12:00:05.000000Z")


def test_each_severity_has_its_own_window() -> None:
    """A fetch limit per severity shows in the time that each one covers."""
    windows = {
        window.severity: window
        for window in reading(entry(0), entry(50), entry(0, severity="WARNING"), entry(346, severity="WARNING")).windows()
    }
    assert (windows["ERROR"].last_at - windows["ERROR"].first_at).total_seconds() == 50
    assert (windows["WARNING"].last_at - windows["WARNING"].first_at).total_seconds() == 346


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[2026-03-01 12:00:00 +0000] [8] [ERROR] Exception in worker process", "ERROR"),
        ("[INFO] Starting", "INFO"),
        ("ERROR:    Application startup failed", "ERROR"),
        ("2026-03-01 12:00:00,123 - WARNING - slow", "WARNING"),
        ("Traceback (most recent call last):\n  x", "ERROR"),
        ("no ERRORS here", "DEFAULT"),
        ("INFORMATION desk", "DEFAULT"),
    ],
)
def test_lines_that_carry_their_severity_as_text_are_read_so(text: str, level: str) -> None:
    """A line without a severity has the one that it states."""
    assert severity(entry(text=text, severity=None)) == level


def test_an_error_shaped_payload_on_an_info_line_is_no_error() -> None:
    """The severity of the entry counts, not one that is nested in it."""
    payload = {"message": "ok", "error": {"severity": "ERROR", "message": "Missing field"}}
    assert severity(entry(text="ok", severity="INFO", payload=payload)) == "INFO"
    assert severity(entry(text="ok", severity=None, payload=payload)) == "DEFAULT"
    assert severity(entry(text="no", severity=None, payload={"level": "error"})) == "ERROR"


def test_a_request_is_over_when_its_latency_has_passed() -> None:
    """Request entries are stamped with their start."""
    assert end_of(request_entry(1, latency_s=37.5)) == at(38.5)


def test_the_same_entry_twice_is_one() -> None:
    """The API itself takes the same log, time and id for the same entry."""
    once, other = entry(1, insert_id="same"), entry(1, insert_id="same", log_name="another")
    assert in_order([once, other, once]) == (once, other)


def test_a_reading_survives_its_table() -> None:
    """A notebook that re-executes from the record sees the same reading, also after missing values became NaN."""
    before = reading(
        entry(1, "x", payload={"a": [1]}, trace_id="0" * 32),
        request_entry(2),
        missing=("m",),
        notes=("n",),
        asked=Asked(start=at(0), limit=5),
    )
    rows = [{key: float("nan") if value is None else value for key, value in row.items()} for row in entries_rows(before)]
    assert reading_from_rows(entries_rows(before)) == before == reading_from_rows(rows)
