"""The three servers do what they are for."""

from __future__ import annotations

import socket

import httpx
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib.suite.sabotage.answers import FORBIDDEN
from lib.suite.sabotage.servers import saboteurs


@pytest.fixture(scope="module")
def servers():
    with saboteurs() as found:
        yield found


@pytest.mark.parametrize(("mode", "status", "body"), [("refusing", 403, FORBIDDEN), ("empty", 200, b"")])
def test_everything_gets_the_one_answer(servers, mode, status, body):
    """GET, a POST with a body, a chunked upload and a handshake are answered alike."""
    url = f"http://127.0.0.1:{servers[mode].plain}"
    answers = [httpx.get(url), httpx.post(url, content=b"x" * 300_000), httpx.post(url, content=iter([b"a", b"b"]))]
    assert [(answer.status_code, answer.content) for answer in answers] == [(status, body)] * 3
    with pytest.raises(InvalidStatus) as refused:
        connect(url.replace("http", "ws"))
    assert refused.value.response.status_code == status


def test_the_silent_one_accepts_and_says_nothing(servers):
    """The connection stands, and no byte comes."""
    with socket.create_connection(("127.0.0.1", servers["silent"].plain), timeout=0.3) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_afterwards_nobody_listens():
    """The ports are closed with the `with`."""
    with saboteurs() as found:
        ports = {at.plain for at in found.values()}
        assert ports <= listening()
    assert not ports & listening()


def listening() -> set[int]:
    """The ports on which this process listens."""
    return {at.laddr.port for at in psutil.Process().net_connections("tcp") if at.status == psutil.CONN_LISTEN}
