"""Two rounds side by side: a claim is granted when all that it needs was seen, and otherwise says what is missing."""

from __future__ import annotations

from copy import deepcopy

import pytest

from lib.reports.compare import compare_rounds

OBSERVED = {"id": "o1", "kind": "handshake", "factors": {}, "rung": "session", "status": 101, "close_code": None}
REFUSED = {**OBSERVED, "id": "o2", "factors": {"token": "garbage"}, "rung": "upgrade", "status": 403}


def case(name, outcome="passed", worth="positive"):
    return {"module": "m", "name": name, "outcome": outcome, "worth": worth if outcome == "passed" else None}


def diagnosis(verdict, *causes):
    observations = [OBSERVED, REFUSED] if verdict == "healthy" else [REFUSED]
    listed = [{"id": cause} for cause in causes]
    return {"verdict": verdict, "causes": listed, "candidates": [], "excluded": [], "observations": observations}


def whole_round(number, *cases, verdict="healthy", revision="rev-1", ms=(1.0, 2.0)):
    figure = {"name": "api_response_ms", "n": len(ms), "verdict": "met"}
    return {
        "report": {"round": number, "environment": "staging", "inputs": {"target": 1, "suite": 2}},
        "suite": {"cases": list(cases)},
        "diagnosis": diagnosis(verdict, *(["user-unknown"] if verdict == "proved" else [])),
        "logs": {"seen": {"revisions": [revision]}},
        "performance": {"figures": [figure]},
        "samples": [{"figure": "api_response_ms", "ms": value, "warmup": False, "loop": "closed"} for value in ms],
    }


def same(before, after):
    return {"change": 0.0, "interval": (-0.01, 0.01), "verdict": "no-difference", "because": f"{len(before)} and {len(after)}"}


def ms_of(rounds):
    return [row["ms"] for rows in rounds for row in rows]


BEFORE = whole_round(1, case("a", "failed"), case("b"), verdict="proved", revision="rev-0")
AFTER = whole_round(2, case("a"), case("b", worth="rejection"))


def claims(a, b, judge=same):
    return {claim["claim"]: claim for claim in compare_rounds(a, b, judge=judge)["claims"]}


def test_the_document_has_the_contracts_shape():
    """Rounds, cases, causes, figures and claims stand where the contract puts them."""
    document = compare_rounds(BEFORE, AFTER, judge=same)
    assert document["rounds"] == ["round-01", "round-02"]
    assert document["cases"]["fixed"] == ["m::a"]
    assert document["causes"] == {"opened": [], "excluded": [], "closed": ["user-unknown"]}
    assert document["figures"] == [
        {"name": "api_response_ms", "change": 0.0, "interval": [-0.01, 0.01], "verdict": "no-difference", "because": "1 and 1"}
    ]


def test_everything_is_granted_when_everything_was_seen():
    """A repair that the evidence carries gets every claim, with what carries it."""
    assert [claim["claim"] for claim in claims(BEFORE, AFTER).values() if not claim["granted"]] == []
    assert "rev-0 and rev-1" in claims(BEFORE, AFTER)["fixed"]["because"]


def without(key, value, of=AFTER):
    changed = deepcopy(of)
    place = changed
    *groups, last = key.split(".")
    for group in groups:
        place = place[int(group) if group.isdigit() else group]
    place[last] = value
    return changed


@pytest.mark.parametrize(
    ("key", "value", "missing"),
    [
        ("suite.cases.0.worth", "no-traffic", "without evidence"),
        ("suite.cases.0.worth", "any-answer", "without evidence"),
        ("suite.cases.0.worth", None, "without evidence"),
        ("suite.cases.0.outcome", "skipped", "no case that failed before"),
        ("report.inputs.target", 3, "the inputs differ: target"),
        ("report.inputs", None, "not known of both"),
        ("report.environment", "other", "different environments"),
        ("logs", None, "revision that answered is not known of round-02"),
    ],
)
def test_fixed_is_not_granted_without_all_that_it_needs(key, value, missing):
    """Same cases, same inputs, evidence and known revisions: each is missed by name."""
    claim = claims(BEFORE, without(key, value))["fixed"]
    assert not claim["granted"]
    assert missing in claim["because"]


def test_fixed_needs_a_bad_credential_that_is_still_refused():
    """A system that lets everyone in has not been repaired."""
    open_to_all = without("suite.cases.1.worth", "positive", without("diagnosis.observations", [OBSERVED]))
    assert claims(BEFORE, open_to_all)["fixed"]["because"] == "no bad credential was seen refused"


def test_a_case_that_demanded_a_refusal_is_a_negative_control():
    """A pass with evidence that saw a 401 keeps the claim, as a required rejection does."""
    open_to_all = without("suite.cases.1.worth", "positive", without("diagnosis.observations", [OBSERVED]))
    assert claims(BEFORE, without("suite.cases.1.statuses", [200, 401], open_to_all))["fixed"]["granted"]


def test_all_pass_is_not_granted_over_fewer_cases():
    """Taking the failing case away does not make all pass."""
    claim = claims(BEFORE, whole_round(2, case("b")))["all pass"]
    assert not claim["granted"]
    assert "m::a" in claim["because"]


