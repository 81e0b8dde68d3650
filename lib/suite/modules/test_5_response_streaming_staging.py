"""Response streaming: do replies come piece by piece, complete, in order, and again after a break?"""

from __future__ import annotations

import asyncio
import json
import time

QUESTION = "Please count the words of this sentence and look whether earlier messages share any of them."


async def test_basic_functionality(target):
    """A streamed run begins with agent_started, ends with agent_completed, and has all five events between."""
    async with target.client() as client:
        events = await target.streamed(client, QUESTION)
    assert (events[0]["type"], events[-1]["type"]) == ("agent_started", "agent_completed")
    assert target.first_seen(events) == target.EVENTS


async def test_streaming_protocols(target):
    """Server-sent events and JSON lines tell the same events."""
    async with target.client() as client:
        lines = [event["type"] for event in await target.streamed(client, QUESTION)]
        async with target.stream(client, QUESTION, accept="text/event-stream") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            named = [line.removeprefix("event: ") async for line in response.aiter_lines() if line.startswith("event: ")]
    assert target.first_seen([{"type": name} for name in named]) == target.EVENTS
    assert set(named) == set(lines)


async def test_chunk_handling(target):
    """The chunks of a reply, put together, are the reply, and none is missing."""
    async with target.client() as client:
        events = await target.streamed(client, QUESTION, agent="triage")
    chunks = [event["data"] for event in events if event["type"] == "agent_response_chunk"]
    whole = next(event["data"] for event in events if event["type"] == "agent_response_complete")
    assert [chunk["index"] for chunk in chunks] == list(range(whole["chunks"]))
    assert len(chunks) > 1
    assert "".join(chunk["content"] for chunk in chunks) == whole["content"] == events[-1]["final_response"]


async def test_streaming_performance_metrics(target):
    """The first event is there well before the last one exists: the reply is streamed, not collected."""
    async with target.client() as client, target.stream(client, QUESTION) as response:
        arrivals = [time.perf_counter() async for line in response.aiter_lines() if line]
    assert len(arrivals) > 5
    assert arrivals[-1] - arrivals[0] > 0.03


async def test_backpressure_handling(target):
    """A reader who is slower than the agent still gets every event, without gaps."""
    sequence = []
    async with target.client() as client, target.stream(client, QUESTION) as response:
        async for line in response.aiter_lines():
            if line:
                sequence.append(json.loads(line)["sequence"])
                await asyncio.sleep(0.03)
    assert len(sequence) > 5
    assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))


async def test_stream_recovery(target):
    """A stream that was dropped goes on where it stopped: nothing is lost and nothing comes twice."""
    async with target.client() as client:
        async with target.stream(client, QUESTION) as response:
            thread_id, lines = response.headers["x-thread-id"], response.aiter_lines()
            seen = [json.loads(await anext(lines)) for _ in range(2)]
        resume = {"Accept": "application/x-ndjson", "Last-Event-ID": str(seen[-1]["sequence"])}
        async with client.stream("GET", "/api/agents/stream", params={"thread_id": thread_id}, headers=resume) as response:
            seen += [json.loads(line) async for line in response.aiter_lines() if line]
    assert [event["sequence"] for event in seen] == list(range(1, len(seen) + 1))
    assert target.first_seen(seen) == target.EVENTS
