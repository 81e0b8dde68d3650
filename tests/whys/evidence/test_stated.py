"""What the server said of refusals, less what observations refute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lib.facts import Observation
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.stated import heard
from tests.whys.world import context


def refusal(number: int, body: str, status: int | None = 403, **more: Any) -> Observation:
    return Observation(id=f"h{number}", kind="handshake", factors={}, rung="upgrade", status=status, body_excerpt=body, **more)


def log_of(*seen: Observation, **changed: Any) -> ObservationLog:
    log = ObservationLog(replace(context(), **changed))
    log.add(seen)
    return log


def test_words_that_come_each_time_are_a_statement():
    """Two refusals in the same words state one cause, with both as evidence and the words as they stand."""
    words = heard(log_of(refusal(1, "Invalid audience"), refusal(2, "Invalid audience"))).plain
    assert words is not None
    assert (words.causes, words.quote, words.evidence) == (("audience-mismatch",), "Invalid audience", ("h1", "h2"))


def test_words_that_change_or_come_once_say_nothing():
    """A server that gives another reason each time has not looked at this handshake."""
    assert heard(log_of(refusal(1, "Invalid audience"), refusal(2, "Unknown user"))).plain is None
    assert heard(log_of(refusal(1, "Invalid audience"), refusal(2, "Forbidden"))).plain is None


def test_a_handshake_without_an_answer_takes_no_words_back():
    """The last one may have been cut off by the end of the budget: what the others say stands."""
    cut_off = replace(refusal(3, "", None), rung="http", finding={"error": "no answer within 0.1 s"})
    words = heard(log_of(refusal(1, "Invalid audience"), refusal(2, "Invalid audience"), cut_off)).plain
    assert words is not None
    assert words.causes == ("audience-mismatch",)


def test_words_that_an_observation_refutes_are_kept_with_what_refutes_them():
    """No credential was sent, so that an expired one cannot be what it is."""
    told = heard(log_of(refusal(1, "Token has expired"), credential="none"))
    assert told.plain is None
    assert [(one.causes, one.refuted) for one in told.refuted] == [(("token-expired",), ("h1",))]


def test_rest_speaks_of_the_same_credential():
    """A profile that is inactive states what the WebSocket does not say; a profile that is in order says nothing."""
    profile = Observation(
        id="r1", kind="rest", factors={"request": "protected"}, rung="http", status=200, body_excerpt='{"active": false}'
    )
    fine = replace(profile, body_excerpt='{"active": true}')
    assert heard(log_of(refusal(1, "Forbidden"), profile)).plain.causes == ("user-inactive",)
    assert heard(log_of(refusal(1, "Forbidden"), fine)).plain is None
