"""WebSocket clients of six libraries, and one by hand."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import aiohttp
import pytest
import simple_websocket
import trio
import trio_websocket
import websocket
import websockets
import websockets.sync.client
from tornado.httpclient import HTTPClientError
from tornado.websocket import websocket_connect


def test_positive_with_websockets_sync(ws):
    with websockets.sync.client.connect(ws, open_timeout=4) as made:
        made.send("ping")
        assert made.recv(timeout=4) == "ping"


async def test_positive_with_websockets(ws):
    async with websockets.connect(ws) as made:
        await made.send("ping")
        assert await made.recv() == "ping"


def test_positive_with_websocket_client(ws):
    made = websocket.create_connection(ws, timeout=4)
    made.send("ping")
    assert made.recv() == "ping"
    made.close()


def test_positive_with_a_websocket_app(ws):
    told = []

    def take(app, text):
        told.append(text)
        app.close()

    app = websocket.WebSocketApp(ws, on_open=lambda app: app.send("ping"), on_message=take)
    app.run_forever()
    assert told == ["ping"]


async def test_positive_with_aiohttp(ws):
    async with aiohttp.ClientSession() as session, session.ws_connect(ws) as made:
        await made.send_str("ping")
        assert await made.receive_str() == "ping"


async def test_positive_with_tornado(ws):
    made = await websocket_connect(ws, connect_timeout=4)
    await made.write_message("ping")
    assert await made.read_message() == "ping"
    made.close()


def test_positive_with_simple_websocket(ws):
    made = simple_websocket.Client.connect(f"{ws}/")
    made.send("ping")
    assert made.receive(timeout=4) == "ping"
    made.close()


def test_positive_with_trio_websocket(ws):
    async def talk():
        async with trio_websocket.open_websocket_url(ws) as made:
            await made.send_message("ping")
            return await made.get_message()

    assert trio.run(talk) == "ping"


def upgraded(ws, path="/"):
    """The first line of the answer to a handshake that is written by hand."""
    parts = urlsplit(ws)
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""]
    with socket.create_connection((parts.hostname, parts.port), timeout=4) as made:
        made.sendall("\r\n".join(lines).encode())
        return made.recv(4096).split(b"\r\n")[0]


def test_positive_by_hand(ws):
    assert upgraded(ws).split()[1] == b"101"


def test_rejection_by_hand(ws):
    assert upgraded(ws, "/refused").split()[1] == b"403"


def test_any_answer_by_hand(ws):
    assert upgraded(ws).startswith(b"HTTP/1.1 ")


async def test_rejection_with_aiohttp(ws):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{ws}/refused")
    assert caught.value.status == 403


async def test_rejection_with_tornado(ws):
    with pytest.raises(HTTPClientError) as caught:
        await websocket_connect(f"{ws}/refused", connect_timeout=4)
    assert caught.value.code == 403


def test_rejection_with_websockets_sync(ws):
    with pytest.raises(websockets.InvalidStatus) as caught:
        websockets.sync.client.connect(f"{ws}/refused", open_timeout=4)
    assert caught.value.response.status_code in (401, 403)


async def test_any_answer_that_is_no_websocket(ws):
    with pytest.raises(websockets.WebSocketException):
        await websockets.connect(f"{ws}/refused", open_timeout=4)
