"""Start-up resilience: has the service finished starting, with everything that it depends on?"""

from __future__ import annotations

import asyncio
import time

COLD_ANSWER_S = 5.0
"""Longer than this for a health check, and the instance was not running."""


async def test_basic_functionality(target):
    """The health route names the service and its version."""
    async with target.guest() as client:
        answer = await client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["service"] == "netra-backend"
    assert answer.json()["version"]


async def test_health_check_endpoints(target):
    """The health of the application and of its WebSocket side agree."""
    async with target.guest() as client:
        answers = [await client.get(path) for path in ("/health", target.health_path, "/ws/health")]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "healthy")] * 3


async def test_startup_sequence(target):
    """The service counts the time since its start, and it does not start again between two looks."""
    async with target.guest() as client:
        first = (await client.get("/health")).json()["uptime_s"]
        await asyncio.sleep(0.02)
        second = (await client.get("/health")).json()["uptime_s"]
    assert 0 < first < second


async def test_dependency_validation(target):
    """Each service that discovery knows is healthy now, and says how long it took to answer."""
    async with target.guest() as client:
        found = (await client.get("/api/discovery/services")).json()
    assert found["available"] is True
    assert {name: service["status"] for name, service in found["services"].items()} == dict.fromkeys(
        ["netra-backend", "netra-auth"], "healthy"
    )
    assert all(service["latency_ms"] >= 0 for service in found["services"].values())


async def test_cold_start_performance(target):
    """A first request on a new connection is answered at once: nobody waits for a start."""
    started = time.perf_counter()
    async with target.guest() as client:
        answer = await client.get(target.health_path)
    assert answer.json()["status"] == "healthy"
    assert time.perf_counter() - started < COLD_ANSWER_S


async def test_startup_failure_handling(target):
    """What is broken in a request is answered as such, by a service that stays healthy."""
    async with target.client() as client:
        broken = await client.post("/api/messages", content=b"{not json", headers={"Content-Type": "application/json"})
        unknown = await client.get("/api/no-such-route")
        health = await client.get("/health")
    assert (broken.status_code, broken.json()["error"]) == (422, "validation_error")
    assert (unknown.status_code, unknown.json()["path"]) == (404, "/api/no-such-route")
    assert health.json()["status"] == "healthy"
