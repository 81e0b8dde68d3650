"""What the verb `logs` prints to an engineer who was woken."""

from __future__ import annotations

from typing import Any

from lib.cli.logs_text import logs_text
from lib.logs.analysis import report_on
from lib.logs.sources.reading import Asked, Reading, Unread, in_order
from tests.logs.made_up import entry, request_entry


def printed(*entries: Any, pairs: list[dict[str, str]] | None = None, **fields: Any) -> list[str]:
    """The lines for a reading with these entries."""
    document = report_on(Reading(source="file", asked=Asked(limit=100), entries=in_order(entries), **fields), []).as_json()
    return logs_text(document | ({"pairs": pairs} if pairs else {})).splitlines()


def test_the_cause_stands_on_the_first_lines_with_its_own_words_and_who_was_hit() -> None:
    """Title, how often, when, how many requests, and the line as it was written."""
    requests = [request_entry(0.1, status=503, text="x"), request_entry(0.2, path="/api", status=503, text="x")]
    told = printed(entry(0, "ERROR db: connection refused"), *requests)
    assert told[1:3] == ["incidents: 1", "1. ERROR: db: connection refused"]
    assert "2 requests failed, one of them a WebSocket handshake" in told[3]
    assert told[4] == "     | ERROR db: connection refused"


def test_a_long_list_is_cut_aloud() -> None:
    """Ten of thirteen causes are shown, and that there are three more is said."""
    words = ["db down", "disk full", "no route", "bad key", "cache cold", "queue lost", "dns gone", "tls broken", "quota out",
             "peer reset", "user gone", "lock held", "mail stuck"]  # fmt: skip
    told = printed(*(entry(number * 60, f"error: {word}") for number, word in enumerate(words)))
    assert "  and 3 more incidents; --json has them all" in told


def test_nothing_understood_is_not_nothing_wrong() -> None:
    """Entries without any severity are no healthy log, and what was not read is named."""
    told = printed(entry(0, "abc", severity=None), unread=(Unread(what="JSON that is broken", count=3, example='{"a'),))
    assert '  not read: 3 × JSON that is broken, such as {"a' in told
    assert "  1 entries, none with a severity that I understand: whether anything failed cannot be told from it" in told


def test_how_exchanges_were_joined_is_said_in_words() -> None:
    """An exchange without entries is not joined, rather than joined by none."""
    told = printed(entry(0, "x", severity="INFO"), pairs=[{"how": how} for how in ("trace", "none", "window", "none")])
    assert told[-1] == "4 exchanges: 1 joined by trace id, 2 not joined, 1 joined by path, status and window"
