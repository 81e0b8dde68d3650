"""The edge as bare bytes meet it."""

from __future__ import annotations

import re
import socket

import pytest


def talk(port: int, sent: bytes) -> bytes:
    """What comes back before the edge closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(sent)
        received = b""
        while piece := wire.recv(65536):
            received += piece
        return received


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"garbage\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200),
    ],
)
def test_malformed_requests_are_answered(healthy, sent, status):
    """What is not HTTP, or too much of it, gets a status and the end of the connection."""
    assert talk(healthy.port, sent).startswith(f"HTTP/1.1 {status} ".encode())


def test_connection_is_kept_for_the_next_request(healthy):
    """Two requests on one connection get two answers, in order."""
    request = b"GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n"
    received = talk(healthy.port, request % (b"/health", b"") + request % (b"/api/nonexistent", b"Connection: close\r\n"))
    assert re.findall(rb"HTTP/1.1 (\d+) ", received) == [b"200", b"404"]


def test_chunked_body_arrives_whole(healthy):
    """A body in chunks reaches the application as one."""
    body = b'{"message": "1+1", "agent": "data"}'
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, body[:10], len(body) - 10, body[10:])
    head = b"POST /api/agents/execute HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b"1+1 = 2" in talk(healthy.port, head + chunks)


def test_refusals_have_their_makers_marks(start):
    """The application's refusal is a bare 403 with the edge's Via; the edge's own has a page and another server."""
    socket_headers = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
        b"AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    )
    upgrade = b"GET /ws HTTP/1.1\r\nHost: h\r\n" + socket_headers + b"\r\n"
    application, edge = talk(start().port, upgrade).lower(), talk(start("edge-policy").port, upgrade).lower()
    assert b"via: 1.1 edge" in application
    assert application.endswith(b"\r\n\r\n")
    assert b"server: google-edge" in edge
    assert b"via:" not in edge
    assert b"permission to get this url" in edge
