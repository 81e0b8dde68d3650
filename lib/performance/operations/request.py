"""The operation behind api_response_ms and requests of one's own: REST with the credential, on a connection that is kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lib.clients import network, trace_context
from lib.clients.rest import Rest
from lib.facts import Exchange, Phases, Purpose, Request
from lib.handshake import Handshake, rest_request
from lib.performance.loops import Attempt
from lib.performance.operations.answers import answered, is_success, refusal
from lib.performance.operations.timed_http import Broken, TimedHttp


@dataclass(slots=True, kw_only=True)
class TimedRequest:
    """A request of one path with the credential. A control goes through the REST door; samples go over timed connections, one
    for each request in flight, unless `through_door`: a proxy, or a server that only the door can talk to.
    """

    handshake: Handshake
    path: str
    rest_factory: Callable[[], Rest]
    clock: Callable[[], datetime]
    through_door: bool = False
    method: str = "GET"
    figure: str = "api_response_ms"
    _doors: list[Rest] = field(default_factory=list)
    _timed: list[TimedHttp] = field(default_factory=list)
    _control: Exchange | None = None

    def __post_init__(self) -> None:
        """Behind a proxy of the environment only the door finds its way."""
        if self.handshake.use_environment_proxy and network.environment_proxy(self.handshake.rest_url) is not None:
            self.through_door = True

    async def __call__(self, of: Purpose) -> Attempt:
        """One request; its duration where the answer is a 2xx."""
        asked = rest_request(self.handshake, self.path, now=self.clock(), method=self.method)
        if of == "control" or self.through_door:
            return await self._ask_door(asked, of)
        return await self._ask_timed(asked)

    async def _ask_door(self, asked: Request, of: Purpose) -> Attempt:
        rest = self._doors.pop() if self._doors else self.rest_factory()
        try:
            exchange = await rest.ask(asked, of=of, label=f"{self.method} {self.path}")
        finally:
            self._doors.append(rest)
        self._control = exchange
        error = None if is_success(exchange.status) else refusal(exchange)
        durations_ms = {} if error else {self.figure: exchange.elapsed_ms}
        return Attempt(durations_ms=durations_ms, error=error, exchange=exchange, trace_id=exchange.trace_id)

    async def _ask_timed(self, asked: Request) -> Attempt:
        timed = self._timed.pop() if self._timed else TimedHttp()
        at, trace_id = self.clock(), trace_context.new_trace_id()
        try:
            head, elapsed_ms = await timed.ask(asked, trace=trace_context.traceparent(trace_id))
        except Broken as broken:
            return Attempt(error=str(broken), trace_id=trace_id)
        finally:
            self._timed.append(timed)
        error = None if is_success(head.status) else answered(head.status)
        seen = {"status": head.status, "elapsed_ms": elapsed_ms, "trace_id": trace_id, "at": at}
        durations_ms = {} if error else {self.figure: elapsed_ms}
        return Attempt(
            durations_ms=durations_ms, error=error, exchange=self._like_control(**seen), trace_id=trace_id, headers=head.headers
        )

    def _like_control(self, **seen: Any) -> Exchange | None:
        """The exchange of a sample: the control's, redacted already, with what differs; without a control there is none."""
        if self._control is None:
            return None
        fresh = {"id": uuid.uuid4().hex, "of": "sample", "rung": "http", "error": None, "headers": (), "body_excerpt": ""}
        return replace(self._control, **fresh, request_headers=(), phases=Phases(), **seen)

    async def close(self) -> None:
        """Closes all connections."""
        while self._timed:
            self._timed.pop().close()
        while self._doors:
            await self._doors.pop().close()
