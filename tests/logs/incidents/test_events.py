"""Entries that tell of one thing become one event with the words of its cause."""

from __future__ import annotations

import pytest

from lib.logs.incidents.events import events_of, innermost
from tests.logs.made_up import entry, request_entry

INNER = (
    'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n    ^^^\nModuleNotFoundError: No '
    "module named 'monitoring'"
)
DURING = "During handling of the above exception, another exception occurred:"
OUTER = (
    'Traceback (most recent call last):\n  File "b.py", line 2, in h\n'
    "RuntimeError: Failed to set up the middleware: No module named 'monitoring'"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (INNER, ("ModuleNotFoundError", "No module named 'monitoring'")),
        (f"{INNER}\n\n{DURING}\n\n{OUTER}", ("ModuleNotFoundError", "No module named 'monitoring'")),
        (f"Traceback (most recent call last):\n  x\nasyncio.exceptions.CancelledError\n\n{DURING}\n\n{OUTER}",
         ("RuntimeError", "Failed to set up the middleware: No module named 'monitoring'")),
        ("Traceback (most recent call last):\n  x\nTimeoutError", ("TimeoutError", "TimeoutError")),
        ("app.errors.DatabaseError: gone", ("DatabaseError", "gone")),
        ("java.lang.A: outer\n\tat x\nCaused by: java.io.B: middle\nCaused by: java.net.C: refused", ("C", "refused")),
        ("  | Traceback (most recent call last):\n  |   x\n  | ValueError: in a group", ("ValueError", "in a group")),
        ("all is well: nothing happened", None),
    ],
)  # fmt: skip
def test_the_innermost_exception_is_the_one_that_a_chain_began_with(text: str, told: tuple[str, str] | None) -> None:
    """Its type and words, or those of the next one where it has none."""
    assert innermost(text) == told


def test_chained_tracebacks_in_several_entries_are_one_event() -> None:
    """Separators without a severity join what belongs together."""
    entries = [entry(0, INNER), entry(0.001, DURING, severity=None), entry(0.002, OUTER)]
    (event,) = events_of(entries)
    assert (len(event.entries), event.exception, event.words) == (3, "ModuleNotFoundError", "No module named 'monitoring'")


def test_a_traceback_line_by_line_is_one_event() -> None:
    """Some runtimes write an entry a line."""
    entries = [entry(i / 1000, line, severity=None) for i, line in enumerate(INNER.splitlines())]
    (event,) = events_of(entries)
    assert (len(event.entries), event.severity, event.words) == (5, "ERROR", "No module named 'monitoring'")


@pytest.mark.parametrize(
    ("second", "fields"),
    [(0.001, {"instance": "two"}), (30.0, {}), (0.001, {"log_name": "other"})],
)
def test_what_comes_from_elsewhere_or_later_is_not_joined(second: float, fields: dict[str, str]) -> None:
    """Another instance, another log or another time is another event."""
    assert len(events_of([entry(0, INNER), entry(second, f"{DURING}\n{OUTER}", **fields)])) == 2


def test_two_tracebacks_without_a_separator_are_two() -> None:
    """Nothing says that they belong together."""
    assert len(events_of([entry(0, INNER), entry(0.001, OUTER)])) == 2


def test_an_ordinary_line_after_a_traceback_is_its_own() -> None:
    """A traceback ends with its exception."""
    assert [event.words for event in events_of([entry(0, INNER), entry(0.001, "Application startup failed. Exiting.")])][
        1
    ].startswith("Application")


def test_an_event_is_placed_when_it_truly_was() -> None:
    """A request entry by its end, anything else by its stamp."""
    (event,) = events_of([request_entry(10, status=503, latency_s=40)])
    assert (event.at - event.head.timestamp).total_seconds() == 40


def test_an_error_object_speaks_only_on_error_lines() -> None:
    """Its value is the cause on an ERROR line; placeholders say nothing."""
    (real,) = events_of([entry(0, "middleware error: x", payload={"error": {"type": "StartupError", "value": "no database"}})])
    assert (real.exception, real.words) == ("StartupError", "no database")
    (plain,) = events_of(
        [entry(0, "odd id", severity="WARNING", payload={"error": {"message": "Missing field", "severity": "ERROR"}})]
    )
    assert (plain.exception, plain.words) == (None, "odd id")
    assert (
        events_of([entry(0, "fine", severity="INFO", payload={"error": {"message": "Missing field", "severity": "ERROR"}})]) == []
    )
