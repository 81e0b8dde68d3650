# ruff: noqa: S113, PT009 - cases as people write them
"""Red against a server that refuses: each of these has seen something good."""

from __future__ import annotations

import asyncio
import json
import threading
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import pytest
import requests
import urllib3
import websocket
import websockets


def test_health_with_requests(rest):
    assert requests.get(f"{rest}/health").json()["status"] == "healthy"


def test_status_with_urllib3(rest):
    assert urllib3.PoolManager().request("GET", f"{rest}/health", retries=False).status == 200


def test_ok_without_content_with_httpx(rest):
    assert httpx.get(f"{rest}/health").is_success


async def test_health_with_httpx(rest):
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{rest}/health")).json()["status"] == "healthy"


async def test_health_with_aiohttp(rest):
    async with aiohttp.ClientSession() as session, session.get(f"{rest}/health") as answer:
        assert (await answer.json())["status"] == "healthy"


async def test_echo_with_websockets(ws):
    async with websockets.connect(ws) as socket:
        await socket.send("ping")
        assert await socket.recv() == "ping"


def test_echo_with_websocket_client(ws):
    socket = websocket.create_connection(ws, timeout=5)
    socket.send("ping")
    assert socket.recv() == "ping"
    socket.close()


async def test_connect_only_is_enough(ws):
    async with websockets.connect(ws):
        pass


def test_raise_for_status_is_an_assertion(rest):
    urllib.request.urlopen(f"{rest}/health", timeout=5).read()


def test_with_a_pooled_client(pooled):
    assert pooled.get("/health").json()["status"] == "healthy"


def test_after_a_login(rest, login):
    assert requests.get(f"{rest}/me", headers={"Authorization": f"Bearer {login}"}).json()["user"] == "someone"


def test_in_threads(rest):
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(requests.get(f"{rest}/health").status_code)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [200] * 3


def test_in_a_pool(rest):
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda path: requests.get(rest + path).status_code, ["/health", "/health"])) == [200, 200]


async def test_several_at_once(rest):
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.get(f"{rest}/health") for _ in range(5)))
    assert {json.loads(answer.content)["status"] for answer in answers} == {"healthy"}


async def test_refusal_beside_a_control(rest):
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{rest}/me")).status_code == 401
        assert (await client.get(f"{rest}/health")).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health?verbose=1"])
def test_each_path(rest, path):
    assert requests.get(rest + path).status_code == 200


class TestInAClass:
    def test_health(self, rest):
        assert httpx.get(f"{rest}/health").status_code == 200


class OldStyle(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _address(self, rest):
        self.rest = rest

    def setUp(self):
        requests.get(f"{self.rest}/health")

    def test_health(self):
        self.assertEqual(requests.get(f"{self.rest}/health").json()["status"], "healthy")
