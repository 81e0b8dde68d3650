"""What evidence ids stand for: the bytes that were sent and answered, and the servers' lines of them."""

from __future__ import annotations

from lib.reports.observed import MAX_CASES, cited_in, observed
from tests import sample_round as sample

TRACE = "a" * 32


def found(**given):
    """Everything of a made-up round, by id."""
    exchange = sample.exchange("x1", of="probe", trace_id=TRACE, request_headers=(("origin", "https://a"),), body_excerpt="no")
    diagnosis = sample.diagnosis()
    diagnosis["observations"][0]["trace_id"] = TRACE
    entries = [
        {"insert_id": "i1", "timestamp": "t", "severity": "ERROR", "layer": "application", "text": "refused", "trace_id": TRACE}
    ]
    whole = {"diagnosis": diagnosis, "exchanges": [exchange], "entries": entries, "suite": sample.suite()}
    whole |= {"performance": sample.performance(), "cited": ["x1", "i1"]} | given
    return {one["id"]: one for one in observed(**whole)}


def test_an_observation_has_its_request_answer_and_log_lines():
    """What was sent stands beside what was answered, joined by the trace."""
    card = found()["whys-1"]
    assert card["request"][:2] == [f"GET {sample.WS_URL}", "origin: https://a"]
    assert card["answer"][0] == "HTTP 403"
    assert "no" in card["answer"]
    assert card["log"] == ["t ERROR application [i1] refused"]


def test_an_observation_without_an_exchange_still_says_what_it_saw():
    """A diagnosis read from elsewhere has no exchange beside it."""
    card = found(exchanges=[])["whys-1"]
    assert card["request"] == []
    assert "status: 403" in card["answer"]


def test_only_what_is_cited_is_shown_of_exchanges_and_entries():
    """Thousands of others stay in the record's own files."""
    assert {"x1", "i1", "api_response_ms", "test_1_websocket_events_staging::test_health_check"} <= set(found())
    assert {"x1", "i1"} & set(found(cited=[])) == set()


def test_every_sentence_of_a_report_is_searched_for_ids():
    """Evidence is found however deep it stands."""
    report = {"a": [{"evidence": ["h1"]}], "b": {"exchanges": ["x1"], "incidents": [{"insert_ids": ["i1"]}]}}
    assert list(cited_in(report)) == ["h1", "x1", "i1"]


def test_a_session_shows_its_first_frames():
    """What was said and heard, and whether it was granted, stand in the answer; an outcome without a close says so."""
    frames = ("→ 40{}", '← 44{"message":"no"}')
    refused = sample.exchange("x1", of="probe", trace_id=TRACE, rung="session", status=101, granted=False, frames=frames)
    card = found(exchanges=[refused])["whys-1"]
    assert [line for line in card["answer"] if line in frames] == list(frames)
    assert "the session was not granted" in card["answer"]
    assert found(exchanges=[refused])["x1"]["outcome"] == "session refused"


def test_of_very_many_cases_those_have_cards_that_tell_most():
    """A page is bounded: what is cited and some of each kind of failure stand on it, and how many more there are is said."""
    cases = [sample.case("m", f"test_{n}", "failed", signature=f"kind {n % 3}") for n in range(1260)]
    cards = found(suite=sample.suite(*cases), cited=["m::test_1259"])
    shown = [one for one in cards.values() if one["kind"] == "case"]
    assert len(shown) == MAX_CASES + 1
    assert {"m::test_0", "m::test_1", "m::test_2", "m::test_1259"} <= cards.keys()
    assert cards["further-cases"]["said"] == f"{1260 - MAX_CASES} further cases are in data/suite.json alone"


def test_what_was_found_without_asking_is_told_by_its_words():
    """A log entry or a row of a database is what it says, not which factors it was filed under."""
    diagnosis = sample.diagnosis()
    entry = {"id": "l1", "kind": "log", "factors": {"layer": "edge"}, "rung": None, "status": None, "close_code": None}
    diagnosis["observations"].append({**entry, "body_excerpt": "JWT validation failed"})
    assert found(diagnosis=diagnosis)["l1"]["said"] == "JWT validation failed"


def test_a_figure_leads_to_its_samples_and_a_module_to_its_cases():
    """Whoever doubts a number sees the rows that it was computed from, failures among them."""
    row = {"figure": "api_response_ms", "at": "t", "ms": 4.2, "warmup": False, "error": None, "trace_id": TRACE}
    refused = {**row, "ms": None, "error": "refused (403)"}
    cards = found(samples=[row, refused, {**row, "figure": "other"}] + [row] * 200)
    assert f"t 4.200 ms trace {TRACE}" in cards["api_response_ms"]["answer"]
    assert f"t no answer (refused (403)) trace {TRACE}" in cards["api_response_ms"]["answer"]
    assert cards["api_response_ms"]["answer"][-1] == "and 102 further rows"
    module = cards["test_1_websocket_events_staging"]
    assert (module["said"], module["outcome"]) == ("2 failed, 1 passed", "failed")
    assert "passed test_health_check" in module["answer"]
