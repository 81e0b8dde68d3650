"""Asynchronous clients: several libraries, one at a time and together, and blocking ones in threads."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request

import aiohttp
import anyio
import httpx
import pytest
import requests
import trio
from tornado.httpclient import AsyncHTTPClient, HTTPClientError


@pytest.fixture
async def client(rest):
    async with httpx.AsyncClient(base_url=rest, timeout=4) as made:
        await made.get("/health")
        yield made


@pytest.fixture
async def aiohttp_session(rest):
    async with aiohttp.ClientSession(base_url=rest) as made:
        yield made


async def test_positive_over_a_clients_open_connection(client):
    assert (await client.get("/health")).json()["status"] == "healthy"


async def test_positive_with_aiohttp(aiohttp_session):
    async with aiohttp_session.get("/health", raise_for_status=True) as answer:
        assert (await answer.json())["status"] == "healthy"


async def test_positive_together(aiohttp_session):
    async def status(path):
        async with aiohttp_session.get(path) as answer:
            return answer.status

    assert await asyncio.gather(status("/health"), status("/health?again")) == [200, 200]


async def test_positive_in_a_task_group(client):
    seen = []
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(lambda: _collect(client, seen))
    assert seen == [200, 200, 200]


async def _collect(client, seen):
    seen.append((await client.get("/health")).status_code)


async def test_positive_in_a_thread(rest):
    assert (await asyncio.to_thread(requests.get, f"{rest}/health", timeout=4)).status_code == 200


async def test_positive_with_tornado(rest):
    assert (await AsyncHTTPClient().fetch(f"{rest}/health", request_timeout=4)).code == 200


def test_positive_with_trio(rest):
    async def ask():
        async with httpx.AsyncClient(timeout=4) as made:
            return (await made.get(f"{rest}/health")).json()

    assert trio.run(ask)["status"] == "healthy"


async def test_positive_streamed(client):
    async with client.stream("GET", "/health") as answer:
        assert b"healthy" in b"".join([part async for part in answer.aiter_bytes()])


async def test_rejection_with_aiohttp(aiohttp_session):
    with pytest.raises(aiohttp.ClientResponseError):
        async with aiohttp_session.get("/me", raise_for_status=True):
            pass


async def test_rejection_with_tornado(rest):
    with pytest.raises(HTTPClientError):
        await AsyncHTTPClient().fetch(f"{rest}/admin", request_timeout=4)


async def test_rejection_in_a_thread(rest):
    with pytest.raises(urllib.error.HTTPError):
        await asyncio.to_thread(urllib.request.urlopen, f"{rest}/me", timeout=4)


async def test_any_answer_together(client):
    answers = await asyncio.gather(client.get("/health"), client.get("/me"), return_exceptions=True)
    assert len(answers) == 2


async def test_any_answer_of_a_task_that_is_awaited(aiohttp_session):
    async with aiohttp_session.get("/nothing") as answer:
        assert answer.status in range(200, 500)


async def test_no_traffic_of_a_task_that_is_cancelled(client):
    task = asyncio.create_task(client.get("/health"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
