"""Tornado: 403 with words for an Origin, 401 for a credential, 404 for a path; each says something, none says all."""

from __future__ import annotations

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, OF_A_USER
from tests.foreign.systems import Started


def test_a_foreign_origin(start: Started, ask: Ask) -> None:
    """Tornado compares the Origin with the Host: the right one proves it."""
    server = start.python("tornado", demands={"key": KEY})
    answer = ask(
        server,
        truth=("origin-refused",),
        target={"origin": "https://evil.example"},
        alternatives={"origins": ["https://other.example", f"http://{server.authority}"], "secrets": ["env:FOREIGN_OTHER_KEY"]},
    )
    answer.proves("origin-refused")


def test_a_foreign_origin_without_alternatives(start: Started, ask: Ask) -> None:
    """Leaving the Origin out is a change of our own that costs nothing: what lifts the refusal is named, or left open with it."""
    server = start.python("tornado", demands={"key": KEY}, allowed_origins=["app.example"])
    answer = ask(server, truth=("origin-refused",), target={"origin": "https://evil.example"}, budget={"seconds": 10})
    assert "origin-refused" in {*answer.causes_by_strength, *answer.candidates}, answer


def test_origin_and_key_together(start: Started, ask: Ask) -> None:
    """The key is checked before the Origin here, and both are wrong."""
    server = start.python("tornado", demands={"key": KEY}, allowed_origins=["app.example"])
    answer = ask(
        server,
        truth=("origin-refused", "secret-mismatch"),
        target={"origin": "https://evil.example"},
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        alternatives={"origins": ["https://app.example"], "secrets": ["env:FOREIGN_KEY"]},
    )
    answer.proves("origin-refused", "secret-mismatch")


def test_no_such_path(start: Started, ask: Ask) -> None:
    """An HTML 404: the right path proves that the route is missing at this one."""
    server = start.python("tornado", demands={"key": KEY}, path="/socket/v2")
    answer = ask(server, truth=("route-missing",), alternatives={"paths": ["/websocket", "/socket/v2"]})
    answer.proves("route-missing")


def test_a_needed_subprotocol(start: Started, ask: Ask) -> None:
    """A server that accepts, finds that no subprotocol was agreed, and closes: offering it proves the cause."""
    server = start.python("tornado", demands={"key": KEY}, speaks="graphql-ws")
    answer = ask(server, truth=("subprotocol-refused",), alternatives={"subprotocols": [["mqtt"], ["graphql-ws"]]})
    answer.proves("subprotocol-refused")


def test_healthy_with_its_subprotocol(start: Started, ask: Ask) -> None:
    """The required subprotocol given: nothing to find."""
    server = start.python("tornado", demands={"key": KEY}, speaks="graphql-ws")
    ask(server, truth=(), target={"subprotocols": ["graphql-ws"]}).is_healthy()


def test_a_user_without_rights(start: Started, ask: Ask) -> None:
    """403 for one user and 401 for a bad token: another user accepted leaves what is only this one's first."""
    server = start.python("tornado", demands={"key": KEY, "users": {"grace": True}})
    answer = ask(server, truth=("user-unknown",), alternatives={"users": ["grace"], "secrets": ["env:FOREIGN_OTHER_KEY"]})
    assert set(answer.candidates[:4]) == set(OF_A_USER), answer
    assert "secret-mismatch" not in answer.candidates, answer
