"""Node's `ws`: verifyClient, handleProtocols, a path of its own, a small maxPayload."""

from __future__ import annotations

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started

pytestmark = pytest.mark.usefixtures("node_modules")


def test_verify_client_and_the_audience(start: Started, ask: Ask) -> None:
    """401 from verifyClient: the right audience proves it."""
    server = start.node(key=KEY, audience="backend")
    answer = ask(
        server,
        truth=("audience-mismatch",),
        alternatives={"claims": {"aud": ["api", "backend"]}, "secrets": ["env:FOREIGN_OTHER_KEY"]},
    )
    answer.proves("audience-mismatch")


def test_verify_client_and_the_origin(start: Started, ask: Ask) -> None:
    """403 from verifyClient for an Origin, before the token is looked at, which is wrong as well."""
    server = start.node(key=KEY, origins=["https://app.example"])
    answer = ask(
        server,
        truth=("origin-refused", "secret-mismatch"),
        target={"origin": "https://evil.example"},
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        alternatives={"origins": ["https://app.example"], "secrets": ["env:FOREIGN_KEY"]},
    )
    answer.proves("origin-refused", "secret-mismatch")


def test_another_path(start: Started, ask: Ask) -> None:
    """`ws` answers 400 where its path is another."""
    server = start.node(key=KEY, path="/socket")
    ask(server, truth=("route-missing",), alternatives={"paths": ["/socket"]}).proves("route-missing")


def test_a_protocol_that_was_not_offered(start: Started, ask: Ask) -> None:
    """handleProtocols answers with something else: the client breaks off after a 101."""
    server = start.node(key=KEY, chooses="chat.v9")
    answer = ask(server, truth=("subprotocol-unoffered",), target={"subprotocols": ["chat.v1"]}, budget={"seconds": 8})
    assert "subprotocol-unoffered" in {*answer.causes_by_strength, *answer.candidates}, answer
    assert len({*answer.causes_by_strength, *answer.candidates}) <= 2, answer


def test_a_protocol_that_offering_it_repairs(start: Started, ask: Ask) -> None:
    """Offering what the server chooses proves that it was not offered."""
    server = start.node(key=KEY, chooses="chat.v9")
    answer = ask(
        server,
        truth=("subprotocol-unoffered",),
        target={"subprotocols": ["chat.v1"]},
        alternatives={"subprotocols": [["chat.v9"]]},
    )
    answer.proves("subprotocol-unoffered")


def test_healthy_with_the_only_protocol(start: Started, ask: Ask) -> None:
    """The protocol that the server speaks is offered: nothing to find."""
    server = start.node(key=KEY, speaks="chat.v9")
    ask(server, truth=(), target={"subprotocols": ["chat.v9"]}).is_healthy()


def test_another_algorithm(start: Started, ask: Ask) -> None:
    """The service accepts HS384 alone."""
    server = start.node(key=KEY, algorithms=["HS384"])
    ask(server, truth=("algorithm-mismatch",), alternatives={"algorithms": ["HS512", "HS384"]}).proves("algorithm-mismatch")


def test_healthy_with_a_long_greeting(start: Started, ask: Ask) -> None:
    """A greeting that comes at once is no close."""
    server = start.node(key=KEY, greeting="welcome " * 200)
    ask(server, truth=()).is_healthy()
