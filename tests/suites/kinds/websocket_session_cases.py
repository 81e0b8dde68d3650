"""A WebSocket that a fixture opened: what the case says over it is the case's, and leads to the target no more under sabotage."""

from __future__ import annotations

import contextlib
import json

import pytest
import websocket
import websockets


@pytest.fixture
async def talker(ws):
    async with websockets.connect(ws) as made:
        yield made


@pytest.fixture(scope="module")
def shared():
    import os

    made = websocket.create_connection(os.environ["TRUTH_WS"], timeout=4)
    yield made
    made.close()


def test_positive_echo(open_websocket):
    open_websocket.send("ping")
    assert open_websocket.recv() == "ping"


def test_positive_three_in_turn(open_websocket):
    for number in range(3):
        open_websocket.send(str(number))
        assert open_websocket.recv() == str(number)


async def test_positive_async(talker):
    await talker.send(json.dumps({"type": "ping"}))
    assert json.loads(await talker.recv())["type"] == "ping"


def test_positive_over_a_shared_one(shared):
    shared.send("once")
    assert shared.recv() == "once"


def test_positive_over_a_shared_one_again(shared):
    shared.send("twice")
    assert shared.recv() == "twice"


def test_any_answer_sent_and_forgotten(open_websocket):
    with contextlib.suppress(OSError, websocket.WebSocketException):
        open_websocket.send("ping")


async def test_any_answer_whatever_comes(talker):
    try:
        await talker.send("ping")
        told = await talker.recv()
    except websockets.ConnectionClosed:
        told = ""
    assert isinstance(told, str)


def test_no_traffic_over_an_open_one(open_websocket):
    assert open_websocket.connected
