"""A captured session that begins with a credential says so, and how to say it again, without the credential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lib.captures.conversion import SESSION, converted
from lib.captures.reading import read
from lib.parameters.loading import completed
from tests.captures.test_conversion import run

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
OPAQUE = "opaque-credential-12345"
AUTH = ("send", json.dumps({"type": "auth", "token": JWT}))
GRANTED = ("receive", '{"type":"auth_ok","user":"ada"}')


def har(*messages: tuple[str, str], offered: str | None = None, url: str = "wss://a.example/ws") -> str:
    """A HAR as Chrome exports it, with these messages."""
    headers = [{"name": "Sec-WebSocket-Protocol", "value": offered}] if offered else []
    said = [{"type": kind, "time": 1.5, "opcode": 1, "data": text} for kind, text in messages]
    request = {"url": url, "method": "GET", "headers": headers}
    entry = {"_resourceType": "websocket", "request": request, "response": {"status": 101}, "_webSocketMessages": said}
    return json.dumps({"log": {"creator": {"name": "WebInspector"}, "entries": [entry]}})


def suggested(text: str) -> dict[str, Any]:
    """The parameters that the sentence proposes, read as YAML."""
    token, _, session = text.partition("the parameters say ")[2].partition("session: ")
    flow = yaml.safe_load(token.removesuffix(" and ")) if token else {}
    return {**flow, "session": json.JSONDecoder().raw_decode(session)[0]}


@pytest.mark.parametrize(
    ("messages", "offered", "session"),
    [
        ([AUTH, GRANTED], None, {"send": [{"type": "auth", "token": "{token}"}], "expect": {"type": "auth_ok"}}),
        ([("receive", "hello"), ("send", f"AUTH {OPAQUE}")], None, {"send": ["AUTH {token}"]}),
        ([("send", json.dumps(["auth", OPAQUE]))], None, {"send": ['["auth", "{token}"]']}),
        ([("send", '{"user": "ada", "password": "hunter22"}')], None, {"send": [{"user": "ada", "password": "{token}"}]}),
        (
            [("receive", '0{"sid":"a"}'), ("send", f'40{{"token":"{OPAQUE}"}}')],
            None,
            {"protocol": "socket.io", "payload": {"token": "{token}"}},
        ),
        (
            [("send", json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {JWT}", "key": "abc123"}}))],
            "graphql-transport-ws",
            {"protocol": "graphql-transport-ws", "payload": {"Authorization": "Bearer {token}", "key": "…"}},
        ),
        (
            [("send", json.dumps({"command": "subscribe", "identifier": json.dumps({"channel": "Chat", "token": JWT})}))],
            "actioncable-v1-json, actioncable-unsupported",
            {"send": [{"command": "subscribe", "identifier": '{"channel": "Chat", "token": "{token}"}'}]},
        ),
    ],
)  # fmt: skip
def test_the_first_message_becomes_a_session(messages: list[tuple[str, str]], offered: str | None, session: Any) -> None:
    """The credential is a reference and {token}, other secrets are …, and what is proposed is accepted as parameters."""
    found = converted(read(har(*messages, offered=offered)))
    said = next(line for line in found.told if line.startswith(SESSION))
    assert suggested(said) == {"token": {"issued": "env:CAPTURED_TOKEN", "carrier": "message"}, "session": session}
    assert completed({"environment": "shown", **found.document, **suggested(said)}, "shown").session
    assert found.document["target"].get("subprotocols", []) == (offered.split(", ") if offered else [])
    assert [secret for secret in (*found.secrets.values(), "abc123") if secret in str(found.told)] == []


@pytest.mark.parametrize(
    "text",
    [
        f'AUTH {OPAQUE} {{"token":"{JWT}"}}',
        f"LOGIN ada {OPAQUE} {JWT}",
        json.dumps({"auth": f"key={OPAQUE};jwt={JWT}"}),
        json.dumps({"token": JWT, "pin": "1234", "password": "abc12"}),
        json.dumps({"token": JWT, "password": 123456}),
    ],
)
def test_what_stands_beside_the_credential_is_hidden_as_well(text: str) -> None:
    """Before a JSON, around a token, short under a telling name, as a number."""
    told = str(converted(read(har(("send", text)))).told)
    assert [secret for secret in (JWT, OPAQUE, "abc12", "123456") if secret in told] == []
    assert SESSION in told


@pytest.mark.parametrize(
    "messages",
    [[], [("receive", f"welcome {JWT}")], [("send", '{"type":"ping"}')],
     [("send", '{"type":"subscribe","id":"6f1c0d6a-9a4e-4f1a-8f6e-0d6a9a4e4f1a"}')]],
)  # fmt: skip
def test_a_session_without_a_credential_is_not_spoken_of(messages: list[tuple[str, str]]) -> None:
    """Nothing sent, a ping, an id that only looks like a secret: no reference, no sentence."""
    found = converted(read(har(*messages)))
    assert [line for line in found.told if line.startswith(SESSION)] == []
    assert found.secrets == {}


def test_the_token_of_the_handshake_is_named_once() -> None:
    """Where both carry the same token one reference is enough; another has a name of its own."""
    same = converted(read(har(AUTH, url=f"wss://a.example/ws?token={JWT}")))
    assert set(same.secrets) == {"CAPTURED_TOKEN"}
    other = converted(read(har(AUTH, url=f"wss://a.example/ws?token={OPAQUE}")))
    assert set(other.secrets) == {"CAPTURED_TOKEN", "CAPTURED_MESSAGE_TOKEN"}


def test_the_parameter_file_says_how_its_session_begins(tmp_path: Path) -> None:
    """A comment at its top, with the reference under which the credential was stored."""
    capture, folder = tmp_path / "page.har", tmp_path / "secrets"
    capture.write_text(har(AUTH, GRANTED))
    _, out, error = run("params", "--from", str(capture), "--store", str(folder))
    comment = next(line for line in out.splitlines() if line.startswith(f"# {SESSION}"))
    assert f"issued: file:{folder}" in comment
    assert "env:CAPTURED" not in out + error
    assert JWT not in out + error


def test_a_message_that_no_parameter_can_hold_is_told_as_one() -> None:
    """STOMP ends its frames with NUL: that there is a credential is said, and that it cannot be asked."""
    found = converted(read(har(("send", f"CONNECT\nAuthorization:Bearer {JWT}\n\n\0"), offered="v12.stomp")))
    assert [line for line in found.told if line.startswith(SESSION) and "NUL" in line and "session:" not in line]
    assert JWT not in str(found.told)
