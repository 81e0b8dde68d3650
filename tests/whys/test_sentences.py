"""A diagnosis's document in sentences: what works, what is certain of it, what to do next."""

from __future__ import annotations

from typing import Any

import pytest

from lib.whys.sentences import (
    RAN_OUT,
    accepted,
    budget_spent,
    cause_name,
    expired,
    explained_by,
    left_open,
    next_step,
    offline,
    unread,
    works_with,
)


def narrowed(**changes: Any) -> dict[str, Any]:
    """A joint change, of which one half is certain."""
    works = {
        "changes": {"origin": "https://app.example", "user": "ann"},
        "accepted": 4,
        "refused": 0,
        "without": {"origin": {"accepted": 0, "refused": 3}, "user": {"accepted": 0, "refused": 4}},
        "explained_by": {"origin": ["origin-refused"], "user": ["user-unknown", "user-inactive"]},
        "placebo": "h9",
    }
    candidates = ["origin-refused", "user-unknown", "user-inactive"]
    return {"verdict": "narrowed", "works_with": works | changes, "candidates": candidates, "next_probe": None}


def test_what_works_is_said_with_its_counts() -> None:
    """The values as shown, how often they were accepted, and what came of it without each."""
    said = works_with(narrowed())
    assert said == ("works with: Origin: https://app.example + user: ann (4 of 4); neither alone (0 of 7)")


def test_the_certain_half_is_named() -> None:
    """A part that one cause explains is certain, the other is one of several."""
    assert explained_by(narrowed()) == ["origin: certainly origin-refused", "user: one of user-unknown, user-inactive"]


def test_a_change_that_nothing_explains_is_said_to_be_one() -> None:
    """No cause of the catalogue is made up for it."""
    said = explained_by(narrowed(explained_by={"query.v": []}))
    assert said == ["query.v: no cause of the catalogue explains why it helps"]


def test_what_is_left_open() -> None:
    """Narrowed begins with what is proved, ambiguous with what is open."""
    assert left_open(narrowed()).startswith("narrowed: with origin, user changed it works, proved; one of origin-refused")
    assert left_open({"verdict": "ambiguous", "candidates": []}) == "ambiguous: the evidence leaves no known cause open"


def test_the_next_step_can_be_done() -> None:
    """Parameters to set or a command to run, with how to read the outcome; a sentence of an earlier version as it is."""
    probe = {"set": {"alternatives.users": ["ann"]}, "splits": ["user-unknown"], "reads": "accepted: it is the user"}
    assert next_step({"next_probe": probe}) == "run it again with -p alternatives.users '[\"ann\"]' (accepted: it is the user)"
    assert next_step({"next_probe": {"command": ["kubectl", "logs"], "splits": [], "reads": "why"}}) == "run kubectl logs (why)"
    assert next_step({"next_probe": "Ask again."}) == "Ask again."
    assert next_step({"next_probe": None}) is None


def test_a_header_is_called_by_its_own_name() -> None:
    """A tenant header is no bypass key to whoever reads that it is missing."""
    document = narrowed(changes={"headers.X-Tenant": "acme-eu"}, without={"headers.X-Tenant": {"accepted": 0, "refused": 4}})
    assert works_with(document) == "works with: X-Tenant: acme-eu (4 of 4); without it 0 of 4"
    assert cause_name(document, "bypass-key") == "bypass-key (the header X-Tenant)"


def test_what_was_left_out_is_told() -> None:
    """An alternative that cannot be read, and what a token says of itself; what was not sent later is no such finding."""
    told = [("o1", {"left out": "alternatives.secrets.0"}, "left out: env:X is not set"), ("u1", {"path": "/x"}, "not sent")]
    seen = [{"kind": "offline", "id": name, "factors": factors, "body_excerpt": words} for name, factors, words in told]
    assert offline({"observations": seen}) == ["left out alternatives.secrets.0: env:X is not set"]


def test_logs_and_records_that_could_not_be_read_are_told_apart() -> None:
    """Each by itself, and not once more among the alternatives."""
    left = {"logs": "left out: PERMISSION_DENIED", "evidence.users": "left out: no such table"}
    seen = [{"kind": "offline", "id": "o1", "factors": {"left out": name}, "body_excerpt": why} for name, why in left.items()]
    assert [said.rpartition(": ")[2] for said in unread({"observations": seen})] == ["PERMISSION_DENIED", "no such table"]
    assert offline({"observations": seen}) == []


def test_a_token_whose_time_was_over_is_said_with_its_observation() -> None:
    """What a token that is sent says of its end; other tokens, and one that is good, are no such sentence."""
    told = [
        ("o1", {"token": "as sent (token)"}, "it has been expired for 7203 s: jwt:12 alg=HS256"),
        ("o2", {"token": "as sent (cookie session)"}, "jwt:34 alg=HS256 exp in 30 s"),
        ("o3", {"token": "issued"}, "it has been expired for 5 s: jwt:56"),
    ]
    told.append(("o4", {"token": RAN_OUT}, "the token ran out 20 s into the diagnosis: …"))
    seen = [{"kind": "offline", "id": name, "factors": factors, "body_excerpt": words} for name, factors, words in told]
    assert expired({"observations": seen}) == [
        ("The token ran out 20 s into the diagnosis: …", "o4"),
        ("The token that is sent (token) had been expired for 7203 s", "o1"),
    ]


@pytest.mark.parametrize(
    ("session", "bare", "said"),
    [
        ("granted", "refused", "the configured handshake is accepted and its session granted"),
        ("granted", "accepted", "the configured handshake is accepted and its session granted, with or without a credential"),
        ("not-exercised", "refused", "accepted; the session's own authentication was not exercised"),
        ("not-asked", "refused", "the configured handshake is accepted"),
    ],
)
def test_healthy_claims_of_the_session_what_was_seen(session: str, bare: str, said: str) -> None:
    """Granted where it was, not exercised where a first message is waited for, and nothing where nothing shows one."""
    assert accepted({"healthy": {"session": session, "without_credential": bare}}) == said


def test_a_spent_budget_says_what_carries_more() -> None:
    """Its part and the parameter; a diagnosis that asked everything says nothing."""
    assert budget_spent({}) is None
    assert budget_spent({"budget_spent": {"seconds": 60.0}}) == (
        "the budget of 60 s did not carry all that would have been asked (-p budget.seconds 120 asks on)"
    )
