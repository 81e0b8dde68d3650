"""The operation behind the agents' figures: a user's message, from connect to the agent's answer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.clients.websocket import Session, SessionClosed, WebSockets
from lib.facts import Exchange, Purpose
from lib.handshake import Handshake, websocket_request
from lib.performance.definitions import EVENTS, FAILURES, WELCOME_WITHIN_S
from lib.performance.loops import Attempt
from lib.performance.operations.answers import complaint, kind_of, refusal

MESSAGE = "How many words does this sentence have, and which of them did earlier messages share?"


@dataclass(slots=True, kw_only=True)
class TimedMessage:
    """A user's message on a socket of its own: connect, welcome, message, the agent's events up to agent_completed, goodbye."""

    handshake: Handshake
    ws: WebSockets
    clock: Callable[[], datetime]
    waits_for_welcome: bool = True

    async def __call__(self, of: Purpose) -> Attempt:
        """One conversation; which durations it gives depends on the events that came."""
        request = websocket_request(self.handshake, now=self.clock())
        started_s = time.perf_counter()
        opened = await self.ws.open(request, of=of, label="message")
        if isinstance(opened, Exchange):
            return Attempt(error=refusal(opened), exchange=opened, trace_id=opened.trace_id)
        marks_s = {"connect": started_s, "upgraded": opened.answered_at_s}
        try:
            error = await self._converse(opened, marks_s)
        finally:
            await opened.close()
        exchange = opened.exchange
        marks_ms = {name: (at_s - started_s) * 1000 for name, at_s in marks_s.items()}
        return Attempt(
            durations_ms=durations(marks_ms), error=error, exchange=exchange, trace_id=exchange.trace_id, marks_ms=marks_ms
        )

    async def _converse(self, session: Session, marks_s: dict[str, float]) -> str | None:
        patience_s = self.handshake.timeout_s
        try:
            await self._welcome(session, marks_s)
            marks_s["message_sent"] = await session.send(user_message(self.clock()))
            frames = await session.receive_until(lambda frame: kind_of(frame) in (*EVENTS, *FAILURES), timeout_s=patience_s)
            while (kind := kind_of(frames[-1])) not in ("agent_completed", *FAILURES):
                marks_s.setdefault(kind, frames[-1].at_s)
                frames = await session.receive_until(lambda frame: kind_of(frame) in (*EVENTS, *FAILURES), timeout_s=patience_s)
        except TimeoutError:
            missing = "agent_completed" if any(event in marks_s for event in EVENTS) else "agent_started"
            return f"no {missing} within {patience_s:g} s"
        except SessionClosed as closed:
            return refusal(session.exchange) if session.close_code is not None else str(closed)
        if kind in FAILURES:
            return complaint(frames[-1])
        marks_s[kind] = frames[-1].at_s
        return None

    async def _welcome(self, session: Session, marks_s: dict[str, float]) -> None:
        if not self.waits_for_welcome:
            return
        try:
            marks_s["welcome"] = (await session.receive(timeout_s=min(WELCOME_WITHIN_S, self.handshake.timeout_s))).at_s
        except TimeoutError:
            self.waits_for_welcome = False

    async def close(self) -> None:
        """Nothing is kept open between two messages."""


def durations(marks_ms: dict[str, float]) -> dict[str, float]:
    """The figures that the marks of one conversation give."""
    found = {}
    started = marks_ms.get("agent_started")
    first_event = min((marks_ms[event] for event in EVENTS[:-1] if event in marks_ms), default=None)
    if started is not None:
        found["agent_startup_ms"] = started - marks_ms["message_sent"]
    if "agent_completed" in marks_ms:
        found["total_request_ms"] = marks_ms["agent_completed"]
        if first_event is not None:
            found["message_processing_ms"] = marks_ms["agent_completed"] - (started if started is not None else first_event)
    return found


def user_message(now: datetime) -> dict[str, Any]:
    """A message as the real clients send it: its content at the top level, where some servers look, and in the payload, where
    others do."""
    thread_id = f"thread_{uuid.uuid4().hex[:12]}"
    content = {"content": MESSAGE, "thread_id": thread_id}
    return {"type": "user_message", **content, "timestamp": now.timestamp(), "payload": content}
