"""Failure recovery: are failures told as failures, and does the service go on after them?"""

from __future__ import annotations

import asyncio

IMPOSSIBLE, POSSIBLE = "What is 5 / 0?", "What is 5 / 2?"


async def test_basic_functionality(target):
    """After a run that failed, the next one on the same thread succeeds."""
    async with target.client() as client:
        failed = await target.run(client, IMPOSSIBLE, agent="data")
        succeeded = await target.run(client, POSSIBLE, agent="data", thread_id=failed["thread_id"])
    assert (failed["status"], succeeded["status"]) == ("failed", "success")
    assert "2.5" in succeeded["response"]


async def test_failure_detection(target):
    """A run that fails ends its stream with agent_failed and the reason, never with agent_completed."""
    async with target.client() as client:
        events = await target.streamed(client, IMPOSSIBLE, agent="data")
    assert events[-1]["type"] == "agent_failed"
    assert "division by zero" in events[-1]["error"]
    assert "agent_completed" not in {event["type"] for event in events}


async def test_retry_strategies(target):
    """A client that retries until it succeeds needs exactly as many tries as there were bad ones, plus one."""
    outcomes = []
    async with target.client() as client:
        for message in (IMPOSSIBLE, IMPOSSIBLE, POSSIBLE, POSSIBLE):
            outcomes.append((await target.run(client, message, agent="data"))["status"])
            if outcomes[-1] == "success":
                break
    assert outcomes == ["failed", "failed", "success"]


async def test_circuit_breaker(target):
    """Failures of one agent in a row shut out nobody: the others and the same agent still work."""
    async with target.client() as client:
        failures = await asyncio.gather(*(target.run(client, IMPOSSIBLE, agent="data") for _ in range(3)))
        after = [await target.run(client, POSSIBLE, agent=name) for name in ("data", "supervisor")]
    assert {run["status"] for run in failures} == {"failed"}
    assert {run["status"] for run in after} == {"success"}


async def test_graceful_degradation(target):
    """Without a credential agents still run, as a guest, while a user's threads stay shut."""
    async with target.guest() as guest, target.client() as client:
        run = await target.run(guest, POSSIBLE)
        threads = await guest.get("/api/threads")
        own = await client.get("/api/threads")
    assert (run["status"], run["user_id"]) == ("success", "guest")
    assert (threads.status_code, own.status_code) == (401, 200)


async def test_recovery_metrics(target):
    """The thread's record shows when the failure was told and when the next run succeeded, in that order."""
    async with target.client() as client:
        failed = await target.run(client, IMPOSSIBLE, agent="data")
        await target.run(client, POSSIBLE, agent="data", thread_id=failed["thread_id"])
        events = (await client.get(f"/api/threads/{failed['thread_id']}/events")).json()["events"]
    moments = {event["type"]: event["timestamp"] for event in events}
    assert 0 < moments["agent_completed"] - moments["agent_failed"] < target.timeout_s
