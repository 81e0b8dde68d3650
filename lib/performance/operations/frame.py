"""The operation behind a figure of one's own on a socket: until a frame comes, from the 101 or from what was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.clients.websocket import Message, Session, SessionClosed, WebSockets
from lib.facts import Exchange, Purpose, Sign
from lib.handshake import Handshake, credential, websocket_request
from lib.parameters.model import FigureSettings
from lib.performance.definitions import WELCOME_WITHIN_S
from lib.performance.loops import Attempt
from lib.performance.operations.answers import refusal
from lib.sessions.matching import matches
from lib.sessions.scripts import message

MAX_SHOWN = 120


@dataclass(slots=True, kw_only=True)
class TimedFrame:
    """A socket of its own: connect, send where something is to be sent, wait for the frame, goodbye."""

    name: str
    figure: FigureSettings
    handshake: Handshake
    ws: WebSockets
    clock: Callable[[], datetime]
    waits_for_welcome: bool = True

    async def __call__(self, of: Purpose) -> Attempt:
        """One frame waited for."""
        now = self.clock()
        token = credential(self.handshake, now=now)
        request = websocket_request(self.handshake, now=now, token=token)
        opened = await self.ws.open(request, of=of, label=self.name)
        if isinstance(opened, Exchange):
            return Attempt(error=refusal(opened), exchange=opened, trace_id=opened.trace_id)
        try:
            waited = await self._waited_ms(opened, token)
        finally:
            await opened.close()
        given: dict[str, Any] = {"error": waited} if isinstance(waited, str) else {"durations_ms": {self.name: waited}}
        return Attempt(exchange=opened.exchange, trace_id=opened.exchange.trace_id, **given)

    async def _waited_ms(self, session: Session, token: str | None) -> float | str:
        """From where the clock starts to the frame; why there is none."""
        wanted, last = _sign(self.figure.until), None
        started_s = session.answered_at_s

        def found(frame: Message) -> bool:
            nonlocal last
            last = frame
            return frame.at_s >= started_s and matches(wanted, frame.text)

        try:
            if not self.figure.starts_at_open:
                await self._welcome(session)
            if self.figure.send is not None:
                sent_s = await session.send(message(self.figure.send, token))
                started_s = started_s if self.figure.starts_at_open else sent_s
            frames = await session.receive_until(found, timeout_s=self.handshake.timeout_s)
        except TimeoutError:
            told = f"; the last frame was {last.excerpt[:MAX_SHOWN]}" if last is not None else "; no frame came"
            return f"no frame as until says within {self.handshake.timeout_s:g} s{told}"
        except SessionClosed as closed:
            return refusal(session.exchange) if session.close_code is not None else str(closed)
        return (frames[-1].at_s - started_s) * 1000

    async def _welcome(self, session: Session) -> None:
        """What a server says by itself is no answer; whether it does is learnt once."""
        if self.waits_for_welcome:
            try:
                await session.receive(timeout_s=min(WELCOME_WITHIN_S, self.handshake.timeout_s))
            except TimeoutError:
                self.waits_for_welcome = False

    async def close(self) -> None:
        """Nothing is kept open between two."""


def _sign(until: Mapping[str, Any] | str | None) -> Sign:
    return Sign("json", until) if isinstance(until, Mapping) else Sign("holds", until)
