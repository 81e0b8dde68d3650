"""The worth of a pass is the contract's, colour by colour."""

from __future__ import annotations

import pytest

from lib.facts import CaseResult, Traffic
from lib.suite.results import Asked
from lib.suite.source_analysis import Reading
from lib.suite.worth import Sabotaged, judge

SENT = Traffic(connections=1, rest_requests=1, bytes_out=100, bytes_in=100)
GREEN, RED = Sabotaged(outcome="passed"), Sabotaged(outcome="failed")


def case(outcome="passed", traffic=SENT, seconds=0.1):
    return CaseResult(module="m", name="n", outcome=outcome, seconds=seconds, traffic=traffic)


@pytest.mark.parametrize(
    ("refusing", "empty", "worth"),
    [
        (RED, RED, "positive"),
        (RED, GREEN, "positive"),
        (GREEN, RED, "rejection"),
        (GREEN, GREEN, "any-answer"),
        (RED, None, "positive"),
        (GREEN, None, None),
        (None, GREEN, None),
        (Sabotaged(outcome="skipped"), RED, None),
        (Sabotaged(outcome="error"), RED, None),
    ],
)
def test_colours_decide(refusing, empty, worth):
    """Red against refusing is positive; green there is worth what the empty 200 leaves of it; what did not run decides
    nothing."""
    seen = {mode: one for mode, one in (("refusing", refusing), ("empty", empty)) if one}
    assert judge(case(), seen).worth == worth


@pytest.mark.parametrize("silent", [GREEN, RED, None])
def test_silence_decides_nothing(silent):
    """Failing only because nobody answers makes no case positive."""
    seen = {"refusing": GREEN, "empty": GREEN} | ({"silent": silent} if silent else {})
    assert judge(case(), seen).worth == "any-answer"


def test_without_traffic_no_sabotage_is_asked():
    """Nothing sent is worth no-traffic, whatever colours there are."""
    assert judge(case(traffic=Traffic()), {"refusing": RED}).worth == "no-traffic"


def test_child_processes_hide_traffic():
    """Where the case started programs of its own, its silence proves nothing."""
    assert judge(case(traffic=Traffic()), {}, asked=Asked(programs=("curl",))).worth is None


def test_what_sabotage_does_not_reach_is_not_judged():
    """Green without having met a saboteur, or beside a child process that met none, is no colour; red without one is a doubt."""
    elsewhere = {mode: Sabotaged(outcome="passed", met=False) for mode in ("refusing", "empty")}
    assert judge(case(), elsewhere).worth is None
    assert judge(case(), {"refusing": GREEN, "empty": GREEN}, asked=Asked(programs=("curl",))).worth is None
    red = judge(case(), {"refusing": Sabotaged(outcome="failed", met=False)})
    assert red.worth == "positive"
    assert "without having asked" in red.doubts[-1]


def test_only_a_pass_is_judged():
    """Failures, errors, skips and untested cases have no worth."""
    assert [judge(case(outcome), {"refusing": RED}) for outcome in ("failed", "error", "skipped", "untested")] == [None] * 4


def test_time_that_was_up_is_red_unless_it_always_takes_that_long():
    """A case ended for its time is red; one that takes as long against the real target shows nothing by that."""
    overran = {"refusing": Sabotaged(outcome="failed", overran=True), "empty": RED}
    assert judge(case(seconds=0.1), overran).worth == "positive"
    assert judge(case(seconds=6.0), overran).worth is None


def test_green_against_an_empty_answer_asserts_no_content():
    """Positive, and shown as asserting no content."""
    judged = judge(case(), {"refusing": RED, "empty": GREEN})
    assert (judged.worth, judged.asserts_content) == ("positive", False)
    assert "no content" in judged.because


@pytest.mark.parametrize(
    ("reading", "seen", "doubt"),
    [
        (Reading(), {"refusing": RED}, "asserts nothing"),
        (Reading(asserts=2, constant_asserts=2), {"refusing": RED}, "constant"),
        (Reading(asserts=1, asserts_success=True), {"refusing": GREEN, "empty": RED}, "success status"),
        (Reading(forgotten_awaits=("client.get(url)",)), {"refusing": GREEN, "empty": GREEN}, "does not await"),
    ],
)
def test_where_the_source_says_otherwise_there_is_a_doubt(reading, seen, doubt):
    """The legs' disagreement is shown; the worth stays what sabotage says."""
    assert any(doubt in text for text in judge(case(), seen, reading=reading).doubts)


@pytest.mark.parametrize(
    ("asked", "worth", "words"),
    [
        (Asked(in_process=("ASGITransport",)), "in-process", "says nothing of the deployed target"),
        (Asked(in_process=("TestClient",), replayed=("respx",)), "in-process", "TestClient"),
        (Asked(replayed=("responses",)), "replayed", "recorded or stubbed"),
        (Asked(unseen=("gRPC",), replayed=("respx",)), None, "cannot be seen (gRPC)"),
        (Asked(programs=("curl",)), None, "curl"),
        (Asked(hosts=("127.0.0.1:5432",)), None, "nothing asked the target: it asked 127.0.0.1:5432"),
    ],
)
def test_who_did_not_ask_the_target_is_judged_by_whom_it_asked(asked, worth, words):
    """Sabotage could tell nothing of it, and the reason names whom it asked."""
    judged = judge(case(), {}, asked=asked, asks_target=False)
    assert judged.worth == worth
    assert words in judged.because


def test_who_asked_the_target_is_judged_by_sabotage_whatever_else_it_asked():
    """A stub beside the target's own answers takes nothing away."""
    assert judge(case(), {"refusing": RED}, asked=Asked(replayed=("respx",)), asks_target=True).worth == "positive"


def test_without_sabotage_the_reason_is_named():
    """Not judged, and why."""
    assert judge(case(), {}, asks_target=True, not_sabotaged="switched off").because == "switched off"
