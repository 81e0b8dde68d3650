"""Agent orchestration: do several agents work on what they are given, together and one after another?"""

from __future__ import annotations

import asyncio
import time
import uuid

RUNS_AT_MOST = 20
"""A run takes a tenth of a second: on a busy machine it may be over before one has asked after it."""


async def test_basic_functionality(target):
    """The supervisor runs on a message and answers with what it counted."""
    async with target.client() as client:
        run = await target.run(client, "These are five short words.")
    assert (run["status"], run["agent"]) == ("success", "supervisor")
    assert "5 words" in run["response"]


async def test_agent_discovery_and_listing(target):
    """The list counts its agents, and each that is listed can be asked by its own name."""
    async with target.client() as client:
        listed = (await client.get("/api/agents")).json()
        async with target.agent_slot():
            answer = await client.post(f"/api/agents/{listed['agents'][0]['name']}/execute", json={"message": "Are you there?"})
    assert listed["total"] == len(listed["agents"]) > 1
    assert answer.json()["agent"] == listed["agents"][0]["name"]


async def test_orchestration_workflow_states(target):
    """A thread goes from open to completed with a run that succeeds, and to failed with one that fails."""
    async with target.client() as client:
        thread_id = (await client.post("/api/threads", json={"title": "States"})).json()["id"]
        before = (await client.get(f"/api/threads/{thread_id}")).json()["state"]
        done = await _states_of_run(target, client, thread_id, "What is 2 + 2?")
        broken = await _states_of_run(target, client, thread_id, "What is 2 / 0?")
    assert (before, done, broken) == ("open", ("running", "completed"), ("running", "failed"))


async def _states_of_run(target, client, thread_id, message):
    """The thread's state while a run is under way, and after it; asked of another run where that one was over already."""
    for _ in range(RUNS_AT_MOST):
        async with target.stream(client, message, agent="data", thread_id=thread_id) as events:
            lines = events.aiter_lines()
            await anext(lines)
            during = (await client.get(f"/api/threads/{thread_id}")).json()["state"]
            async for _ in lines:
                pass
        async with asyncio.timeout(target.timeout_s):
            after = await _state_after_run(client, thread_id)
        if during != after:
            break
    return during, after


async def _state_after_run(client, thread_id):
    # The last event is sent a moment before the state is noted.
    while (state := (await client.get(f"/api/threads/{thread_id}")).json()["state"]) == "running":  # noqa: ASYNC110 - it is the server's
        await asyncio.sleep(0.02)
    return state


async def test_agent_communication_patterns(target):
    """What one agent was told, another finds: the second looks through the messages that the first has left."""
    word = f"zebra{uuid.uuid4().hex}"
    async with target.client() as client:
        first = await target.run(client, f"Remember the {word}.")
        second = await target.run(client, f"{word}?", agent="triage", thread_id=first["thread_id"])
    assert "2 earlier messages" in second["response"]


async def test_orchestration_error_scenarios(target):
    """An unknown agent, an empty message and a task that cannot be done are three different errors, each named."""
    async with target.client() as client:
        unknown = await client.post("/api/agents/execute", json={"message": "Hello", "agent": "nobody"})
        empty = await client.post("/api/agents/execute", json={"message": ""})
        impossible = await target.run(client, "There is nothing to compute here.", agent="data")
    assert (unknown.status_code, empty.status_code) == (404, 422)
    assert "nobody" in unknown.json()["message"]
    assert impossible["status"] == "failed"
    assert "no arithmetic" in impossible["error"]


async def test_multi_agent_coordination_metrics(target):
    """Three agents that run at the same time each say how long they took, and keep to their own threads."""
    async with target.client() as client:
        names = ("supervisor", "triage", "data")
        started = time.perf_counter()
        runs = await asyncio.gather(*(target.run(client, "What is 3 * 4?", agent=name) for name in names))
        elapsed_s = time.perf_counter() - started
    assert [run["agent"] for run in runs] == list(names)
    assert max(run["execution_time"] for run in runs) <= elapsed_s
    assert len({run["thread_id"] for run in runs}) == len(names)
