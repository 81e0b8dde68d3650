# ruff: noqa: S113 - cases as people write them
"""Green against refusing alone: these pass because somebody says no, and would not notice if everybody did."""

from __future__ import annotations

import aiohttp
import httpx
import pytest
import requests
import urllib3
import websocket
import websockets


def test_no_token_is_refused(rest):
    assert requests.get(f"{rest}/me").status_code in (401, 403)


def test_unknown_is_an_error(rest):
    assert httpx.get(f"{rest}/nothing").status_code >= 400


def test_garbage_is_refused_with_urllib3(rest):
    answer = urllib3.PoolManager().request("GET", f"{rest}/me", headers={"Authorization": "Bearer garbage"}, retries=False)
    assert answer.status in (401, 403)


async def test_refused_with_aiohttp(rest):
    async with aiohttp.ClientSession() as session, session.get(f"{rest}/me") as answer:
        assert answer.status >= 400


async def test_authentication_is_enforced(rest):
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.HTTPStatusError):
            (await client.get(f"{rest}/me")).raise_for_status()


async def test_handshake_is_refused_as_expected(ws):
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(f"{ws}/refused")
    assert caught.value.response.status_code == 403


def test_handshake_is_refused_for_websocket_client(ws):
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        websocket.create_connection(f"{ws}/refused", timeout=5)
    assert caught.value.status_code == 403


def test_refused_after_a_login(rest, login):
    assert requests.get(f"{rest}/admin", headers={"Authorization": f"Bearer {login}"}).status_code == 403
