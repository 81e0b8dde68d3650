"""Sessions that authenticate by message: strawberry's GraphQL, python-socketio, Action Cable's JSON, and a free form.

Every handshake gets its 101, with whatever token; what the session then says is what counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, System

GRAPHQL = {"protocol": "graphql-transport-ws", "payload": {"Authorization": "Bearer {token}"}}
SOCKET_IO = {"protocol": "socket.io", "payload": {"token": "{token}"}}
CABLE = {"protocol": "actioncable", "channel": "ChatChannel", "payload": {"token": "{token}"}}
FREE = {"send": ['{"type":"auth","token":"{token}"}'], "expect": {"type": "auth_ok"}, "timeout_s": 2}
PROTOCOLS = {
    "graphql": ("/graphql", GRAPHQL),
    "socket.io": ("/socket.io/", SOCKET_IO),
    "namespace": ("/socket.io/", {**SOCKET_IO, "channel": "/chat"}),
    "cable": ("/cable", CABLE),
    "free": ("/ws", FREE),
}
CLAIMS = {"iss": "login", "aud": "sockets"}
WORDS = {"InvalidSignatureError": "Signature verification failed", "InvalidAudienceError": "Audience does not match"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One server for all; refusals have no words but for two."""
    folder: Path = tmp_path_factory.mktemp("sessions")
    started = Started(folder)
    demands = {"key": KEY, "issuer": "login", "audience": "sockets"}
    yield started.python("sessions", demands=demands, init_within_s=0.8, words=WORDS)
    started.stop()


def asked(ask: Ask, server: System, protocol: str, *, path: str = "", truth: tuple[str, ...], **groups: Any) -> Any:
    """The command's answer about one protocol, with the token in its message unless something else is said."""
    where, session = PROTOCOLS[protocol]
    token = {"carrier": "message", "claims": CLAIMS, **groups.pop("token", {})}
    target = {"ws_url": f"ws://{server.authority}{path or where}", "watch_s": 1, "timeout_s": 3}
    groups = {"budget": {"seconds": 60}, **groups}  # a busy machine needs most of it
    return ask(server, truth=truth, target=target, token=token, session=groups.pop("session", session), **groups)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_right_token_is_granted(server: System, ask: Ask, protocol: str) -> None:
    """Healthy says that the session was granted, and that it is refused without a credential."""
    answer = asked(ask, server, protocol, truth=())
    answer.is_healthy()
    assert (answer.healthy["session"], answer.healthy["without_credential"]) == ("granted", "refused")
    assert "its session granted" in answer.text


WRONG = [
    ("graphql", "secret-mismatch", {"secret": "env:FOREIGN_OTHER_KEY"}, {"secrets": ["env:FOREIGN_KEY"]}, 4403),
    ("socket.io", "issuer-mismatch", {"claims": {**CLAIMS, "iss": "other"}}, {"claims": {"iss": ["login"]}}, None),
    ("cable", "audience-mismatch", {"claims": {**CLAIMS, "aud": "other"}}, {"claims": {"aud": ["sockets"]}}, None),
    ("free", "token-expired", {"claims": {**CLAIMS, "exp": 1_000_000}}, {}, None),
]


@pytest.mark.parametrize(("protocol", "cause", "token", "alternatives", "code"), WRONG)
def test_the_right_value_is_proved_inside_the_session(server, ask, protocol, cause, token, alternatives, code) -> None:
    """Wrong key, issuer, audience or time: the change that the session grants is proved, with a minimal pair."""
    answer = asked(ask, server, protocol, truth=(cause,), token=token, alternatives=alternatives)
    answer.proves(cause)
    assert (answer.symptom["rung"], answer.symptom["status"], answer.symptom["close_code"]) == ("session", 101, code)


def test_the_token_is_moved_into_the_message(server: System, ask: Ask) -> None:
    """Carried by a header where the session reads its own message: the carrier, or an edge that eats the header."""
    answer = asked(
        ask,
        server,
        "socket.io",
        truth=("credential-carrier",),
        token={"carrier": "authorization"},
        alternatives={"carriers": ["query", "message"]},
    )
    answer.narrows_to("credential-carrier", "edge-strips-credential")
    assert answer.works_with["changes"] == {"carrier": "message"}


@pytest.mark.parametrize("how", ["", "?how=close"])
def test_what_the_session_says_is_read(server: System, ask: Ask, how: str) -> None:
    """With nothing to try the words of its frame, or of its close, state the cause."""
    token = {"claims": {**CLAIMS, "aud": "other"}}
    answer = asked(ask, server, "free", path=f"/ws{how}", truth=("audience-mismatch",), token=token, budget={"seconds": 12})
    assert answer.causes_by_strength == {"audience-mismatch": "stated"}, answer
    assert "Audience does not match" in answer.by_id["audience-mismatch"]["because"]


def test_a_refusal_without_a_word_names_nothing(server: System, ask: Ask) -> None:
    """A silent session and nothing to try: a set that holds the truth, with what happened among it."""
    answer = asked(
        ask,
        server,
        "free",
        path="/ws?how=silent",
        truth=("secret-mismatch",),
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        session={**FREE, "timeout_s": 0.4},
        budget={"seconds": 12},
    )
    answer.leaves_open_at_least("secret-mismatch", "first-message-missing", without=["crash-after-accept"])
    assert "no frame granted the session within 0.4 s" in answer.symptom["description"]


def test_a_first_message_that_did_not_come_is_named(server: System, ask: Ask) -> None:
    """Without a session the server's timeout names what it waited for."""
    answer = asked(ask, server, "free", truth=("first-message-missing",), token={"carrier": "authorization"}, session=None)
    assert answer.causes_by_strength == {"first-message-missing": "stated"}, answer
    assert answer.symptom["close_code"] == 4408


def test_accepted_alone_says_that_the_session_was_not_exercised(server: System, ask: Ask) -> None:
    """Action Cable welcomes everybody: without a session the claim is no more than that."""
    answer = asked(ask, server, "cable", truth=(), token={"carrier": "authorization"}, session=None)
    answer.is_healthy()
    assert answer.healthy["session"] == "not-exercised"
    assert "the session's own authentication was not exercised" in answer.text


def test_an_action_cable_connection_is_refused_by_its_header(server: System, ask: Ask) -> None:
    """Disconnected as unauthorized before any welcome; the right key is welcomed."""
    answer = asked(
        ask,
        server,
        "cable",
        path="/cable?by=header",
        truth=("secret-mismatch",),
        token={"carrier": "authorization", "secret": "env:FOREIGN_OTHER_KEY"},
        session={"protocol": "actioncable"},
        alternatives={"secrets": ["env:FOREIGN_KEY"]},
    )
    answer.proves("secret-mismatch")
