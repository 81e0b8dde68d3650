"""Log entries: their traces, their bound, their time."""

from __future__ import annotations

import pytest

from lib.staging.config import Options
from lib.staging.logging.journal import ApplicationLog, Journal, rfc3339, trace_of

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}, TRACE),
        ({"x-cloud-trace-context": f"{TRACE}/123;o=1"}, TRACE),
        ({"x-cloud-trace-context": TRACE}, TRACE),
        ({"traceparent": "00-short-b7ad6b7169203331-01"}, None),
        ({}, None),
    ],
)
def test_trace_is_read_from_either_header(headers, trace):
    """Both spellings, or none."""
    assert trace_of(headers) == trace


def test_journal_forgets_the_oldest():
    """Past the bound the first entries go."""
    journal = Journal(Options(max_entries=3, flush_s=0))
    for number in range(5):
        journal.write("x", str(number))
    assert [entry.fields["textPayload"] for entry in journal.readable()] == ["2", "3", "4"]


def test_entries_are_readable_after_the_flush_delay():
    """Until then they are not there."""
    journal = Journal(Options(flush_s=60))
    journal.write("x", "late")
    assert journal.readable() == []


def test_offset_shifts_the_time_stamp_alone():
    """Timestamp and the order key agree, in microseconds."""
    journal = Journal(Options(flush_s=0, log_clock_offset_s=-40))
    journal.write("x", None, moment_s=1_000_040.000001)
    entry = journal.readable()[0]
    assert (entry.at_us, entry.fields["timestamp"]) == (1_000_000_000_001, rfc3339(1_000_000_000_001))


def test_forms_differ_as_in_the_real_exports():
    """A line may lack a severity, repeat its text, or carry an error-shaped object although nothing is wrong."""
    journal = Journal(Options(flush_s=0))
    log = ApplicationLog(journal, "revision-1")
    log.doubled("fine")
    log.text("[ERROR] worker died")
    log.crash("boom", ValueError("bad"), "Traceback …")
    doubled, text, error, trailing = (entry.fields for entry in journal.readable())
    assert (doubled["severity"], doubled["jsonPayload"]["error"]["severity"], doubled["jsonPayload"]["textPayload"]) == (
        "INFO",
        "ERROR",
        "fine",
    )
    assert "severity" not in text
    assert (error["jsonPayload"]["error"]["traceback"], "severity" in trailing) == (None, False)
