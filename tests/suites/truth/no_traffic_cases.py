"""Nothing is sent between the case's own start and end: constants compared with constants, stubs, what fixtures did before."""

from __future__ import annotations

import asyncio
import socket
from unittest import mock

import httpx
import pytest

PERFORMANCE = {"api_response_ms": 85, "websocket_latency_ms": 42}


def test_performance_targets():
    targets = {"api_response_ms": 100, "websocket_latency_ms": 50}
    for name, measured in PERFORMANCE.items():
        assert measured <= targets[name]


def test_event_sequence():
    sequence = ["agent_started", "agent_thinking", "agent_completed"]
    assert sequence.index("agent_started") < sequence.index("agent_completed")


async def test_streaming_protocols():
    await asyncio.sleep(0)
    assert "websocket" in ["websocket", "sse"]


async def test_forgotten_await(rest):
    async with httpx.AsyncClient() as client:
        answer = client.get(f"{rest}/health")
        assert answer
        answer.close()


def test_mocked_client():
    with mock.patch("httpx.get", return_value=mock.Mock(status_code=200)):
        assert httpx.get("http://staging.example/health").status_code == 200


def test_login_alone(login):
    assert login


def test_beside_a_poller(poller):
    assert sum(range(5)) == 10


def test_socket_pair_is_no_traffic():
    left, right = socket.socketpair()
    left.sendall(b"ping")
    assert right.recv(4) == b"ping"
    left.close()
    right.close()


@pytest.mark.parametrize("feature", ["chat", "agents"])
def test_feature_enabled(feature):
    assert {"chat": True, "agents": True}[feature]
