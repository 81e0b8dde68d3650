"""Takes the samples: a cold try of each operation first, then the closed loop, then the open one where a rate is given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Any

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.facts import Exchange, Sample, utc_now
from lib.handshake import Handshake
from lib.parameters.model import FigureSettings, Parameters
from lib.performance import load
from lib.performance.definitions import FIGURES, Definition, definitions_of
from lib.performance.floor import floor_ms, machine_ms, worker
from lib.performance.loops import Attempt, Plan, Taken, closed_loop, open_loop
from lib.performance.measurement import Measurement
from lib.performance.operations.frame import TimedFrame
from lib.performance.operations.message import TimedMessage
from lib.performance.operations.ping import TimedPing
from lib.performance.operations.request import TimedRequest

MAX_EXCHANGES = 2000
BLOCKS = 8
"""So many blocks a closed loop is cut into: what lies close together in time shares the machine's mood, and counts once."""
FLOOR_TRIPS = 40
NO_REST = "target.rest_url is not set, so nothing was asked over REST"
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

    All closed loops of an operation end after `budget.seconds`, and so does its open one; what brings nothing but failures ends
    after three.
    """
    run = _Run(parameters=parameters, handshake=handshake, clock=clock, progress=on_progress or (lambda text: None))
    for name, prepare in (("request", run.request), ("ping", run.ping), ("message", run.message)):
        figures = tuple(figure for figure, definition in FIGURES.items() if definition.operation == name)
        if name == "request" and parameters.target.rest_url is None:
            run.notes[name] = NO_REST
        elif any(figure in parameters.objectives for figure in figures):
            run.operations[name] = _Operation(figures, *await prepare(rest_factory if name == "request" else ws))
    await run.prepare_own(rest_factory, ws)
    try:
        await run.take_all()
    finally:
        for one in run.operations.values():
            await one.call.close()
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
        floor_ms=median(run.floors_ms) if run.floors_ms else None,
        load=under_load,
        definitions=run.definitions,
    )


@dataclass
class _Operation:
    """One operation that is being measured: what it gives, how it is done, its first try, and how long it took so far."""

    figures: tuple[str, ...]
    call: Any
    first: Attempt
    spent_s: float = 0.0


@dataclass
class _Beside:
    """What the machine itself was like beside a block."""

    floor_ms: float | None
    machine_ms: float | None


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
    floors_ms: list[float] = field(default_factory=list)
    operations: dict[str, _Operation] = field(default_factory=dict)

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """All figures that can be measured here."""
        return definitions_of(self.parameters.performance.figures)

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

    async def prepare_own(self, rest_factory: Callable[[], Rest], ws: WebSockets) -> None:
        """The figures of one's own that an objective names."""
        for name, figure in self.parameters.performance.figures.items():
            if name not in self.parameters.objectives:
                continue
            operation = self.definitions[name].operation
            if figure.request is not None and self.parameters.target.rest_url is None:
                self.notes[operation] = NO_REST
                continue
            call = self._own(name, figure, rest_factory, ws)
            first = await call("control")
            if isinstance(call, TimedRequest) and first.error is None:
                call.through_door |= (await call("sample")).error is not None
            self.operations[operation] = _Operation((name,), call, first)

    def _own(self, name: str, figure: FigureSettings, rest_factory: Callable[[], Rest], ws: WebSockets) -> Any:
        if figure.request is None:
            return TimedFrame(name=name, figure=figure, handshake=self.handshake, ws=ws, clock=self.clock)
        method, _, path = figure.request.partition(" ")
        asked = {"method": method, "path": path, "figure": name, "rest_factory": rest_factory}
        return TimedRequest(handshake=self.handshake, clock=self.clock, **asked)

    async def take_all(self) -> None:
        """The closed loops in blocks, all operations in turn and what the machine is like beside each; then the open loops.

        The first tries, made already, are the cold start and no samples.
        """
        settings = self.parameters.performance
        for one in self.operations.values():
            self._keep(one.first)
            self.cold_ms |= one.first.durations_ms
        sizes = block_sizes(settings.samples)
        with worker() as port:
            for block, size in enumerate(sizes):
                beside = _Beside(await floor_ms(FLOOR_TRIPS), await machine_ms(port))
                self.floors_ms += [] if beside.floor_ms is None else [beside.floor_ms]
                still = [name for name in self.operations if name not in self.stopped]
                self.progress(f"block {block + 1} of {len(sizes)}: {', '.join(still)}")
                for name in still:
                    one = self.operations[name]
                    plan = self._plan(one, samples=size, warmup=0 if block else settings.warmup)
                    await self._take_block(name, one, plan, block, beside)
        for name, one in self.operations.items():
            if settings.rate_per_s and any(sample.ms is not None and sample.figure in one.figures for sample in self.samples):
                await self._take_open(
                    name, one, replace(self._plan(one, settings.samples, settings.warmup), rate_per_s=settings.rate_per_s)
                )

    def _plan(self, one: _Operation, samples: int, warmup: int) -> Plan:
        budget = self.parameters.budget
        return Plan(
            samples=samples, warmup=warmup, seconds=max(budget.seconds - one.spent_s, 0.0), spacing_s=budget.spacing_ms / 1000
        )

    async def _take_block(self, name: str, one: _Operation, plan: Plan, block: int, beside: _Beside) -> None:
        began_s = time.perf_counter()
        failed_already = block == 0 and one.first.error is not None
        taken = await closed_loop(one.call, one.figures, plan, clock=self.clock, failed_already=failed_already)
        one.spent_s += time.perf_counter() - began_s
        taken.samples = [replace(sample, block=block, **vars(beside)) for sample in taken.samples]
        self._gather(name, taken)
        if not isinstance(one.call, TimedRequest):
            await one.call.close()  # a socket that is held while others are measured might be what refuses theirs

    async def _take_open(self, name: str, one: _Operation, plan: Plan) -> None:
        self.progress(f"{', '.join(one.figures)}: {plan.samples} samples at {plan.rate_per_s:g} a second")
        await asyncio.gather(*(one.call("sample") for _ in range(OPEN_AT_ONCE)))
        plan = replace(plan, seconds=self.parameters.budget.seconds)
        self._gather(name, await open_loop(one.call, one.figures, plan, clock=self.clock, definitions=self.definitions))
        await one.call.close()

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


def block_sizes(samples: int) -> list[int]:
    """How many samples each block of a closed loop has: at least two, in at most `BLOCKS` blocks."""
    count = max(min(BLOCKS, samples // 2), 1)
    return [samples // count + (place < samples % count) for place in range(count)]