def test_zero_cases_grant_nothing():
    """An empty suite passes nothing."""
    empty = claims(BEFORE, whole_round(2))
    assert [empty[claim]["granted"] for claim in ("fixed", "all pass", "nothing got worse")] == [False] * 3


@pytest.mark.parametrize(
    ("verdict", "granted"), [("healthy", True), ("proved", False), ("ambiguous", False), ("unreachable", False)]
)
def test_the_websocket_works_when_it_was_seen_accepted(verdict, granted):
    """Only a healthy diagnosis with an accepted configured handshake says so."""
    assert claims(BEFORE, whole_round(2, case("a"), verdict=verdict))["the WebSocket works"]["granted"] is granted


def test_healthy_without_an_observation_is_not_enough():
    """A verdict that no handshake carries grants nothing."""
    assert not claims(BEFORE, without("diagnosis.observations", [REFUSED]))["the WebSocket works"]["granted"]


@pytest.mark.parametrize(("verdict", "n"), [("missed", 30), ("undecided", 30), ("not-measured", 0), ("met", 0)])
def test_performance_is_met_only_when_measured_and_met(verdict, n):
    """One figure that is not met, or has no sample, withholds the claim."""
    changed = without("performance.figures", [{"name": "api_response_ms", "n": n, "verdict": verdict}])
    assert not claims(BEFORE, changed)["performance met"]["granted"]


def test_samples_are_judged_without_warm_up_failures_and_other_loops():
    """The judge gets measured milliseconds of one loop, and nothing that is not a measurement."""
    seen = []
    rows = [
        {"ms": 5.0, "warmup": True, "loop": "closed"},
        {"ms": float("nan"), "warmup": False, "loop": "closed"},
        {"ms": None, "warmup": False, "loop": "closed"},
        {"ms": 7.0, "warmup": False, "loop": "load"},
        {"ms": 3.0, "warmup": False, "loop": "closed"},
    ]
    changed = without("samples", [{"figure": "api_response_ms", **row} for row in rows])
    compare_rounds(BEFORE, changed, judge=lambda old, new: seen.append((ms_of(old), ms_of(new))) or same(old, new))
    assert seen == [([1.0, 2.0], [3.0])]


LOOPS = [(("closed", "load"), ("load",), 2), (("closed",), ("closed", "open"), 2), (("closed",), ("open",), 0)]


@pytest.mark.parametrize(("before", "after", "n"), LOOPS)
def test_samples_are_compared_within_a_loop_that_both_rounds_have(before, after, n):
    """A closed loop is never set against an open one, nor one user against many."""
    rounds = [[_sample(loop, ms) for loop in loops for ms in (1.0, 2.0)] for loops in (before, after)]
    seen = []
    first, second = ({**document, "samples": rows} for document, rows in zip((BEFORE, AFTER), rounds, strict=True))
    figure = compare_rounds(first, second, judge=lambda old, new: seen.append((ms_of(old), ms_of(new))) or same(old, new))[
        "figures"
    ][0]
    assert seen == ([([1.0, 2.0], [1.0, 2.0])] if n else [])
    assert n or figure["because"] == "n = 2 and 2: they are of different loops"


def _sample(loop, ms):
    return {"figure": "api_response_ms", "ms": ms, "warmup": False, "loop": loop}


def test_a_number_that_nobody_measured_is_not_met():
    """A figure that the ledger calls no measurement grants no claim, however good its digits are."""
    entry = {"figure": "api_response_ms", "label": "not a measurement", "because": "there is no raw file"}
    claim = claims(BEFORE, {**AFTER, "ledger": [entry]})["performance met"]
    assert not claim["granted"]
    assert "not a measurement: there is no raw file" in claim["because"]


def test_a_figure_that_one_round_did_not_measure_is_undecided():
    """Nothing to compare is said with both n."""
    figure = compare_rounds(BEFORE, without("samples", []), judge=same)["figures"][0]
    assert (figure["verdict"], figure["change"], figure["because"]) == (
        "undecided",
        None,
        "n = 2 and 0: there is nothing to compare",
    )


def test_flakiness_says_how_many_runs_it_rests_on():
    """A flaky case carries its number of runs."""
    flaky = whole_round(2, case("a"), case("a", "failed"), case("a"))
    assert compare_rounds(AFTER, flaky, judge=same)["flaky_runs"] == {"m::a": {"runs": 4, "failed": 1}}


def test_rounds_that_left_nothing_are_compared_without_a_claim():
    """Two empty records give a document, and no claim at all."""
    document = compare_rounds({}, {}, judge=same)
    assert not any(claim["granted"] for claim in document["claims"])


def test_earlier_runs_of_the_same_round_are_counted():
    """A round that was run again is judged together with its earlier runs, each a round of its own."""
    seen = []
    repeated = {**AFTER, "repeats": [AFTER["samples"], []]}
    compare_rounds(BEFORE, repeated, judge=lambda old, new: seen.append((len(old), len(new))) or same(old, new))
    assert seen == [(1, 2)]
