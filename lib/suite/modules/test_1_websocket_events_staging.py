"""WebSocket events: is the service there, does the transport work, and do events reach an authenticated socket?"""

from __future__ import annotations

import asyncio
import json
import uuid

SOCKETS = 7


async def test_health_check(target):
    """Both health routes say that the service has finished starting."""
    async with target.guest() as client:
        for path in ("/health", target.health_path):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.json()["status"] == "healthy"


async def test_websocket_connection(target):
    """The socket without a credential welcomes and acknowledges what it was sent."""
    message = {"type": "ping", "id": str(uuid.uuid4())}
    async with target.test_websocket() as socket:
        welcome = await target.receive(socket, "system_message")
        assert welcome["data"]["event"] == "connection_established"
        await socket.send(json.dumps(message))
        acknowledgement = await target.receive(socket, "ack")
    assert acknowledgement["received"] == message


async def test_api_endpoints_for_agents(target):
    """What agents need is described and available: services, tools, agents."""
    async with target.guest() as client:
        services = (await client.get("/api/discovery/services")).json()["services"]
        config = (await client.get("/api/mcp/config")).json()
        servers = (await client.get("/api/mcp/servers")).json()["data"]
    assert services["netra-backend"]["ws_url"].endswith("/ws")
    assert config["agents"]
    assert {server["name"]: server["status"] for server in servers} == dict.fromkeys(config["tools"], "connected")


async def test_websocket_event_flow_real(target):
    """An authenticated socket carries a ping's pong and then the five events of a run, in order."""
    identity = str(uuid.uuid4())
    async with target.websocket() as socket:
        await target.receive(socket, "system_message")
        await socket.send(json.dumps({"type": "ping", "id": identity}))
        assert (await target.receive(socket, "pong"))["id"] == identity
        async with target.agent_slot():
            await socket.send(json.dumps({"type": "start_agent", "agent": "supervisor", "input": "Say how many words this has."}))
            frames = await target.receive_until(socket, "agent_completed", "agent_failed")
    assert target.first_seen(frames) == target.EVENTS


async def test_concurrent_websocket_real(target):
    """Seven sockets of one user are open at the same time, and each gets the answer to its own ping."""
    everyone_is_in = asyncio.Barrier(SOCKETS)

    async def talk(identity: str) -> str:
        async with target.websocket() as socket:
            welcome = await target.receive(socket, "system_message")
            await everyone_is_in.wait()
            await socket.send(json.dumps({"type": "ping", "id": identity}))
            assert (await target.receive(socket, "pong"))["id"] == identity
        return welcome["data"]["connection_id"]

    talks = [asyncio.create_task(talk(str(uuid.uuid4()))) for _ in range(SOCKETS)]
    try:
        assert len(set(await asyncio.gather(*talks))) == SOCKETS
    finally:
        for one in talks:
            one.cancel()
