"""A server written by hand: chance, moments, limits and repetition. A wrong proof is nowhere easier than here."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started

TEMPTING = {
    "secrets": ["env:FOREIGN_OTHER_KEY"],
    "claims": {"aud": ["api", "backend"]},
    "paths": ["/ws/"],
    "origins": ["https://app.example"],
}
DEMANDS = {"key": KEY}
AMPLE = {"seconds": 60}
"""What a slow machine needs; it is spent only where it is needed."""
WANDERING = {"mixed-revisions", "rate-limited", "startup-race", "connection-limit"}


@pytest.mark.parametrize("seed", [3])
def test_half_of_all_handshakes_are_refused_by_chance(start: Started, ask: Ask, seed: int) -> None:
    """No alternative is proved by luck."""
    server = start.python("raw", behaviour="random", seed=seed)
    answer = ask(server, truth=("mixed-revisions",), alternatives=TEMPTING)
    assert {*answer.causes_by_strength, *answer.candidates} <= WANDERING, answer


def test_only_every_third_is_accepted(start: Started, ask: Ask) -> None:
    """Three replicas of which one is right, asked in turn."""
    server = start.python("raw", behaviour="every-third", demands=DEMANDS)
    answer = ask(server, truth=("mixed-revisions",), alternatives=TEMPTING, budget=AMPLE)
    assert answer.causes_by_strength == {"mixed-revisions": "inferred"}, answer


@pytest.mark.parametrize("meanwhile", ["503 Service Unavailable", "403 Forbidden"])
def test_refused_for_the_first_seconds(start: Started, ask: Ask, meanwhile: str) -> None:
    """What was tried last before the server was ready is not what repaired it."""
    server = start.python("raw", behaviour="startup", until_s=7, meanwhile=meanwhile, demands=DEMANDS)
    answer = ask(server, truth=("startup-race",), alternatives=TEMPTING)
    assert "startup-race" in {*answer.causes_by_strength, *answer.candidates}, answer


def test_it_breaks_while_we_ask(start: Started, ask: Ask) -> None:
    """Accepted twice, refused ever after (a deployment in between): no cause of the request is named."""
    server = start.python("raw", behaviour="breaks", after=2, demands=DEMANDS)
    answer = ask(
        server,
        truth=("mixed-revisions", "startup-race", "rate-limited", "connection-limit", "token-reuse"),
        alternatives=TEMPTING,
        budget={"seconds": 7},
    )
    assert answer.verdict == "ambiguous", answer


def test_slow_to_accept(start: Started, ask: Ask) -> None:
    """Most of a second until the 101 is slow, and nothing else."""
    server = start.python("raw", slow_s=0.8, demands=DEMANDS)
    ask(server, truth=()).is_healthy()


def test_the_same_token_twice(start: Started, ask: Ask) -> None:
    """A token that comes again within some seconds is refused; fresh ones pass."""
    server = start.python("raw", behaviour="reuse", reuse_s=3, demands=DEMANDS)
    ask(server, truth=("token-reuse",), budget=AMPLE).proves("token-reuse")


def test_two_sockets_a_user(start: Started, ask: Ask) -> None:
    """A third socket of the same user is refused while two are open."""
    server = start.python("raw", behaviour="limit", limit=2, demands=DEMANDS)
    ask(server, truth=("connection-limit",), budget=AMPLE).proves("connection-limit")


def test_a_limit_that_one_at_a_time_never_meets(start: Started, ask: Ask) -> None:
    """With concurrency 1 nobody meets the limit: healthy."""
    server = start.python("raw", behaviour="limit", limit=2, demands=DEMANDS)
    ask(server, truth=(), budget={"concurrency": 1}).is_healthy()


def test_spacing_is_kept(start: Started, ask: Ask) -> None:
    """No two handshakes arrive closer than the spacing."""
    server = start.python("raw", demands={"key": KEY, "audience": "backend"})
    ask(server, truth=("audience-mismatch",), alternatives={"claims": {"aud": ["backend"]}}, budget={"spacing_ms": 300})
    moments = [entry["after_s"] for entry in server.seen("handshake")]
    assert min(later - earlier for earlier, later in pairwise(moments)) > 0.25, moments


def test_a_session_that_ends_after_the_half_second(start: Started, ask: Ask) -> None:
    """Open for 0.6 s and then dropped: accepted, by the contract's definition, and its end is a finding."""
    server = start.python("raw", closes_after_s=0.6, demands=DEMANDS)
    answer = ask(server, truth=("crash-after-accept",))
    assert answer.causes_by_strength == {"crash-after-accept": "inferred"}, answer
