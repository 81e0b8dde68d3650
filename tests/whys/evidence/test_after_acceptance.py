"""What accepted handshakes state all the same."""

from __future__ import annotations

from typing import Any

from lib.facts import Observation
from lib.whys.evidence.after_acceptance import found_after_acceptance
from tests.whys.evidence.test_stated import log_of


def opened(**more: Any) -> Observation:
    return Observation(id="h1", kind="handshake", factors={}, rung="session", status=101, **more)


def test_an_offer_without_an_answer_is_told() -> None:
    """Offered and not named in the 101; where one is named, or none was offered, nothing is told."""
    (words,) = found_after_acceptance(log_of(opened(), subprotocols=("chat.v1",)))
    assert (words.causes, "chat.v1" in words.quote) == (("subprotocol-unanswered",), True)
    answered = opened(headers={"sec-websocket-protocol": "chat.v1"})
    assert found_after_acceptance(log_of(answered, subprotocols=("chat.v1",))) == ()
    assert found_after_acceptance(log_of(opened())) == ()


def test_a_close_that_asks_for_a_first_message_is_told() -> None:
    """4408 some time after the acceptance; an ordinary close says nothing."""
    waited = opened(close_code=4408, finding={"close_reason": "Connection initialisation timeout", "open_ms": 3000.0})
    (words,) = found_after_acceptance(log_of(waited))
    assert (words.causes, "after 3.0 s" in words.quote) == (("first-message-missing",), True)
    assert found_after_acceptance(log_of(opened(close_code=1000, finding={"open_ms": 3000.0}))) == ()
