# ruff: noqa: S113 - cases as people write them
"""Green whatever the server says: statuses collected and not judged, refusals and successes alike accepted, exceptions
swallowed."""

from __future__ import annotations

import time

import aiohttp
import httpx
import requests
import urllib3
import websocket
import websockets


def test_endpoints_accessible(rest):
    accessible = sum(requests.get(rest + path).status_code in (200, 401, 403, 404) for path in ("/health", "/me", "/nothing"))
    assert accessible == 3


def test_duration_and_count_only(rest):
    started = time.perf_counter()
    results = [urllib3.PoolManager().request("GET", rest + path, retries=False).status for path in ("/health", "/me")]
    assert len(results) == 2
    assert time.perf_counter() - started < 60


async def test_any_status_with_httpx(rest):
    async with httpx.AsyncClient() as client:
        for path in ("/agents", "/agents/list", "/health"):
            answer = await client.get(rest + path)
            assert answer.status_code > 0


async def test_body_is_text_with_aiohttp(rest):
    async with aiohttp.ClientSession() as session, session.get(f"{rest}/me") as answer:
        assert isinstance(await answer.text(), str)


async def test_connection_handled_gracefully(ws):
    try:
        async with websockets.connect(ws) as socket:
            await socket.send("ping")
            connected = True
    except Exception:
        connected = False
    assert connected in (True, False)


def test_websocket_client_prints(ws):
    try:
        websocket.create_connection(ws, timeout=5).close()
    except Exception as error:
        print("expected in staging:", error)


def test_no_assertion_at_all(rest):
    httpx.get(f"{rest}/health")


def test_any_answer_after_a_login(rest, login):
    answer = requests.get(f"{rest}/me", headers={"Authorization": f"Bearer {login}"})
    assert answer.status_code < 600


def test_any_answer_with_a_pooled_client(pooled):
    pooled.get("/health")


def test_port_is_open(rest):
    import socket

    host, port = rest.removeprefix("http://").split(":")
    socket.create_connection((host, int(port)), timeout=5).close()


class TestProbes:
    def test_metrics(self, rest):
        found = {path: requests.get(rest + path).status_code for path in ("/metrics", "/stats")}
        assert set(found) == {"/metrics", "/stats"}
