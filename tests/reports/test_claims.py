"""What a round asserts, and what becomes of it in the next."""

from __future__ import annotations

import pytest

from lib.reports.claims import inputs
from lib.reports.report import round_report
from tests import sample_round as sample


def report(number=1, *, earlier=None, parameters=None, **documents):
    return round_report(parameters=parameters or sample.parameters(), round_number=number, earlier=earlier, **documents)


def holds(document):
    return {claim["claim"]: claim["holds"] for claim in document["claims"]}


def test_what_was_not_looked_at_is_not_asserted():
    """Without its documents a round asserts nothing, and denies nothing."""
    assert set(holds(report()).values()) == {None}


def test_claims_hold_with_their_evidence():
    """Accepted handshake, passing cases and met objectives are asserted where they were seen."""
    found = report(
        diagnosis=sample.diagnosis("healthy", excluded=[]),
        suite=sample.suite(sample.case("m", "a")),
        performance=sample.performance(api_response_ms="met"),
    )
    assert set(holds(found).values()) == {True}
    assert found["claims"][0]["evidence"] == ["whys-1"]


def test_a_round_says_what_changed_since_the_last():
    """Repaired cases and closed causes are named, with their ids."""
    first = report(suite=sample.suite(sample.case("m", "a", "failed"), sample.case("m", "b")), diagnosis=sample.diagnosis())
    second = report(
        2, earlier=first, suite=sample.suite(sample.case("m", "a"), sample.case("m", "b")), diagnosis=sample.diagnosis("healthy")
    )
    assert second["changes"]["round"] == 1
    assert second["changes"]["cases"]["fixed"] == ["m::a"]
    assert second["changes"]["causes"]["closed"] == ["secret-mismatch", "user-unknown"]
    assert [sentence["text"] for sentence in second["changes"]["sentences"]] == [
        "Cases that failed and pass now: 1.",
        "Causes no longer there: secret-mismatch, user-unknown.",
    ]


def test_the_first_round_has_no_changes():
    """Without a round before, there is nothing to say of changes."""
    assert report()["changes"] is None


def test_another_environment_is_not_compared():
    """A report of another environment changes and retracts nothing."""
    first = report(suite=sample.suite(sample.case("m", "a")))
    second = report(2, earlier={**first, "environment": "other"}, suite=sample.suite(sample.case("m", "a", "failed")))
    assert second["changes"]["cases"] == {}
    assert second["retracted"] == []


def test_changed_inputs_stand_beside_the_changes():
    """Where something else was sent, a change may come from that, and the report says so."""
    first = report(suite=sample.suite())
    second = report(2, earlier=first, suite=sample.suite(), parameters=sample.parameters(headers={"X-A": "1"}))
    assert "What was sent differs from the round before in: headers" in str(second["changes"]["sentences"])


def test_an_earlier_claim_that_fails_now_is_retracted():
    """What a round said and the next one's evidence denies is named, with that evidence."""
    first = report(diagnosis=sample.diagnosis("healthy"), suite=sample.suite(sample.case("m", "a")))
    second = report(2, earlier=first, suite=sample.suite(sample.case("m", "a", "failed")))
    assert second["retracted"] == [
        {
            "claim": "all cases pass",
            "text": "round 1 said so; in round 2 it does not hold",
            "evidence": ["m::a"],
            "evidence_n": 1,
        }
    ]


@pytest.mark.parametrize(("strength", "retracted"), [("inferred", ["secret-mismatch refuses the handshake"]), ("proved", [])])
def test_a_guess_is_retracted_and_a_proof_is_repaired(strength, retracted):
    """A cause that a later round excludes was wrong where it was only inferred, and repaired where it was proved."""
    first = report(diagnosis=sample.diagnosis(strength))
    second = report(
        2, earlier=first, diagnosis=sample.diagnosis("ambiguous", excluded=[{"id": "secret-mismatch", "by": ["whys-9"]}])
    )
    assert [claim["claim"] for claim in second["retracted"]] == retracted


def test_inputs_do_not_depend_on_a_local_port():
    """The built-in system has another port in each run; a staging host's port is part of its address."""
    local = [inputs(sample.parameters(target={"ws_url": f"ws://127.0.0.1:{port}/ws", "rest_url": None})) for port in (1, 2)]
    remote = [inputs(sample.parameters(target={"ws_url": f"wss://api.example:{port}/ws", "rest_url": None})) for port in (1, 2)]
    assert local[0] == local[1]
    assert remote[0] != remote[1]


def test_what_was_not_looked_at_is_not_called_unchanged():
    """A round without a suite or a diagnosis says that it compares none, and not that nothing changed."""
    first = report(suite=sample.suite(), diagnosis=sample.diagnosis())
    texts = [one["text"] for one in report(2, earlier=first, diagnosis=sample.diagnosis())["changes"]["sentences"]]
    assert texts == ["No cause changed since the round before.", "Cases are not compared: the suite was not run in round 2."]
    assert report(2, earlier=first, diagnosis=sample.diagnosis())["changes"]["cases"]["removed"] == []
