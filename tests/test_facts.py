"""lib/facts.py: moments, and facts as what JSON can hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lib.facts import ACCEPTED_AFTER_S, Phases, is_accepted, plain, rfc3339, utc_now


def test_moments_are_written_in_utc() -> None:
    """Another zone is turned into UTC, microseconds are kept, the Z is spelt out."""
    moment = datetime(2026, 3, 1, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    assert rfc3339(moment) == "2026-03-01T12:00:00.000005Z"


def test_the_clock_is_aware() -> None:
    """The clock that doors use has a zone, and it is UTC."""
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize(
    ("rung", "status", "open_ms", "accepted"),
    [
        ("session", 101, None, True),
        ("session", 101, ACCEPTED_AFTER_S * 1000, True),
        ("session", 101, ACCEPTED_AFTER_S * 1000 - 1, False),
        ("upgrade", 101, None, False),
        ("upgrade", 403, None, False),
        ("dns", None, None, False),
    ],
)
def test_what_counts_as_accepted(rung: str, status: int | None, open_ms: float | None, accepted: bool) -> None:
    """A valid 101 whose socket the server left open long enough, and nothing else."""
    assert is_accepted(kind="handshake", rung=rung, status=status, open_ms=open_ms) is accepted
    assert not is_accepted(kind="rest", rung=rung, status=status, open_ms=open_ms)


def test_a_fact_becomes_what_json_can_hold() -> None:
    """Moments become texts, tuples lists, and nothing is lost on the way."""
    shown = plain(Phases(dns_ms=0.5))
    assert json.loads(json.dumps(shown))["dns_ms"] == 0.5
