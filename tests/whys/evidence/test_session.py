"""What a session said before it was granted, as features and words."""

from __future__ import annotations

from typing import Any

import pytest

from lib.facts import Observation
from lib.whys.evidence.elimination import alive
from lib.whys.evidence.features import learned
from lib.whys.evidence.refusal import Refusal
from lib.whys.evidence.server_answer import Answer, Sent
from lib.whys.evidence.server_words import said_by
from lib.whys.evidence.session import wants_a_first_message
from tests.whys.evidence.test_stated import log_of


def refused(*, close_code: int | None = None, body: str = "", **finding: Any) -> Observation:
    return Observation(
        id="h1",
        kind="handshake",
        factors={},
        rung="session",
        status=101,
        close_code=close_code,
        body_excerpt=body,
        finding={"granted": False, **finding},
    )


def features(seen: Observation, **context: Any) -> set[str]:
    return set(learned(Refusal(log_of(seen, **context))))


def test_a_session_refused_on_an_open_socket_is_no_crash() -> None:
    """No close came, and nothing failed: it was refused by a word, or by silence."""
    assert not refused().accepted
    found = features(refused(body='{"type":"error"}'))
    assert {"session-not-granted", "refused-on-an-open-socket", "accepted-then-ended"} <= found
    assert "ended-by-a-crash" not in found
    assert not {"closed-after-accept", "crash-after-accept", "idle-closed"} & set(alive(log_of(refused())))


def test_a_close_before_the_grant_leaves_both_open_and_one_after_it_does_not() -> None:
    """Closed by a decision before it was granted: what happened, or the first message; granted first: no first message."""
    before, after = (alive(log_of(refused(close_code=4403, **more))) for more in ({}, {"granted_ms": 3.0}))
    assert {"closed-after-accept", "first-message-missing"} <= set(before)
    assert "first-message-missing" not in after


def test_no_edge_takes_a_credential_out_of_a_message() -> None:
    """Carried by a message, it is not what an edge strips; carried by a header, it may be."""
    assert "edge-strips-credential" not in alive(log_of(refused(), carrier="message"))
    assert "edge-strips-credential" in alive(log_of(refused(), carrier="authorization"))


@pytest.mark.parametrize(
    ("headers", "frames", "wants"),
    [
        ({"sec-websocket-protocol": "graphql-transport-ws"}, (), True),
        ({"sec-websocket-protocol": "actioncable-v1-json"}, ('← {"type":"welcome"}',), True),
        ({}, ('← 0{"sid":"a","pingInterval":25000}',), True),
        ({}, ('← {"type":"auth_required","ha_version":"2026"}',), True),
        ({}, ("← please log in",), True),
        ({"sec-websocket-protocol": "chat.v1"}, ('← {"type":"tick","n":1}',), False),
        ({}, (), False),
    ],
)
def test_who_wants_a_first_message_shows_it(headers: dict[str, str], frames: tuple[str, ...], wants: bool) -> None:
    """By the subprotocol that its clients open, or by a first frame that asks."""
    seen = Observation(
        id="h1", kind="handshake", factors={}, rung="session", status=101, headers=headers, finding={"frames": frames}
    )
    assert wants_a_first_message(seen) is wants


@pytest.mark.parametrize(("reason", "named"), [("Invalid message received", "first-message-missing"), ("bad JWT", None)])
def test_4400_speaks_of_the_message_where_graphql_is_spoken(reason: str, named: str | None) -> None:
    """It is the protocol's code for a message that it does not take, unless the reason speaks of a credential."""
    answer = Answer(status=101, close_code=4400, close_reason=reason)
    assert said_by(answer, Sent(session="graphql-transport-ws")).stated == named
    assert said_by(answer, Sent()).stated is None
