"""Two rounds side by side: a claim is granted when all that it needs was seen, and otherwise says what is missing."""

from __future__ import annotations

from copy import deepcopy

import pytest

from lib.reports.compare import compare_rounds

OBSERVED = {"id": "o1", "kind": "handshake", "factors": {}, "rung": "session", "status": 101, "close_code": None}
REFUSED = {**OBSERVED, "id": "o2", "factors": {"credential": "garbage"}, "rung": "upgrade", "status": 403}


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
        {
            "name": "api_response_ms",
            "change": 0.0,
            "interval": [-0.01, 0.01],
            "verdict": "no-difference",
            "because": "1 and 1",
            "rounds_needed": None,
        }
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


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"logs": {"seen": {"revisions": ["rev-0"]}}}, "revision is the same as before: rev-0"),
        ({"logs": {"seen": {"revisions": ["rev-0", "rev-1"]}}}, "revision of before still answers: rev-0"),
        ({"suite": {"cases": AFTER["suite"]["cases"], "sources": {"m.py": "2", "conftest.py": "2"}}}, "conftest.py was changed"),
        ({"state": {"touched": ["data/logs.json"]}}, "round-02 is not as it was sealed"),
    ],
)
def test_what_fails_no_more_is_called_fixed_only_where_the_claim_is_granted(changed, missing):
    """Without another revision, the same case or a sound record the case is listed as passing now, and why it is no more."""
    before = {**BEFORE, "suite": {**BEFORE["suite"], "sources": {"m.py": "2", "conftest.py": "1"}}}
    document = compare_rounds(before, {**AFTER, **changed}, judge=same)
    assert (document["cases"]["fixed"], document["cases"]["passing_now"]) == ([], ["m::a"])
    assert missing in document["claims"][0]["because"]


def test_one_let_in_without_a_good_credential_outweighs_all_that_were_refused():
    """A negative control holds where every bad credential is refused, not where one is."""
    let_in = {**OBSERVED, "id": "o3", "factors": {"credential": "none"}}
    open_to_some = without("diagnosis.observations", [OBSERVED, REFUSED, let_in])
    assert claims(BEFORE, open_to_some)["fixed"]["because"] == "a handshake without a good credential was accepted (o3)"


def test_a_withdrawn_claim_counts_for_nothing():
    """A cause that was withdrawn neither closes nor opens, and what was withdrawn grants nothing."""
    said = {"claim": "user-unknown refuses the handshake", "because": "another stack"}
    document = compare_rounds({**BEFORE, "retracted": [said]}, AFTER, judge=same)
    assert document["causes"]["closed"] == []
    assert document["remarks"] == ["withdrawn of round-01: user-unknown refuses the handshake (another stack)"]
    works = {"claim": "the configured handshake is accepted", "because": "it was the staging of another team"}
    claim = claims(BEFORE, {**AFTER, "retracted": [works]})["the WebSocket works"]
    assert not claim["granted"]
    assert "another team" in claim["because"]


def test_sessions_that_the_server_closed_all_do_not_work():
    """Accepted handshakes beside sessions that were refused, every one of them, are no working WebSocket."""
    closed = without("report.sessions", {"all_closed": True, "text": "2 sessions were opened, and the server closed 2 of them."})
    assert not claims(BEFORE, closed)["the WebSocket works"]["granted"]


@pytest.mark.parametrize(
    ("changed", "loop", "why"),
    [
        ({"report": {**AFTER["report"], "environment": "eu"}}, "closed", "different environments"),
        ({"report": {**AFTER["report"], "inputs": {"target": {"rest_url": "b"}}}}, "closed", "targets (target.rest_url)"),
        ({"performance": {"figures": [{"name": "api_response_ms", "n": 2, "verdict": "met", "asked": "GET /health"}]}}, "closed",
         "by other means: GET /me, then GET /health"),
        ({"settings": {"rate_per_s": 50}}, "open", "in another way (rate_per_s None, then 50)"),
    ],
)  # fmt: skip
def test_figures_that_answer_different_questions_are_neither_better_nor_worse(changed, loop, why):
    """Another target, another request or another rate: the difference is shown, and no change is claimed."""
    before = {**BEFORE, "report": {**BEFORE["report"], "inputs": {"target": {"rest_url": "a"}}}}
    before["performance"] = {"figures": [{"name": "api_response_ms", "n": 2, "verdict": "met", "asked": "GET /me"}]}
    rows = [_sample(loop, ms) for ms in (1.0, 2.0)]
    worse = {"change": 1.0, "interval": (0.8, 1.2), "verdict": "worse", "because": "+100%", "rounds_needed": 3}
    document = compare_rounds({**before, "samples": rows}, {**before, **changed, "samples": rows}, judge=lambda *_: worse)
    (figure,) = document["figures"]
    assert (figure["verdict"], figure["change"], figure["rounds_needed"]) == ("undecided", 1.0, None)
    assert why in figure["because"]
