"""Lifecycle events: does every run leave its events, complete, in order, attributed and kept?"""

from __future__ import annotations


async def test_basic_functionality(target):
    """A run over REST names the events that it told."""
    async with target.client() as client:
        run = await target.run(client, "Tell me what you do.")
    assert target.first_seen([{"type": kind} for kind in run["events"]]) == target.EVENTS


async def test_event_types(target):
    """Each of the five events carries what belongs to it."""
    async with target.client() as client:
        events = {event["type"]: event for event in await target.streamed(client, "What is 9 - 4?", agent="data")}
    assert events["agent_started"]["agent_name"] == "data"
    assert "calculator" in events["agent_thinking"]["thought"]
    assert events["tool_executing"]["tool_name"] == events["tool_completed"]["tool_name"] == "calculator"
    assert events["tool_completed"]["result"]["value"] == 5
    assert "5" in events["agent_completed"]["final_response"]


async def test_event_sequencing(target):
    """The record of a run with two tools has both pairs, each opened before it is closed, and numbers without gaps."""
    async with target.client() as client:
        run = await target.run(client, "Sort this request.", agent="triage")
        events = (await client.get(f"/api/threads/{run['thread_id']}/events")).json()["events"]
    tools = [(event["type"], event["tool_name"]) for event in events if event["type"].startswith("tool_")]
    assert tools == [(kind, tool) for tool in ("word_count", "message_search") for kind in ("tool_executing", "tool_completed")]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))


async def test_event_metadata(target):
    """Every event says whose run it belongs to, and time does not run backwards."""
    async with target.client() as client:
        run = await target.run(client, "Who am I?")
        events = (await client.get(f"/api/threads/{run['thread_id']}/events")).json()["events"]
    assert {(event["user_id"], event["thread_id"], event["run_id"]) for event in events} == {
        (target.user, run["thread_id"], run["run_id"])
    }
    moments = [event["timestamp"] for event in events]
    assert moments == sorted(moments)


async def test_event_filtering(target):
    """Asked for what came after an event, the service leaves out that event and those before it."""
    async with target.client() as client:
        run = await target.run(client, "Filter this.")
        path = f"/api/threads/{run['thread_id']}/events"
        everything = (await client.get(path)).json()["events"]
        later = (await client.get(path, params={"after": 3})).json()["events"]
    assert len(everything) > 4
    assert later == everything[3:]


async def test_event_persistence(target):
    """What was streamed while it happened can be read afterwards, word for word."""
    async with target.client() as client:
        streamed = await target.streamed(client, "Remember this run.")
        kept = (await client.get(f"/api/threads/{streamed[0]['thread_id']}/events")).json()["events"]
    assert kept == streamed
