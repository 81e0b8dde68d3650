"""Takes the samples: a cold try of each operation first, then the closed loop, then the open one where a rate is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.facts import Exchange, Sample, utc_now
from lib.handshake import Handshake
from lib.parameters.model import Parameters
from lib.performance import load
from lib.performance.definitions import FIGURES
from lib.performance.floor import floor_ms
from lib.performance.loops import Attempt, Plan, Taken, closed_loop, open_loop
from lib.performance.measurement import Measurement
from lib.performance.operations.message import TimedMessage
from lib.performance.operations.ping import TimedPing
from lib.performance.operations.request import TimedRequest

MAX_EXCHANGES = 2000
OPEN_AT_ONCE = 4
"""Clients that are connected before an open loop starts, so that a new connection is not taken for a slow answer."""

Progress = Callable[[str], None]


async def measure(
    parameters: Parameters,
    *,
    handshake: Handshake,
    rest_factory: Callable[[], Rest],
    ws: WebSockets,
    clock: Callable[[], datetime] = utc_now,
    on_progress: Progress | None = None,
) -> Measurement:
    """The figures of `objectives`, measured on real traffic in at most some minutes, whatever the target does.

    Each loop of each operation ends after `budget.seconds`; one that brings nothing but failures ends after three.
    """
    run = _Run(parameters=parameters, handshake=handshake, clock=clock, progress=on_progress or (lambda text: None))
    run.progress("measuring the floor of this client")
    floor = await floor_ms()
    for name, prepare in (("request", run.request), ("ping", run.ping), ("message", run.message)):
        figures = tuple(figure for figure, definition in FIGURES.items() if definition.operation == name)
        if name == "request" and parameters.target.rest_url is None:
            run.notes[name] = "target.rest_url is not set, so nothing was asked over REST"
        elif any(figure in parameters.objectives for figure in figures):
            await run.take(name, figures, await prepare(rest_factory if name == "request" else ws))
    under_load = await load.run(parameters, handshake, progress=run.progress) if parameters.performance.load else None
    return Measurement(
        objectives=parameters.objectives,
        samples=(*run.samples, *(under_load.samples if under_load else ())),
        exchanges=tuple(run.exchanges),
        cold_ms=run.cold_ms,
        notes=run.notes,
        stopped=run.stopped,
        timelines=tuple(run.timelines),
        lateness_ms=tuple(run.lateness_ms),
        floor_ms=floor,
        load=under_load,
    )


@dataclass(kw_only=True)
class _Run:
    """What one measurement gathers."""

    parameters: Parameters
    handshake: Handshake
    clock: Callable[[], datetime]
    progress: Progress
    samples: list[Sample] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    cold_ms: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    timelines: list[dict[str, float]] = field(default_factory=list)
    lateness_ms: list[float] = field(default_factory=list)

    async def request(self, rest_factory: Callable[[], Rest]) -> tuple[Any, Attempt]:
        """The protected route; where it gives no 2xx the health route, and the note says why."""
        protected, health = self.parameters.target.protected_path, self.parameters.target.health_path
        operation = TimedRequest(handshake=self.handshake, path=protected, rest_factory=rest_factory, clock=self.clock)
        first = await operation("control")
        self._keep(first)
        self.notes["request"] = f"GET {protected} with the credential"
        if first.error is not None:
            operation.path = health
            second = await operation("control")
            if second.error is None:
                self.notes["request"] = f"GET {health} with the credential, because GET {protected} was {first.error}"
                first = second
            else:
                operation.path = protected
        if first.error is None:
            operation.through_door |= (await operation("sample")).error is not None
        return operation, first

    async def ping(self, ws: WebSockets) -> tuple[Any, Attempt]:
        """Ping messages; where no pong message comes, the protocol's own pings, and the note says so."""
        operation = TimedPing(handshake=self.handshake, ws=ws, clock=self.clock)
        first = await operation("control")
        accepted = first.exchange is not None and first.exchange.status == 101 and first.exchange.close_code is None
        if first.error is not None and accepted:
            operation.of_protocol = True
            second = await operation("control")
            if second.error is None:
                self.notes["ping"] = (
                    f"ping frames of the WebSocket protocol, because a ping message was answered with {first.error}"
                )
                return operation, second
            operation.of_protocol = False
        return operation, first

    async def message(self, ws: WebSockets) -> tuple[Any, Attempt]:
        """A user's message."""
        operation = TimedMessage(handshake=self.handshake, ws=ws, clock=self.clock)
        return operation, await operation("control")

    async def take(self, name: str, figures: tuple[str, ...], prepared: tuple[Any, Attempt]) -> None:
        """Runs the loops of one operation; the first try, made already, is the cold start and no sample."""
        operation, first = prepared
        self._keep(first)
        self.cold_ms |= first.durations_ms
        settings, budget = self.parameters.performance, self.parameters.budget
        plan = Plan(samples=settings.samples, warmup=settings.warmup, seconds=budget.seconds, spacing_s=budget.spacing_ms / 1000)
        try:
            self.progress(f"{', '.join(figures)}: {plan.samples} samples one after another")
            taken = await closed_loop(operation, figures, plan, clock=self.clock, failed_already=first.error is not None)
            self._gather(name, taken)
            if settings.rate_per_s and any(attempt.durations_ms for attempt in taken.attempts):
                self.progress(f"{', '.join(figures)}: {plan.samples} samples at {settings.rate_per_s:g} a second")
                await asyncio.gather(*(operation("sample") for _ in range(OPEN_AT_ONCE)))
                self._gather(
                    name, await open_loop(operation, figures, replace(plan, rate_per_s=settings.rate_per_s), clock=self.clock)
                )
        finally:
            await operation.close()

    def _gather(self, name: str, taken: Taken) -> None:
        self.samples += taken.samples
        self.lateness_ms += taken.lateness_ms
        for attempt in taken.attempts:
            self._keep(attempt)
        if taken.stopped:
            self.stopped[name] = taken.stopped

    def _keep(self, attempt: Attempt) -> None:
        found = attempt.exchange
        if (
            found is not None and len(self.exchanges) < MAX_EXCHANGES and found not in self.exchanges[-1:]
        ):  # all pings share one handshake
            self.exchanges.append(found)
        if "agent_completed" in attempt.marks_ms:
            self.timelines.append(dict(attempt.marks_ms))
