"""Coordination: do runs that share a user, a thread or a question stay apart and fit together?"""

from __future__ import annotations

import asyncio
import uuid


async def test_basic_functionality(target):
    """Two agents on one thread both leave their replies, in the order in which they were asked."""
    async with target.client() as client:
        first = await target.run(client, "What is 8 * 8?", agent="data")
        second = await target.run(client, "Count these words.", thread_id=first["thread_id"])
        messages = (await client.get(f"/api/threads/{first['thread_id']}")).json()["messages"]
    assert [message["content"] for message in messages if message["role"] == "assistant"] == [
        first["response"],
        second["response"],
    ]


async def test_coordination_patterns(target):
    """A chain: what the first agent computed is what the second is asked about."""
    async with target.client() as client:
        first = await target.run(client, "What is 4 * 5?", agent="data")
        second = await target.run(
            client, f"And with that, what is {first['response'].rstrip('.').split()[-1]} + 1?", agent="data"
        )
    assert "= 21" in second["response"]


async def test_task_distribution(target):
    """Four tasks handed out at once come back each with its own answer."""
    async with target.client() as client:
        runs = await asyncio.gather(*(target.run(client, f"What is {number} * 100?", agent="data") for number in range(1, 5)))
    assert [run["response"] for run in runs] == [f"{number} * 100 = {number * 100}." for number in range(1, 5)]
    assert len({run["run_id"] for run in runs}) == 4


async def test_synchronization_primitives(target):
    """Two runs at the same time on one thread share its numbering: every event has its own place, none is lost."""
    async with target.client() as client:
        thread_id = (await client.post("/api/threads", json={"title": "Shared"})).json()["id"]
        runs = await asyncio.gather(*(target.run(client, "Work on this together.", thread_id=thread_id) for _ in range(2)))
        events = (await client.get(f"/api/threads/{thread_id}/events")).json()["events"]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    for run in runs:
        assert target.first_seen([event for event in events if event["run_id"] == run["run_id"]]) == target.EVENTS


async def test_consensus_mechanisms(target):
    """The same question asked three times at once, of two agents, gets one answer."""
    async with target.client() as client:
        names = ("data", "supervisor", "data")
        runs = await asyncio.gather(*(target.run(client, "What is 17 * 3?", agent=name) for name in names))
    assert {run["response"] for run in runs} == {"17 * 3 = 51."}


async def test_coordination_metrics(target):
    """A user's run appears under that user's threads, and no guest can read it."""
    title = f"Mine {uuid.uuid4()}"
    async with target.client() as client, target.guest() as guest:
        thread_id = (await client.post("/api/threads", json={"title": title})).json()["id"]
        await target.run(client, "Count me in.", thread_id=thread_id)
        own = await client.get(f"/api/threads/{thread_id}")
        foreign = await guest.post("/api/agents/execute", json={"message": "Let me in.", "thread_id": thread_id})
    assert len(own.json()["messages"]) == 2
    assert foreign.status_code == 404
