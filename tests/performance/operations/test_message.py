"""lib/performance/operations/message.py."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from lib.clients.websocket import WebSockets
from lib.facts import utc_now
from lib.handshake import Handshake
from lib.performance.operations.message import TimedMessage, durations
from tests.performance.conftest import served


async def told(*frames, welcome=True, code=None):
    """What one message to a server that answers with these frames, and then perhaps a close code, comes to."""

    async def socket(websocket):
        await websocket.accept()
        if welcome:
            await websocket.send_json({"type": "system_message"})
        await websocket.receive_text()
        for frame in frames:
            await websocket.send_json(frame)
        if code:
            await websocket.close(code, "gone")
        await websocket.receive()

    with served(Starlette(routes=[WebSocketRoute("/ws", socket)])) as host:
        handshake = Handshake(url=f"ws://{host}/ws", rest_url="", timeout_s=1.5)
        return await TimedMessage(handshake=handshake, ws=WebSockets(), clock=utc_now)("sample")


@pytest.mark.parametrize(
    ("frames", "code", "error"),
    [
        ([{"type": "agent_started"}, {"type": "agent_failed", "error": "no model"}], None, "agent_failed: no model"),
        ([{"type": "error_message", "error_message": "too fast"}], None, "error_message: too fast"),
        ([{"type": "agent_started"}], 1011, "closed by the server (1011: gone)"),
        ([{"type": "agent_started"}], None, "no agent_completed within 1.5 s"),
        ([], None, "no agent_started within 1.5 s"),
    ],
)
async def test_an_agent_that_does_not_complete_is_no_measurement(frames, code, error):
    """Failure, refusal, a closed socket and silence each say what they were; no total is made up."""
    attempt = await told(*frames, code=code)
    assert attempt.error == error
    assert "total_request_ms" not in attempt.durations_ms


async def test_an_agent_that_started_was_started_even_if_it_failed():
    """The start-up was seen and counts; what came after it does not."""
    attempt = await told({"type": "agent_started"}, {"type": "agent_error", "error": "x"})
    assert set(attempt.durations_ms) == {"agent_startup_ms"}


async def test_a_server_without_a_welcome_is_waited_for_once():
    """No first frame comes: the message is sent after a second, and the next one at once."""
    attempt = await told({"type": "agent_started"}, {"type": "agent_completed"}, welcome=False)
    assert attempt.error is None
    assert attempt.marks_ms["message_sent"] > 900


def test_durations_follow_from_the_marks():
    """Start-up from the message, processing from agent_started, the whole from the connect."""
    marks = {"connect": 0.0, "message_sent": 10.0, "agent_started": 15.0, "agent_thinking": 20.0, "agent_completed": 95.0}
    assert durations(marks) == {"agent_startup_ms": 5.0, "message_processing_ms": 80.0, "total_request_ms": 95.0}
    del marks["agent_started"]
    assert durations(marks) == {"message_processing_ms": 75.0, "total_request_ms": 95.0}
