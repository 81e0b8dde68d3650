"""What is passed over in a large export, and what is held."""

from __future__ import annotations

from lib.logs.sources.recognise import of_line
from lib.logs.sources.sieve import Sieve

UP = {"level": 30, "time": 1772366400000, "pid": 1, "msg": "up"}


def test_what_is_quiet_is_counted_and_passed_over() -> None:
    """A level of INFO with a moment that can be read needs no closer look."""
    sieve = Sieve()
    assert sieve.passes_over(UP)
    assert sieve.passes_over_line(of_line("2026-03-01T12:00:01Z INFO up"))
    seen = sieve.tally.seen(round_limits=frozenset())
    assert (seen["entries"], seen["last_at"]) == (2, "2026-03-01T12:00:01.000000Z")


def test_what_may_matter_is_held() -> None:
    """A failure, an unknown level, a moment that cannot be read, and with exchanges what may tell of one."""
    assert not any(Sieve().passes_over({**UP, **more}) for more in ({"level": 50}, {"level": "?"}, {"time": "never"}))
    assert not Sieve(joins=True).passes_over({**UP, "trace_id": "a" * 32})
    assert not Sieve(joins=True).passes_over({**UP, "method": "GET", "url": "/ws", "status": 101})
