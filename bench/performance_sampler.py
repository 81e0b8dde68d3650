"""How wrong the sampler is by itself: what it measures of a server that tells how long it really took."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import httpx

from bench.servers import DELAY_S, served
from bench.table import Row, compared
from lib.clients.rest import Rest
from lib.facts import utc_now
from lib.handshake import Handshake
from lib.performance.operations.request import TimedRequest

USERS, ROUNDS, WARMUP = 64, 12, 2
ALLOWED_MS = 10.0


def run() -> list[Row]:
    """The p99 error of 64 users in lock-step against a server of constant 50 ms."""
    with served("constant") as (port, _):
        url = f"http://127.0.0.1:{port}"
        what = f"p99 error of {USERS} users against a constant {DELAY_S * 1000:.0f} ms"
        return [
            compared(
                what, lambda: asyncio.run(_ours(url)), lambda: ALLOWED_MS, unit="ms", goal="≤ 1", peer_name="what is allowed"
            ),
            compared(what, lambda: asyncio.run(_ours(url)), lambda: asyncio.run(_aiohttp(url)), unit="ms", peer_name="aiohttp"),
            compared(
                what,
                lambda: asyncio.run(_ours(url)),
                lambda: asyncio.run(_httpx(url)),
                unit="ms",
                peer_name="one shared httpx client",
            ),
        ]


async def _ours(url: str) -> float:
    handshake = Handshake(url="", rest_url=url, use_environment_proxy=False)
    users = [TimedRequest(handshake=handshake, path="/", rest_factory=Rest, clock=utc_now) for _ in range(USERS)]

    async def once(user: TimedRequest) -> tuple[float, float]:
        attempt = await user("sample")
        return attempt.durations_ms["api_response_ms"], float(dict(attempt.headers)["x-service-ms"])

    try:
        return await _p99_error([lambda user=user: once(user) for user in users])
    finally:
        for user in users:
            await user.close()


async def _aiohttp(url: str) -> float:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:

        async def once() -> tuple[float, float]:
            started_s = time.perf_counter()
            async with client.get(url) as response:
                took_ms = (time.perf_counter() - started_s) * 1000
                await response.read()
                return took_ms, float(response.headers["X-Service-Ms"])

        return await _p99_error([once] * USERS)


async def _httpx(url: str) -> float:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=30, trust_env=False) as client:

        async def once() -> tuple[float, float]:
            started_s = time.perf_counter()
            response = await client.get(url)
            return (time.perf_counter() - started_s) * 1000, float(response.headers["X-Service-Ms"])

        return await _p99_error([once] * USERS)


async def _p99_error(users: list) -> float:
    errors_ms: list[float] = []

    async def live(once) -> None:  # type: ignore[no-untyped-def]
        for number in range(ROUNDS + WARMUP):
            measured_ms, real_ms = await once()
            if number >= WARMUP:
                errors_ms.append(measured_ms - real_ms)

    await asyncio.gather(*(live(once) for once in users))
    return sorted(errors_ms)[int(len(errors_ms) * 0.99)]
