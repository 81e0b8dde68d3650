"""A conversation tells requests, answers and frames apart, and never fails."""

from __future__ import annotations

import os

import pytest

from lib.suite.plugin.conversation import Conversation

GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def conversation():
    exchanges, frames = [], []
    return Conversation(on_exchange=exchanges.append, on_frame=frames.append), exchanges, frames


def test_pipelined_requests_get_their_own_answers():
    """Two requests in one write are answered in order, an interim answer aside."""
    talk, exchanges, _ = conversation()
    talk.sent(GET + b"POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", owner="case", now=1.0)
    talk.received(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", now=2.0)
    talk.received(b"HTTP/1.1 422 No\r\nContent-Length: 3\r\n\r\nbad", now=3.0)
    assert [(one.method, one.target, one.status) for one in exchanges] == [("GET", "/a?b=c", 200), ("POST", "/c", 422)]
    assert (bytes(exchanges[1].body), exchanges[1].ended) == (b"bad", 3.0)


def test_a_handshake_turns_bytes_into_frames():
    """After a 101 both directions are frames; a close frame is no message but leaves its code."""
    talk, exchanges, frames = conversation()
    talk.sent(UPGRADE, owner="case", now=1.0)
    talk.received(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello", now=2.0)
    talk.sent(b"\x81\x82\0\0\0\0hi", owner="case", now=3.0)
    talk.received(b"\x88\x06\x03\xf0none", now=4.0)
    assert (exchanges[0].channel, exchanges[0].status, exchanges[0].first_frame) == ("websocket", 101, "hello")
    assert (exchanges[0].close_code, exchanges[0].close_reason) == (1008, "none")
    assert (exchanges[0].ended, exchanges[0].closed) == (2.0, 4.0)
    assert frames == ["case", "case"]


@pytest.mark.parametrize(
    ("asked", "answered", "code"),
    [(1000, 1000, None), (1001, 1000, None), (3000, 3000, None), (None, 1000, None), (1000, 1008, 1008), (1000, 1011, 1011)],
)
def test_an_answer_to_the_clients_own_close_is_no_close_of_the_servers(asked, answered, code):
    """A socket that the case let go of was open until then; a policy's close that crosses it is kept."""
    talk, exchanges, _ = conversation()
    talk.sent(UPGRADE, owner="case", now=1.0)
    talk.received(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", now=2.0)
    talk.sent(b"\x88\x80\0\0\0\0" if asked is None else b"\x88\x82\0\0\0\0" + asked.to_bytes(2, "big"), owner="case", now=3.0)
    talk.received(b"\x88\x02" + answered.to_bytes(2, "big"), now=4.0)
    assert exchanges[0].close_code == code


def test_a_refused_handshake_stays_http():
    """A 403 to a handshake leaves the connection to requests."""
    talk, exchanges, frames = conversation()
    talk.sent(UPGRADE, owner="case", now=1.0)
    talk.received(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", now=2.0)
    talk.sent(GET, owner="case", now=3.0)
    talk.received(b"HTTP/1.1 204 No Content\r\n\r\n", now=4.0)
    assert [(one.handshake, one.status) for one in exchanges] == [(True, 403), (False, 204)]
    assert frames == []


def test_a_proxys_tunnel_is_looked_into():
    """CONNECT is no request of the case; what is said inside the tunnel is."""
    talk, exchanges, _ = conversation()
    talk.sent(b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", owner="case", now=1.0)
    talk.received(b"HTTP/1.1 200 Connection established\r\n\r\n", now=2.0)
    talk.sent(GET, owner="case", now=3.0)
    talk.received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", now=4.0)
    assert [(one.target, one.status) for one in exchanges] == [("/a?b=c", 200)]


@pytest.mark.parametrize("content_type", ["text/event-stream; charset=utf-8", "application/x-ndjson"])
def test_answers_that_come_piece_by_piece_are_streams(content_type):
    """Events and JSON lines are the channel stream."""
    talk, exchanges, _ = conversation()
    talk.sent(GET, owner="case", now=1.0)
    talk.received(b"HTTP/1.1 200 OK\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n", now=2.0)
    assert exchanges[0].channel == "stream"


def test_an_answer_told_before_its_request_is_kept():
    """Where two threads race, the answer may be told first; it still finds its request."""
    talk, exchanges, _ = conversation()
    talk.received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", now=1.0)
    talk.sent(GET, owner="case", now=1.0)
    assert [one.status for one in exchanges] == [200]


def test_noise_never_raises():
    """Random bytes in both directions are counted by others and break nothing here."""
    talk, exchanges, _ = conversation()
    for _ in range(200):
        talk.sent(os.urandom(50), owner="case", now=1.0)
        talk.received(os.urandom(50), now=1.0)
    talk.received(b"", now=1.0)
    assert exchanges == []
