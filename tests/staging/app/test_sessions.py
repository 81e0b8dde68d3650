"""An open socket: liveness, messages, agents, limits and recovery."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

FIVE = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]


def receive(ws: ClientConnection, timeout_s: float = 3.0) -> dict[str, Any]:
    return json.loads(ws.recv(timeout=timeout_s))


def until(ws: ClientConnection, kind: str, count: int = 1) -> list[dict[str, Any]]:
    """Frames up to and including the count-th of this type."""
    frames: list[dict[str, Any]] = []
    while sum(frame["type"] == kind for frame in frames) < count:
        frames.append(receive(ws))
    return frames


def ask(ws: ClientConnection, **message: Any) -> None:
    ws.send(json.dumps(message))


@pytest.fixture
def ws(healthy):
    with healthy.session() as socket:
        receive(socket)
        yield socket


def test_first_frame_welcomes(healthy):
    """The welcome names the connection, the user and the limits."""
    with healthy.session() as socket:
        frame = receive(socket)
    assert (frame["type"], frame["data"]["event"], frame["data"]["user_id"]) == (
        "system_message",
        "connection_established",
        "staging-e2e-user-001",
    )
    assert frame["data"]["config"] == {"heartbeat_interval": 30, "max_message_size": 8192}


def test_subprotocol_answered_is_never_the_token(healthy):
    """Beside a token only jwt-auth comes back; a token item alone is answered with none; chat.v1 when offered first."""
    token = healthy.token()
    for offered, chosen in (
        ((f"jwt.{token}", "jwt-auth"), "jwt-auth"),
        ((f"jwt.{token}",), None),
        (("chat.v1", f"jwt.{token}"), "chat.v1"),
    ):
        with healthy.session(token="", subprotocols=offered) as socket:
            assert socket.subprotocol == chosen


def test_ping_and_heartbeat_are_echoed(ws):
    """A pong carries the ping's id and time."""
    ask(ws, type="ping", id="p-1", timestamp=12.5)
    pong = receive(ws)
    assert (pong["type"], pong["id"], pong["data"]["timestamp"]) == ("pong", "p-1", 12.5)
    ask(ws, type="heartbeat")
    assert receive(ws)["type"] == "heartbeat_ack"


def test_server_sends_heartbeats(start):
    """A ping comes from the server at the configured interval."""
    with start(options={"heartbeat_s": 0.2}).session() as socket:
        assert [receive(socket)["type"] for _ in range(3)] == ["system_message", "ping", "ping"]


def test_message_brings_the_five_events_in_order(ws):
    """Each event has the ids and a number; the result follows from what was sent."""
    thread_id = uuid.uuid4().hex
    ask(ws, type="user_message", content="one two three four", thread_id=thread_id)
    events = until(ws, "agent_completed")
    assert [event["type"] for event in events] == FIVE
    assert [event["sequence"] for event in events] == [1, 2, 3, 4, 5]
    assert {(event["thread_id"], event["user_id"]) for event in events} == {(thread_id, "staging-e2e-user-001")}
    assert len({event["run_id"] for event in events}) == 1
    assert "4 words" in events[-1]["final_response"]
    assert events[3]["duration_ms"] > 0


def test_supervisor_calculates_when_asked(ws):
    """The content decides the tool."""
    ask(ws, type="chat", payload={"content": "please tell me 12 * (3 + 4)"})
    events = until(ws, "agent_completed")
    assert (events[2]["tool_name"], events[3]["result"]["value"]) == ("calculator", 84)


def test_several_agents_run_at_once(ws):
    """Three runs on one socket overlap, and each keeps its own order."""
    for name in ("triage", "research", "reporting"):
        ask(ws, type="start_agent", agent=name, input="compare these words", thread_id=f"{name}-{uuid.uuid4().hex}")
    frames = until(ws, "agent_completed", 3)
    runs: dict[str, list[str]] = {}
    for frame in frames:
        runs.setdefault(frame["run_id"], []).append(frame["type"])
    assert all(kinds[:3] == FIVE[:3] and kinds[-2:] == FIVE[-2:] for kinds in runs.values())
    starts = [index for index, frame in enumerate(frames) if frame["type"] == "agent_started"]
    assert max(starts) < min(index for index, frame in enumerate(frames) if frame["type"] == "agent_completed")


def test_streamed_reply_comes_in_chunks(ws):
    """With stream the reply arrives in pieces before the run ends, and the pieces make the whole."""
    ask(ws, type="user_message", content="a b c. d e f.", stream=True)
    frames = until(ws, "agent_completed")
    chunks = [frame["data"]["content"] for frame in frames if frame["type"] == "agent_response_chunk"]
    assert len(chunks) > 1
    assert "".join(chunks) == frames[-1]["final_response"] == frames[-2]["data"]["content"]


