"""What `session` may hold is checked before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from lib.parameters import loading as params
from lib.parameters.loading import BadInput

GOOD = [
    {"protocol": "graphql-transport-ws", "payload": {"Authorization": "Bearer {token}"}},
    {"protocol": "socket.io", "payload": {"token": "{token}"}, "channel": "/chat"},
    {"protocol": "actioncable", "channel": "ChatChannel", "payload": {"api_key": "env:CABLE_KEY"}},
    {
        "send": ['{"type":"auth","token":"{token}"}'],
        "expect": {"type": "ok"},
        "refuse": {"text": "no", "close": [4401]},
        "timeout_s": 2,
    },
    {"send": [{"type": "auth", "token": "{token}"}, "hello"]},
]
BAD = {
    "session": [
        {},
        {"protocol": "socket.io", "send": ["hello"]},
        {"send": ["hello"], "payload": {}},
        {"protocol": "graphql-transport-ws", "channel": "x"},
        {"protocol": "actioncable", "payload": {"a": 1}},
        {"protocol": "socket.io", "expect": "ok"},
        {"protocol": "socket.io", "payload": {"token": "a-token-written-down"}},
        {"protocol": "socket.io", "payload": {"accessToken": "kJ8sQ2mZ4xT7vB1n"}},
        {"protocol": "socket.io", "payload": {"password": "short"}},
        {"protocol": "socket.io", "payload": {"password": 1234567890}},
        {"send": ['{"token":"a-token-written-down"}']},
        {"send": ["AUTH eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"]},
        "hello",
    ],
    "session.protocol": [{"protocol": "mqtt"}],
    "session.send.0": [{"send": [""]}, {"send": [{}]}],
    "session.expect": [{"send": ["a"], "expect": 5}, {"send": ["a"], "expect": ""}],
    "session.refuse.close.0": [{"send": ["a"], "refuse": {"close": [99]}}],
    "session.timeout_s": [{"send": ["a"], "timeout_s": 0}],
    "session.wait": [{"send": ["a"], "wait": 1}],
}


@pytest.mark.parametrize("session", GOOD)
def test_what_can_be_said_is_accepted(session: dict[str, Any]) -> None:
    """A preset or a free form, handed on as JSON and read again, is the same."""
    loaded = params.load("staging", {"session": session})
    assert params.validated(loaded.model_dump(mode="json", by_alias=True), "again") == loaded


@pytest.mark.parametrize(("key", "session"), [(key, session) for key, sessions in BAD.items() for session in sessions])
def test_what_cannot_be_meant_is_refused_by_its_key(key: str, session: Any) -> None:
    """One sentence names the key and what is accepted, and no credential that was written down."""
    with pytest.raises(BadInput) as refused:
        params.load("staging", {"session": session})
    said = str(refused.value)
    assert said.startswith(f"{key} (")
    assert "written-down" not in said
    assert "eyJ" not in said


def test_the_carrier_message_needs_a_session_with_a_place_for_the_token() -> None:
    """Configured or among the alternatives, it says where it is named and what is missing."""
    for key, value in (("token.carrier", "message"), ("alternatives.carriers", ["query", "message"])):
        for session in (None, {"protocol": "socket.io"}):
            with pytest.raises(BadInput, match=r"(?:token\.carrier|alternatives\.carriers\.1).*session"):
                params.load("staging", {key: value, "session": session})
        params.load("staging", {key: value, "session": GOOD[0]})
