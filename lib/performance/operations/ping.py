"""The operation behind websocket_latency_ms: a ping on an open socket and its pong."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from lib.clients.websocket import Session, SessionClosed, WebSockets
from lib.facts import Exchange, Purpose
from lib.handshake import Handshake, websocket_request
from lib.performance.definitions import FAILURES, WELCOME_WITHIN_S
from lib.performance.loops import Attempt
from lib.performance.operations.answers import complaint, kind_of, refusal

PONG_WITHIN_S = 2.0


@dataclass(slots=True, kw_only=True)
class TimedPing:
    """Ping messages on one socket, opened when first needed and again when it was closed; pongs answer pings in their order.

    `of_protocol` sends WebSocket's own ping frames instead, for servers without such messages.
    """

    handshake: Handshake
    ws: WebSockets
    clock: Callable[[], datetime]
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
        return await self._session.ping(timeout_s=patience_s) * 1000  # type: ignore[union-attr]  # opened before

    async def _ping_message(self, patience_s: float) -> float:
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        now = self.clock().timestamp()
        self._waiting.append(pong)
        sent_s = await self._session.send({"type": "ping", "id": uuid.uuid4().hex, "timestamp": now})  # type: ignore[union-attr]  # opened before
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
