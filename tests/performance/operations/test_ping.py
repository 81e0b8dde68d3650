"""lib/performance/operations/ping.py."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from lib.clients.websocket import WebSockets
from lib.facts import utc_now
from lib.handshake import Handshake
from lib.performance.operations.ping import TimedPing
from tests.performance.conftest import served


def ping_of(host):
    """The operation against this host, without a credential."""
    return TimedPing(handshake=Handshake(url=f"ws://{host}/ws", rest_url="", timeout_s=1.0), ws=WebSockets(), clock=utc_now)


def answering(*, after=None, delay_s=0.0):
    """A server that answers pings in order, and closes after so many."""

    async def socket(websocket):
        await websocket.accept()
        number = 0
        async for _ in websocket.iter_text():
            number += 1
            if after is not None and number > after:
                await websocket.close(1001)
                return
            await asyncio.sleep(delay_s)
            await websocket.send_json({"type": "ping"})
            await websocket.send_json({"type": "pong"})

    return Starlette(routes=[WebSocketRoute("/ws", socket)])


async def test_pings_at_once_get_their_own_pongs():
    """Ten pings on one socket that answers one each 20 ms: the last waits for all before it."""
    with served(answering(delay_s=0.02)) as host:
        ping = ping_of(host)
        await ping("control")
        attempts = await asyncio.gather(*(ping("sample") for _ in range(10)))
        await ping.close()
    found = [attempt.durations_ms["websocket_latency_ms"] for attempt in attempts]
    assert found == sorted(found)
    assert found[-1] > 190
    assert found[0] < found[-1] / 2  # one that took another's pong would have waited for all of them


async def test_a_closed_socket_is_a_failure_and_the_next_ping_opens_another():
    """The server ends the session at the second ping: one sample is lost, with the close code, not the rest."""
    with served(answering(after=1)) as host:
        ping = ping_of(host)
        attempts = [await ping("sample") for _ in range(3)]
        await ping.close()
    assert [bool(attempt.durations_ms) for attempt in attempts] == [True, False, True]
    assert "1001" in attempts[1].error
