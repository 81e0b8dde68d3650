"""Features of who stands in between: each rests on what was seen here and past the edge."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.evidence.features import learned
from lib.whys.evidence.refusal import Refusal
from lib.whys.probes import Change
from tests.whys.evidence.test_stated import log_of, refusal

PAST = {"host": "backend.example"}


def plain(status: int, body: str, **place: str) -> Observation:
    factors = {"request": "plain", **place}
    return Observation(id=f"r{len(place) + 1}", kind="rest", factors=factors, rung="http", status=status, body_excerpt=body)


def features(*seen: Observation) -> set[str]:
    return set(learned(Refusal(log_of(*seen), change=Change(factor="host", factors=PAST))))


def test_a_plain_get_that_reaches_the_application_shows_the_route() -> None:
    """The same words here and past the edge, other words to the handshake: the path leads to the application."""
    refused = refusal(1, "blocked")
    assert "routed-to-the-application" in features(refused, plain(200, "hello"), plain(200, "hello", **PAST))
    assert "routed-to-the-application" not in features(refused, plain(200, "hello"), plain(404, "nobody", **PAST))


def test_a_plain_get_refused_alike_is_no_matter_of_the_upgrade() -> None:
    """What is refused here as the handshake is, and answered past the edge, is not the upgrade."""
    refused = refusal(1, "blocked", 403)
    assert "plain-get-refused-alike" in features(refused, plain(403, "blocked"), plain(200, "hello", **PAST))
    assert "plain-get-refused-alike" not in features(refused, plain(403, "blocked"), plain(403, "blocked", **PAST))
