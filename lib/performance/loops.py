"""When samples are taken: one after another, or on a schedule that waits for nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from lib.facts import Exchange, Purpose, Sample
from lib.performance.definitions import FIGURES, Definition

MAX_IN_FLIGHT = 256
HOPELESS = 3
"""So many failures in a row end a loop: a refused client does not keep knocking."""
SLOW_S = 1.0
"""A failure that took longer counts twice: who waits for a target that hangs waits long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one operation gave: durations by figure, or an error for those that are missing.

    `marks_ms` are its events since its start; `headers` those of a timed request's answer.
    """

    durations_ms: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    exchange: Exchange | None = None
    trace_id: str | None = None
    marks_ms: Mapping[str, float] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


Operation = Callable[[Purpose], Awaitable[Attempt]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often, how fast and for how long; `rate_per_s` None is the closed loop. The deadline holds for each loop by itself."""

    samples: int
    warmup: int
    seconds: float
    rate_per_s: float | None = None
    spacing_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Taken:
    """What a loop brought: samples of each figure in the order of their starts, and the attempts behind them.

    `stopped` says why it ended before its plan was fulfilled. `lateness_ms` is how late our own starts were (open loop).
    """

    samples: list[Sample] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    lateness_ms: list[float] = field(default_factory=list)
    stopped: str | None = None

    def add(self, attempt: Attempt, figures: tuple[str, ...], **when: Any) -> None:
        """Keeps an attempt and the samples that it is."""
        self.attempts.append(attempt)
        self.samples += samples_of(attempt, figures, **when)


def samples_of(
    attempt: Attempt,
    figures: tuple[str, ...],
    *,
    at: datetime,
    loop: Literal["closed", "open", "load"],
    warmup: bool = False,
    wait_ms: float = 0.0,
    definitions: Mapping[str, Definition] = FIGURES,
) -> list[Sample]:
    """One sample a figure; the wait since the intended start counts where the figure's clock starts with the attempt."""
    due_at = at - timedelta(milliseconds=wait_ms)
    taken = []
    for name in figures:
        ms = attempt.durations_ms.get(name)
        ms = ms + wait_ms if ms is not None and wait_ms and definitions[name].from_start else ms
        error = None if ms is not None else attempt.error or "not seen"
        taken.append(
            Sample(figure=name, ms=ms, at=at, due_at=due_at, warmup=warmup, trace_id=attempt.trace_id, error=error, loop=loop)
        )
    return taken


async def closed_loop(
    operation: Operation, figures: tuple[str, ...], plan: Plan, *, clock: Callable[[], datetime], failed_already: bool = False
) -> Taken:
    """One after another, until the plan is fulfilled, the time is spent, or nothing but failures came back."""
    taken, ends_s, failures = Taken(), time.perf_counter() + plan.seconds, int(failed_already)
    for number in range(plan.warmup + plan.samples):
        if number and plan.spacing_s:
            await asyncio.sleep(plan.spacing_s)
        at, started_s = clock(), time.perf_counter()
        attempt = await operation("sample")
        ended_s = time.perf_counter()
        taken.add(attempt, figures, at=at, loop="closed", warmup=number < plan.warmup)
        slow = ended_s - started_s > SLOW_S
        failures = 0 if attempt.error is None else failures + 1 + slow
        if failures >= HOPELESS:
            taken.stopped = f"stopped after {number + 1} tries: the last {min(failures, number + 1)} failed"
            break
        if ended_s > ends_s:
            taken.stopped = f"stopped after {plan.seconds:g} s with {number + 1} of {plan.warmup + plan.samples} tries"
            break
    return taken


async def open_loop(
    operation: Operation,
    figures: tuple[str, ...],
    plan: Plan,
    *,
    clock: Callable[[], datetime],
    definitions: Mapping[str, Definition] = FIGURES,
) -> Taken:
    """Starts at a constant rate, answered or not; what cannot start at once waits, and the wait is part of its latency.

    Ends early when the latest dozen failed: a target that begins to refuse is not knocked at any more.
    """
    if plan.rate_per_s is None:
        raise ValueError("an open loop needs a rate")
    results: dict[int, tuple[Attempt, datetime, float]] = {}
    places, lateness_ms = asyncio.Semaphore(MAX_IN_FLIGHT), []
    began_s = time.perf_counter() + 0.01

    async def start(number: int, due_s: float) -> None:
        async with places:
            started_s, at = time.perf_counter(), clock()
            results[number] = (await operation("sample"), at, (started_s - due_s) * 1000)

    async with asyncio.TaskGroup() as group:
        for number in range(plan.warmup + plan.samples):
            due_s = began_s + number / plan.rate_per_s
            latest = list(islice(reversed(results.values()), HOPELESS * 4))
            if due_s - began_s > plan.seconds or (len(latest) == HOPELESS * 4 and all(found.error for found, _, _ in latest)):
                break
            await asyncio.sleep(max(due_s - time.perf_counter(), 0))
            lateness_ms.append((time.perf_counter() - due_s) * 1000)
            group.create_task(start(number, due_s))
    return _ordered(results, figures, plan, lateness_ms, definitions)


def _ordered(
    results: Mapping[int, tuple[Attempt, datetime, float]],
    figures: tuple[str, ...],
    plan: Plan,
    lateness_ms: list[float],
    definitions: Mapping[str, Definition],
) -> Taken:
    taken = Taken(lateness_ms=lateness_ms)
    for number, (attempt, at, wait_ms) in sorted(results.items()):
        waited = {"wait_ms": max(wait_ms, 0.0), "definitions": definitions}
        taken.add(attempt, figures, at=at, loop="open", warmup=number < plan.warmup, **waited)
    if len(results) < plan.warmup + plan.samples:
        taken.stopped = f"stopped after {len(results)} of {plan.warmup + plan.samples} starts"
    return taken
