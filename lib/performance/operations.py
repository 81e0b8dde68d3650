"""The three things that are timed: a REST request, a ping on an open socket, and a user's message from connect to the agent's answer.

Each operation is called with the purpose of its exchange and answers with an `Attempt`; it may be called many times at once. A failure
of the target is an attempt with an error.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lib.facts import Exchange, Purpose
from lib.handshake import Handshake, rest_request, websocket_request
from lib.performance.definitions import EVENTS, FAILURES
from lib.performance.loops import Attempt
from lib.rest import Rest
from lib.ws import Frame, Session, SessionClosed, WebSockets

WELCOME_WITHIN_S = 1.0
PONG_WITHIN_S = 2.0
MESSAGE = "How many words does this sentence have, and which of them did earlier messages share?"

Clock = Callable[[], datetime]


@dataclass(slots=True, kw_only=True)
class Request:
    """GET of one path with the credential. Each request in flight has a client of its own, kept for the next."""

    handshake: Handshake
    path: str
    rest_factory: Callable[[], Rest]
    clock: Clock
    _idle: list[Rest] = field(default_factory=list)

    async def __call__(self, of: Purpose) -> Attempt:
        """One request; its duration where the answer is a 2xx."""
        rest = self._idle.pop() if self._idle else self.rest_factory()
        try:
            exchange = await rest.ask(rest_request(self.handshake, self.path, now=self.clock()), of=of, label=f"GET {self.path}")
        finally:
            self._idle.append(rest)
        answered = exchange.status is not None and 200 <= exchange.status < 300
        durations = {"api_response_ms": exchange.elapsed_ms} if answered else {}
        return Attempt(durations_ms=durations, error=None if answered else refusal(exchange), exchange=exchange, trace_id=exchange.trace_id)

    async def close(self) -> None:
        """Closes the clients."""
        while self._idle:
            await self._idle.pop().close()


@dataclass(slots=True, kw_only=True)
class Ping:
    """Ping messages on one socket, opened when first needed and again when it was closed; pongs answer pings in their order.

    `of_protocol` sends WebSocket's own ping frames instead, for servers without such messages.
    """

    handshake: Handshake
    ws: WebSockets
    clock: Clock
    of_protocol: bool = False
    _session: Session | None = None
    _exchange: Exchange | None = None
    _reader: asyncio.Task[None] | None = None
    _waiting: deque[asyncio.Future[float]] = field(default_factory=deque)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self, of: Purpose) -> Attempt:
        """One round trip."""
        async with self._opening:
            if self._session is None or not self._session.is_open:
                opened = await self._open(of)
                if self._session is None or not self._session.is_open:
                    return Attempt(error=refusal(opened), exchange=opened, trace_id=opened.trace_id)
        trace_id = self._exchange.trace_id if self._exchange else None
        # Whether a server knows ping messages at all is asked first, and briefly.
        patience_s = min(PONG_WITHIN_S, self.handshake.timeout_s) if of == "control" else self.handshake.timeout_s
        try:
            duration_ms = await (self._ping_frame(patience_s) if self.of_protocol else self._ping_message(patience_s))
        except TimeoutError:
            await self.close()  # a pong that comes later would be taken for the next one's
            return Attempt(error=f"no pong within {patience_s:g} s", exchange=self._exchange, trace_id=trace_id)
        except (SessionClosed, PongRefused) as error:
            return Attempt(error=str(error), exchange=self._exchange, trace_id=trace_id)
        return Attempt(durations_ms={"websocket_latency_ms": duration_ms}, exchange=self._exchange, trace_id=trace_id)

    async def close(self) -> None:
        """Closes the socket."""
        if self._reader is not None:
            self._reader.cancel()
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def _open(self, of: Purpose) -> Exchange:
        await self.close()
        opened = await self.ws.open(websocket_request(self.handshake, now=self.clock()), of=of, label="ping")
        if isinstance(opened, Exchange):
            return opened
        self._session = opened
        try:
            await opened.receive(timeout_s=min(WELCOME_WITHIN_S, self.handshake.timeout_s))
        except (TimeoutError, SessionClosed):
            pass  # not every server says welcome; one that has closed is not open below
        self._exchange = opened.exchange
        self._waiting.clear()
        self._reader = asyncio.create_task(self._read(opened))
        return self._exchange

    async def _ping_frame(self, patience_s: float) -> float:
        return await self._session.ping(timeout_s=patience_s) * 1000  # type: ignore[union-attr]

    async def _ping_message(self, patience_s: float) -> float:
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        now = self.clock().timestamp()
        self._waiting.append(pong)
        sent_s = await self._session.send({"type": "ping", "id": uuid.uuid4().hex, "timestamp": now})  # type: ignore[union-attr]
        return (await asyncio.wait_for(pong, patience_s) - sent_s) * 1000

    async def _read(self, session: Session) -> None:
        error: Exception = SessionClosed(None, None)
        try:
            while True:
                frame = await session.receive(timeout_s=3600)
                kind = kind_of(frame)
                if kind == "pong" and self._waiting:
                    settle(self._waiting.popleft(), frame.at_s)
                elif kind in FAILURES and self._waiting:
                    settle(self._waiting.popleft(), PongRefused(complaint(frame)))
        except (SessionClosed, TimeoutError) as ended:
            error = ended
        finally:
            while self._waiting:
                settle(self._waiting.popleft(), error)


class PongRefused(Exception):
    """The server answered a ping with an error message."""


def settle(waiting: asyncio.Future[float], outcome: float | Exception) -> None:
    """Hands a waiter its outcome, unless it has given up."""
    if waiting.done():
        return
    if isinstance(outcome, Exception):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)


@dataclass(slots=True, kw_only=True)
class Message:
    """A user's message on a socket of its own: connect, welcome, message, the agent's events up to agent_completed, goodbye."""

    handshake: Handshake
    ws: WebSockets
    clock: Clock
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
        return Attempt(durations_ms=durations(marks_ms), error=error, exchange=exchange, trace_id=exchange.trace_id, marks_ms=marks_ms)

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
    """A message as the real clients send it: its content at the top level, where some servers look, and in the payload, where others do."""
    thread_id = f"thread_{uuid.uuid4().hex[:12]}"
    content = {"content": MESSAGE, "thread_id": thread_id}
    return {"type": "user_message", **content, "timestamp": now.timestamp(), "payload": content}


def kind_of(frame: Frame) -> str:
    """The type of a frame, whether events stand flat, in `payload` or in `data`."""
    found = frame.json
    kind = found.get("type") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else ""


def complaint(frame: Frame) -> str:
    """What an error frame says, in one line."""
    found = frame.json if isinstance(frame.json, dict) else {}
    body = found.get("data") if isinstance(found.get("data"), dict) else found
    text = body.get("error_message") or body.get("error") or body.get("message") or body.get("error_code") or ""
    return f"{found.get('type')}: {str(text)[:120]}"


def refusal(exchange: Exchange) -> str:
    """Why an exchange is no measurement, in as few words as its reader needs."""
    if exchange.close_code is not None:
        reason = f": {exchange.close_reason}" if exchange.close_reason else ""
        return f"closed by the server ({exchange.close_code}{reason})"
    if exchange.error is not None and exchange.status in (None, 101):
        return exchange.error
    refused = exchange.kind == "handshake" or exchange.status in (401, 403, 407, 429)
    return f"{'refused' if refused else 'answered'} ({exchange.status})"
