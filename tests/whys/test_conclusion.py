"""The pure engine against simulated targets: what is there is named, what luck imitates is not, and nothing depends on the
run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from lib.facts import Observation
from lib.whys.conclusion import diagnose
from lib.whys.probes import Probe
from tests.whys.world import RIGHT, World, context, diagnosed

TWINS = {
    "user-unknown": {"user-unknown", "user-inactive", "permission-missing", "connection-limit"},
    "user-inactive": {"user-unknown", "user-inactive", "permission-missing", "connection-limit"},
    "credential-carrier": {"credential-carrier", "edge-strips-credential"},
}


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("fault", RIGHT)
def test_a_single_cause_is_named(fault: str, bare: bool) -> None:
    """Whatever is wrong is proved, stated by the server, or is among the twins that nothing outside can split."""
    diagnosis = diagnosed(World([fault], bare=bare), context())
    if fault.startswith("user-") and not bare:
        assert [(cause.id, cause.strength) for cause in diagnosis.causes] == [(fault, "stated")]
        assert diagnosis.works_with is not None
    elif fault in TWINS:
        assert set(diagnosis.candidates) <= TWINS[fault]
        assert fault in diagnosis.candidates
    else:
        assert [cause.id for cause in diagnosis.causes] == [fault]
        assert diagnosis.verdict == "proved"


@pytest.mark.parametrize(
    "pair", [pair for pair in combinations(RIGHT, 2) if RIGHT[pair[0]].keys() != RIGHT[pair[1]].keys()], ids="+".join
)
def test_two_causes_are_both_named(pair: tuple[str, str]) -> None:
    """A pair whose members mask each other behind one bare 403 is found, and nothing else is claimed."""
    diagnosis = diagnosed(World(pair, seed=len("".join(pair))), context())
    named = {cause.id for cause in diagnosis.causes} or set(diagnosis.candidates)
    assert set(pair) <= named
    assert named <= set().union(*(TWINS.get(fault, {fault}) for fault in pair))


@pytest.mark.parametrize("refuses", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_luck_is_never_proof(refuses: float) -> None:
    """A server that refuses at random never has a change of the client proved as its cause, in eighty runs."""
    verdicts = [diagnosed(World([], seed=seed, refuses=refuses), context()) for seed in range(80)]
    assert not [[cause.id for cause in seen.causes] for seen in verdicts if seen.verdict == "proved"]
    assert not [seen for seen in verdicts if seen.verdict == "inferred" and seen.causes[0].id not in {"mixed-revisions"}]


@pytest.mark.parametrize("period", [2, 3, 4, 5])
def test_a_round_robin_is_never_proof(period: int) -> None:
    """Instances that take turns do not fall into step with the order of control and variant."""
    for offset in range(period):
        world = World([], alternating=period)
        world.handshakes = offset
        assert diagnosed(world, context()).verdict != "proved"


@pytest.mark.parametrize("offset", [0, 1])
def test_two_revisions_in_turn_are_named_soon(offset: int) -> None:
    """Whichever of them the configured handshake meets first: a change that lifted now and not then has it asked on end."""
    world = World([], alternating=2)
    world.handshakes = offset
    diagnosis = diagnosed(world, replace(context(), seconds=60.0))
    assert [cause.id for cause in diagnosis.causes] == ["mixed-revisions"]
    assert diagnosis.spent["handshakes"] <= 40


@pytest.mark.parametrize("fault", sorted(RIGHT.keys() - TWINS.keys()))
def test_a_proof_says_how_likely_luck_was(fault: str) -> None:
    """Four of each, the first acceptance not counted: once in 119 times or less."""
    (cause,) = diagnosed(World([fault]), context()).causes
    told = re.search(r"odds of 1 in (\d+)", cause.because)
    assert told is not None
    assert int(told[1]) >= 119


def test_a_start_up_is_inferred_not_proved() -> None:
    """Refusals that end by themselves are no merit of what was tried at that moment."""
    diagnosis = diagnosed(World([], starts_s=3.0), context())
    assert (diagnosis.verdict, [cause.id for cause in diagnosis.causes]) == ("inferred", ["startup-race"])


@pytest.mark.parametrize("window_s", [2.0, 2.4])
def test_a_rate_is_proved_whatever_its_window(window_s: float) -> None:
    """Three handshakes in a window: bursts are refused, and pauses let all pass once they are longer than the window."""
    diagnosis = diagnosed(World([], window=(3, window_s)), replace(context(), seconds=60.0))
    assert (diagnosis.verdict, [cause.id for cause in diagnosis.causes]) == ("proved", ["rate-limited"])


@pytest.mark.parametrize("window", [(1, 3.0), (2, 5.0), (3, 8.0), (6, 10.0), (6, 20.0)])
def test_a_rate_with_a_long_window_is_not_mistaken_for_revisions(window: tuple[int, float]) -> None:
    """Acceptances that come back one by one with time are no sign of several revisions, however often they turn."""
    diagnosis = diagnosed(World([], window=window), replace(context(), seconds=60.0))
    assert "rate-limited" in {*diagnosis.candidates, *(cause.id for cause in diagnosis.causes)}
    assert not [cause.id for cause in diagnosis.causes if cause.id != "rate-limited"]


def test_without_alternatives_the_answer_is_a_set() -> None:
    """Behind an empty 403 and with nothing to try, the truth is among the candidates, and the impossible is not."""
    for fault in RIGHT:
        diagnosis = diagnosed(World([fault]), context(alternatives={}))
        if diagnosis.verdict == "ambiguous":
            assert fault in diagnosis.candidates
            assert not {"client-proxy", "credential-absent", "server-error", "closed-after-accept", "token-reuse"} & set(
                diagnosis.candidates
            )
        else:
            assert [cause.id for cause in diagnosis.causes] == [fault]


def test_recorded_observations_give_the_same_bytes() -> None:
    """Replaying what was observed gives the same document, byte for byte."""
    for faults in (["secret-mismatch", "origin-refused"], [], ["user-unknown"]):
        first = diagnosed(World(faults), context())
        again = diagnose(first.observations, context())
        assert json.dumps(first.as_json()) == json.dumps(again.as_json())


TRIPLES = [
    triple for triple in combinations(RIGHT, 3) if len({name for fault in triple for name in RIGHT[fault]}) == len(triple)
][::28]
"""Every 28th of the triples that no two changes share, across all layers."""


@pytest.mark.parametrize("triple", TRIPLES, ids="+".join)
def test_three_causes_are_found_or_left_open(triple: tuple[str, ...]) -> None:
    """Three that mask each other are all named, or all stay open; where a refusal says why nothing but its truth is named."""
    diagnosis = diagnosed(World(triple, seed=len("".join(triple))), context())
    named = {cause.id for cause in diagnosis.causes}
    assert named in (set(), set(triple))
    assert set(triple) <= named | set(diagnosis.candidates)
    assert {cause.id for cause in diagnosed(World(triple, seed=1, bare=False), context()).causes} <= set(triple)


class Exempt(World):
    """A target in which the other user is asked for none of what the configured one lacks."""

    def _checks(self, factors: Mapping[str, Any]) -> Iterable[str]:
        return () if factors.get("user") == "user-2" else super()._checks(factors)


OF_USERS = (
    *("secret-mismatch", "issuer-mismatch", "audience-mismatch", "claim-missing", "permission-missing", "token-expired"),
    *("clock-skew", "origin-refused", "subprotocol-refused"),
)
"""What a service may ask of one user and not of another; route, host, scheme and algorithm are judged before that."""


@pytest.mark.parametrize("fault", OF_USERS)
def test_a_user_who_is_exempt_from_a_check_is_not_taken_for_the_cause(fault: str) -> None:
    """Where another user is let in whatever is wrong, what is wrong is named or left open, and no cause of the user is named."""
    diagnosis = diagnosed(Exempt([fault]), context())
    named = {cause.id for cause in diagnosis.causes}
    assert named in (set(), {fault})
    assert fault in named | set(diagnosis.candidates)


class Fails(World):
    """A target whose handler fails with a 500 on what this token has or lacks, and refuses a token that is none."""

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        seen = super().answer(ask, apart_s)
        of_this = seen.body_excerpt.removeprefix("refused: ") in self.order and "credential" not in ask.factors
        return replace(seen, status=500, body_excerpt="Internal Server Error") if of_this else seen


@pytest.mark.parametrize("fault", ["secret-mismatch", "issuer-mismatch", "claim-missing", "user-inactive", "permission-missing"])
def test_a_500_that_only_this_token_gets_is_not_blamed_on_the_handler_alone(fault: str) -> None:
    """What the token lacks may be what the handler fails on: both stay open, and neither is named for the other."""
    diagnosis = diagnosed(Fails([fault], bare=False), context())
    assert not {cause.id for cause in diagnosis.causes} - {fault}
    assert {fault, "server-error"} <= set(diagnosis.candidates)


class NowAndThen(World):
    """Every other handshake ends at a certificate whose time is over."""

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        """As the world says it, but for how it refuses."""
        seen = super().answer(ask, apart_s)
        if seen.status != 403:
            return seen
        why = "the server's TLS certificate is not accepted: certificate has expired"
        return replace(seen, rung="tls", status=None, finding={"error": why})


def test_what_refusals_themselves_say_is_not_excluded_by_acceptances_between_them() -> None:
    """One of several servers has an expired certificate: it is stated, with how often it was met."""
    found = diagnosed(NowAndThen([], alternating=3), replace(context(), seconds=60.0))
    assert (found.verdict, [cause.id for cause in found.causes]) == ("stated", ["certificate-refused"])
    assert "were accepted and" in found.causes[0].because


def test_a_pace_is_not_suggested_as_if_one_acceptance_told() -> None:
    """Where it is accepted anyway now and then, only the end of all refusals would."""
    found = diagnosed(World([], seed=5, refuses=0.3), context())
    assert found.next_probe is not None
    assert found.next_probe.reads.startswith("no refusal in as many handshakes: it is")
