"""The evidence that a run was real comes from what servers said, and is bounded where it is vague."""

from __future__ import annotations

from lib.figures import suite_traffic


def test_the_clock_difference_has_bounds(samples):
    """A Date header names a second; the server's clock is known to lie within it and the exchange."""
    low, high = suite_traffic.clock_difference_s(samples.exchange(elapsed_ms=100.0))
    assert (round(low, 3), round(high, 3)) == (-0.6, 0.5)


def test_bounds_of_several_answers_are_shared(samples):
    """More answers narrow the clock difference; contradicting ones are called unsteady."""
    steady = [samples.exchange(at=samples.later(seconds)) for seconds in (0.0, 0.2, 0.4)]
    assert suite_traffic.clock(steady) == "between -0.5 and +0.1 s (n = 3)"
    assert "not steady" in suite_traffic.clock([samples.exchange(), samples.exchange(at=samples.later(300))])


def test_without_a_date_nothing_is_claimed(samples):
    """An answer without a Date header says nothing of the clock."""
    assert suite_traffic.clock([samples.exchange(headers=())]) == "not told (no Date header)"


def test_servers_are_listed_as_they_call_themselves(samples):
    """One row an address, with the peer, the count and the identifying headers."""
    (row,) = suite_traffic.servers([samples.exchange("h1"), samples.exchange("h2")]).rows
    assert (row["authority"], row["n"], row["headers"]) == ("127.0.0.1:8000", 2, ["server: uvicorn"])


def test_answers_are_counted_by_path_and_outcome(samples):
    """The histogram has a row for each kind, path and answer, silence included."""
    silent = samples.exchange("h3", status=None, rung="tcp", error="connection refused")
    rows = suite_traffic.answers([samples.exchange("h1"), samples.exchange("h2"), silent]).rows
    assert [(row["n"], row["answer"]) for row in rows] == [(2, "403"), (1, "none: ended at tcp (connection refused)")]


def test_traffic_is_summed_by_channel(samples):
    """A case without traffic has a row of its own."""
    rows = {row["channel"]: row for row in suite_traffic.traffic(samples.suite(*samples.round_one()["cases"])).rows}
    assert rows["WebSocket"]["n"] == 3
    assert rows["WebSocket"]["bytes_out"] == 900


def test_paths_are_counted_without_their_identifiers(samples):
    """Two threads' paths are one row."""
    asked = [samples.exchange(name, url=f"http://h/api/threads/thread_{name * 8}/messages") for name in ("a1", "b2")]
    (row,) = suite_traffic.answers(asked).rows
    assert (row["n"], row["path"]) == (2, "/api/threads/…/messages")
