"""Lines near refusals that no pattern explains."""

from __future__ import annotations

from lib.logs.incidents.leads import unexplained_near
from tests.logs.made_up import entry, exchange

WORDS = "tenant header missing for service client"


def test_what_stands_near_each_refusal_and_nothing_else_is_quoted() -> None:
    """Seventeen refusals, and the same words within 40 ms of each."""
    refused = [exchange(number, elapsed_ms=10) for number in range(17)]
    lines = [entry(number + 0.05, f"{WORDS} {number}", severity="WARNING") for number in range(17)]
    (lead,) = unexplained_near(refused, [], lines)
    assert lead.because == f"17 × {WORDS} 0, within 40 ms of each refusal"


def test_what_also_stands_beside_what_was_served_is_no_lead() -> None:
    """Noise is everywhere; so is what a pattern explains already."""
    refused, served = [exchange(0)], [exchange(10, status=101)]
    lines = [entry(0.01, "cache is cold", severity="WARNING"), entry(10.01, "cache is cold", severity="WARNING")]
    assert unexplained_near(refused, served, lines) == ()
    assert unexplained_near(refused, [], [entry(0.01, WORDS)], explained=lambda text: "tenant" in text) == ()


def test_what_stands_nearer_to_what_was_served_is_no_lead() -> None:
    """A line within a served handshake is not of the refusal beside it; how near is said of the farthest."""
    refused, served = [exchange(0, elapsed_ms=5)], [exchange(0.1, status=101, elapsed_ms=50)]
    assert unexplained_near(refused, served, [entry(0.12, WORDS)]) == ()
    (lead,) = unexplained_near([exchange(0, elapsed_ms=5), exchange(0.1, elapsed_ms=5)], [], [entry(0.01, WORDS)])
    assert lead.because == f"1 × {WORDS}, within 90 ms of each refusal"


def test_what_stands_near_some_refusals_says_how_many() -> None:
    """Two of three, and far away is not near."""
    refused = [exchange(number * 10) for number in range(3)]
    lines = [entry(0.01, WORDS), entry(10.01, WORDS), entry(25, WORDS)]
    (lead,) = unexplained_near(refused, [], lines)
    assert (lead.near, lead.refusals, lead.lines) == (2, 3, 2)
    assert "of 2 of 3 refusals" in lead.because
