"""Agent pipeline: are the agents there, do they run from start to end, and is their work reported over the socket?"""

from __future__ import annotations

import json
import time
import uuid


async def test_real_agent_discovery(target):
    """Every agent is listed with a purpose and with tools that the tool service knows."""
    async with target.guest() as client:
        agents = (await client.get("/api/agents")).json()["agents"]
        tools = {server["name"] for server in (await client.get("/api/mcp/servers")).json()["data"]}
    assert {"supervisor", "data", "reporting"} <= {agent["name"] for agent in agents}
    assert all(agent["purpose"] and set(agent["tools"]) <= tools for agent in agents)


async def test_real_agent_configuration(target):
    """The configuration that tool clients are given names the same agents and tools as the service's own lists."""
    async with target.guest() as client:
        config = (await client.get("/api/mcp/config")).json()
        agents = (await client.get("/api/agents")).json()["agents"]
    assert sorted(config["agents"]) == sorted(agent["name"] for agent in agents)
    assert set(config["tools"]) >= {tool for agent in agents for tool in agent["tools"]}


async def test_real_agent_pipeline_execution(target):
    """An agent that is started over the socket tells its five events, uses its tools in pairs, and answers what was asked."""
    async with target.websocket() as socket:
        await target.receive(socket, "system_message")
        async with target.agent_slot():
            await socket.send(json.dumps({"type": "execute_agent", "agent": "data", "input": "What is 6 * 7?"}))
            frames = await target.receive_until(socket, "agent_completed", "agent_failed")
    assert target.first_seen(frames) == target.EVENTS
    executing, completed = (
        [frame["tool_name"] for frame in frames if frame["type"] == kind] for kind in ("tool_executing", "tool_completed")
    )
    assert executing == completed == ["calculator"]
    assert "42" in frames[-1]["final_response"]


async def test_real_agent_lifecycle_monitoring(target):
    """The state of a run can be asked for over the socket while it runs and after it has ended."""
    async with target.websocket() as socket:
        await target.receive(socket, "system_message")
        async with target.agent_slot():
            await socket.send(json.dumps({"type": "start_agent", "agent": "supervisor", "input": "Count these four words."}))
            started = await target.receive(socket, "agent_started")
            question = {"type": "get_agent_status", "thread_id": started["thread_id"]}
            await socket.send(json.dumps(question))
            running = (await target.receive(socket, "agent_status_update"))["data"]
            await target.receive(socket, "agent_completed")
        await socket.send(json.dumps({"type": "ping", "id": "after"}))
        await target.receive(socket, "pong")
        await socket.send(json.dumps(question))
        ended = (await target.receive(socket, "agent_status_update"))["data"]
    assert (running["thread"]["state"], ended["thread"]["state"]) == ("running", "completed")
    assert running["running"] >= 1


async def test_real_pipeline_error_handling(target):
    """Over the socket a bad message and a failing agent are answered with what was wrong, and the socket stays usable."""
    identity = str(uuid.uuid4())
    async with target.websocket() as socket:
        await target.receive(socket, "system_message")
        await socket.send(json.dumps({"type": "execute_invalid_agent"}))
        assert (await target.receive(socket, "error_message"))["error_code"] == "UNKNOWN_MESSAGE_TYPE"
        await socket.send(json.dumps({"agent": "no type"}))
        assert (await target.receive(socket, "error_message"))["error_code"] == "MISSING_TYPE"
        async with target.agent_slot():
            await socket.send(json.dumps({"type": "start_agent", "agent": "data", "input": "What is 1 / 0?"}))
            failed = (await target.receive_until(socket, "agent_failed", "agent_completed"))[-1]
        assert (failed["type"], failed["error_code"]) == ("agent_failed", "TOOL_FAILED")
        await socket.send(json.dumps({"type": "ping", "id": identity}))
        assert (await target.receive(socket, "pong"))["id"] == identity


async def test_real_pipeline_metrics(target):
    """A run says how long it took, which is no longer than it took us, and the service counts it among the finished."""
    async with target.client() as client:
        before = (await client.get("/ws/stats")).json()["agents_finished"]
        started = time.perf_counter()
        run = await target.run(client, "Measure this run.")
        elapsed_s = time.perf_counter() - started
        after = (await client.get("/ws/stats")).json()["agents_finished"]
    assert 0 < run["execution_time"] <= elapsed_s
    assert after > before
