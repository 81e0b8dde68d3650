"""pytest-asyncio in its strict mode with loops of several scopes, and anyio's own plug-in on both of its backends."""

from __future__ import annotations

import asyncio
import contextlib

import anyio
import httpx
import pytest
import pytest_asyncio
import websockets


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared():
    async with httpx.AsyncClient(timeout=4) as made:
        yield made


@pytest_asyncio.fixture
async def opened(ws):
    async with websockets.connect(ws) as made:
        yield made


@pytest.fixture
async def client(rest):
    async with httpx.AsyncClient(base_url=rest, timeout=4) as made:
        await made.get("/health")
        yield made


@pytest.mark.asyncio
async def test_positive_with_a_loop_of_its_own(opened):
    await opened.send("ping")
    assert await opened.recv() == "ping"


@pytest.mark.asyncio(loop_scope="module")
class TestOneLoop:
    async def test_positive_over_a_shared_client(self, shared, rest):
        assert (await shared.get(f"{rest}/health")).status_code == 200

    async def test_rejection_over_a_shared_client(self, shared, rest):
        assert (await shared.get(f"{rest}/admin")).status_code == 403

    async def test_any_answer_over_a_shared_client(self, shared, rest):
        assert (await shared.get(f"{rest}/health")).elapsed

    async def test_no_traffic(self, shared):
        await asyncio.sleep(0)
        assert not shared.is_closed


@pytest.mark.anyio
class TestAnyio:
    async def test_positive(self, client):
        assert (await client.get("/health")).json()["status"] == "healthy"

    async def test_rejection(self, client):
        assert (await client.get("/me")).status_code in (401, 403)

    async def test_any_answer_in_a_task_group(self, client):
        async def ask():
            with contextlib.suppress(httpx.HTTPError):
                (await client.get("/health")).raise_for_status()

        async with anyio.create_task_group() as group:
            group.start_soon(ask)

    async def test_positive_in_a_task_group(self, client):
        seen = []

        async def ask():
            seen.append((await client.get("/health")).status_code)

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            group.start_soon(ask)
        assert seen == [200, 200]