def test_failures_are_reported(ws):
    """A failing tool ends the run with agent_failed; an unknown agent is an agent_error."""
    ask(ws, type="execute_agent", agent="data", input="nothing to compute")
    failed = until(ws, "agent_failed")
    assert [frame["type"] for frame in failed] == [*FIVE[:3], "agent_failed"]
    assert "no arithmetic" in failed[-1]["error"]
    ask(ws, type="start_agent", agent="poet", input="x")
    assert receive(ws)["error_code"] == "AGENT_NOT_FOUND"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", "INVALID_JSON"),
        ('{"content": "x"}', "MISSING_TYPE"),
        ("[]", "MISSING_TYPE"),
        ('{"type": "execute_nothing"}', "UNKNOWN_MESSAGE_TYPE"),
        ('{"type": "user_message", "content": " "}', "EMPTY_CONTENT"),
        ('{"type": "start_agent", "input": "x"}', "MISSING_AGENT"),
        ('{"type": "resume", "thread_id": "none"}', "THREAD_NOT_FOUND"),
        (json.dumps({"type": "ping", "x": "y" * 8192}), "MESSAGE_TOO_LARGE"),
    ],
)
def test_mistakes_get_an_error_frame(ws, sent, code):
    """The frame names the mistake, and the session goes on."""
    ws.send(sent)
    frame = receive(ws)
    assert (frame["type"], frame["error_code"]) == ("error_message", code)
    ask(ws, type="ping")
    assert receive(ws)["type"] == "pong"


def test_too_many_messages_get_an_error_frame(start):
    """Past the rate messages are refused, pings are not."""
    with start(options={"message_rate_per_min": 2}).session() as socket:
        receive(socket)
        for _ in range(3):
            ask(socket, type="get_agent_status")
        assert [receive(socket)["type"] for _ in range(2)] == ["agent_status_update"] * 2
        assert receive(socket)["error_code"] == "RATE_LIMIT_EXCEEDED"
        ask(socket, type="ping")
        assert receive(socket)["type"] == "pong"


def test_run_survives_a_dropped_connection(healthy):
    """Events that came while the client was away are replayed past the number that it has seen."""
    thread_id = uuid.uuid4().hex
    with healthy.session() as socket:
        receive(socket)
        ask(socket, type="user_message", content="keep on working", thread_id=thread_id)
        seen = until(socket, "agent_thinking")[-1]["sequence"]
        socket.socket.close()
    time.sleep(0.5)
    with healthy.session() as socket:
        receive(socket)
        ask(socket, type="resume", thread_id=thread_id, after=seen)
        frames = until(socket, "agent_completed")
        assert receive(socket)["data"]["replayed"] == 3
    assert [frame["type"] for frame in frames] == FIVE[2:]
    assert [frame["sequence"] for frame in frames] == [3, 4, 5]
    kept = httpx.get(f"{healthy.rest_url}/api/threads/{thread_id}", headers=healthy.bearer()).json()
    assert (kept["state"], [message["role"] for message in kept["messages"]]) == ("completed", ["user", "assistant"])


def test_resumed_run_goes_on_live(start):
    """A reader that comes back in the middle gets what it missed, then the rest as it happens, nothing twice."""
    staging, thread_id = start(delays_ms={"tool_executing": 600}), uuid.uuid4().hex
    with staging.session() as socket:
        receive(socket)
        ask(socket, type="user_message", content="take your time", thread_id=thread_id)
        until(socket, "agent_thinking")
    with staging.session() as socket:
        receive(socket)
        ask(socket, type="resume", thread_id=thread_id, after=0)
        kinds = [frame["type"] for frame in until(socket, "agent_completed")]
    assert kinds == [*FIVE[:2], "thread_update", *FIVE[2:]]


def test_other_users_threads_are_closed(healthy, ws):
    """A thread of another user can be neither continued nor resumed."""
    thread_id = uuid.uuid4().hex
    ask(ws, type="user_message", content="mine", thread_id=thread_id)
    until(ws, "agent_completed")
    with healthy.session(sub="staging-e2e-user-002") as other:
        receive(other)
        for kind in ("resume", "user_message"):
            ask(other, type=kind, thread_id=thread_id, content="theirs")
            assert receive(other)["error_code"] == "THREAD_NOT_FOUND"


def test_refused_upgrade_explains_itself_in_two_frames(start):
    """Under closed-after-accept an error frame comes before the close."""
    with start("closed-after-accept").session() as socket:
        assert receive(socket)["error_code"] == "AUTH_REQUIRED"
        with pytest.raises(ConnectionClosed, match="1008"):
            receive(socket)


def test_configured_delays_are_added(start):
    """Handshake, pong and events take the known extra time."""
    staging = start(delays_ms={"handshake": 150, "pong": 100, "agent_completed": 200})
    began = time.perf_counter()
    with staging.session() as socket:
        assert time.perf_counter() - began > 0.15
        receive(socket)
        began = time.perf_counter()
        ask(socket, type="ping")
        receive(socket)
        assert time.perf_counter() - began > 0.1
        ask(socket, type="user_message", content="x")
        completed, finished = until(socket, "agent_completed")[-2:]
    assert finished["timestamp"] - completed["timestamp"] > 0.2


def test_connection_limit_counts_open_sockets(start):
    """Another user may hold as many sockets as the limit and not one more, until one is closed."""
    staging = start("connection-limit", options={"connection_limit": 2})
    other = {"sub": "staging-e2e-user-002"}
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            receive(stack.enter_context(staging.session(**other)))
        assert staging.knock(**other) == "403"
    time.sleep(0.1)
    assert staging.knock(**other) == "open"
