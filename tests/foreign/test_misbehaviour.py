"""A server that does not answer as servers do: a clean diagnosis within the budget, and no request to anybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, diagnose, parameters_for
from tests.foreign.systems import Started
from tests.ports import closed_port
from tests.raw_servers import self_signed

HIDDEN = ("secret-mismatch", "audience-mismatch", "origin-refused", "route-missing", "user-unknown", "subprotocol-refused")
"""What a request says only once the connection stands."""

TRIED = {"secrets": ["env:FOREIGN_OTHER_KEY"], "claims": {"aud": ["api"]}}


@pytest.mark.parametrize("behaviour", ["hang", "endless-headers", "endless-body", "garbage", "reset", "empty-200"])
def test_a_handshake_that_is_not_answered_properly(start: Started, ask: Ask, behaviour: str) -> None:
    """REST answers, so it is a refusal; nothing is proved, and the budget holds."""
    server = start.python("raw", behaviour=behaviour, demands={"key": KEY})
    answer = ask(server, truth=(), alternatives=TRIED, target={"timeout_s": 1}, budget={"seconds": 4})
    assert answer.verdict == "ambiguous", answer
    assert answer.symptom["rung"] == {"endless-body": "upgrade", "empty-200": "upgrade"}.get(behaviour, "http"), answer
    assert answer.candidates, answer


def test_a_101_for_another_key(start: Started, ask: Ask) -> None:
    """What the client itself finds wrong in the 101 is stated, in the client's words."""
    server = start.python("raw", behaviour="wrong-accept", demands={"key": KEY})
    answer = ask(server, truth=("upgrade-damaged",), alternatives=TRIED, target={"timeout_s": 1}, budget={"seconds": 8})
    assert answer.causes_by_strength == {"upgrade-damaged": "stated"}, answer
    assert answer.symptom["rung"] == "upgrade"


def test_redirected_to_another_host(start: Started, ask: Ask) -> None:
    """Nobody follows: the other host, which is not permitted, hears nothing."""
    elsewhere = start.python("raw", demands={"key": KEY})
    server = start.python("raw", behaviour="redirect", to=f"http://localhost:{elsewhere.port}/ws", demands={"key": KEY})
    answer = ask(server, truth=(), alternatives=TRIED, budget={"seconds": 4})
    assert answer.symptom["status"] == 302
    assert elsewhere.seen("handshake") == [] == elsewhere.seen("rest")


def test_everything_hangs(start: Started, ask: Ask) -> None:
    """Neither the handshake nor the health route answers: unreachable, status 3, soon."""
    server = start.python("raw", behaviour="hang", rest_hangs=True)
    answer = ask(server, truth=(), target={"timeout_s": 1}, budget={"seconds": 4})
    assert answer.verdict == "unreachable", answer


def test_nobody_listens(tmp_path: Path) -> None:
    """A closed port: unreachable."""
    with closed_port() as port:
        answer = diagnose(parameters_for(f"127.0.0.1:{port}"), tmp_path, truth=())
    assert (answer.verdict, answer.status, answer.symptom["rung"]) == ("unreachable", 3, "tcp")


def test_nobody_listens_but_rest_answers(start: Started, ask: Ask) -> None:
    """The WebSocket's port is closed while REST answers elsewhere: a refusal, and not one of the token's."""
    rest = start.python("raw", demands={"key": KEY})
    with closed_port() as port:
        target = {"ws_url": f"ws://127.0.0.1:{port}/ws"}
        answer = ask(rest, truth=(), target=target, alternatives=TRIED, budget={"seconds": 4})
    answer.leaves_open_at_least(without=HIDDEN)
    assert answer.symptom["rung"] == "tcp"


def test_a_certificate_that_nobody_signed(start: Started, ask: Ask, tmp_path: Path) -> None:
    """TLS fails before HTTP while REST answers in plain text: the client itself states what it did not accept."""
    self_signed(tmp_path)
    secure = start.python("raw", demands={"key": KEY}, certificate=str(tmp_path / "server.pem"))
    rest = start.python("raw", demands={"key": KEY})
    target = {"ws_url": f"wss://localhost:{secure.port}/ws", "allow_hosts": ["127.0.0.1", "localhost"]}
    answer = ask(rest, truth=("certificate-refused",), target=target, alternatives=TRIED, budget={"seconds": 4})
    assert answer.symptom["rung"] == "tls", answer
    assert answer.causes_by_strength == {"certificate-refused": "stated"}, answer


def test_tls_spoken_to_a_plain_port(start: Started, ask: Ask) -> None:
    """wss to a port that speaks ws: the rung is tls."""
    server = start.python("raw", demands={"key": KEY})
    answer = ask(server, truth=(), target={"ws_url": f"wss://{server.authority}/ws", "timeout_s": 1}, budget={"seconds": 4})
    assert answer.symptom["rung"] == "tls", answer


def test_a_host_that_is_not_permitted_hears_nothing(start: Started, tmp_path: Path) -> None:
    """An alternative host outside allow_hosts is bad input before anything is sent."""
    server = start.python("raw", demands={"key": KEY})
    with pytest.raises(AssertionError, match="allow_hosts"):
        diagnose(parameters_for(server.authority, alternatives={"hosts": ["localhost:1"]}), tmp_path, truth=())
    assert server.seen("handshake") == [] == server.seen("rest")


def test_healthy_without_any_rest(start: Started, ask: Ask) -> None:
    """No REST at all (404 everywhere): the handshake is what counts."""
    ask(start.python("starlette", no_rest=True, demands={"key": KEY}), truth=()).is_healthy()


def test_healthy_although_rest_hangs(start: Started, ask: Ask) -> None:
    """REST never answers, the handshake does."""
    server = start.python("raw", rest_hangs=True, demands={"key": KEY})
    ask(server, truth=(), target={"timeout_s": 1}).is_healthy()
