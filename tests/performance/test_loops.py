"""lib/performance/loops.py."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from lib.clients.rest import Rest
from lib.facts import utc_now
from lib.handshake import configured
from lib.performance.loops import Attempt, Plan, closed_loop, open_loop
from lib.performance.operations.request import TimedRequest
from lib.performance.statistics import summary
from tests.performance.conftest import embedded_system, parameters_for

FIGURES = ("api_response_ms",)


def requests_of(system):
    """The operation that asks this system's protected route."""
    parameters = parameters_for(system.addresses["rest_url"], system.addresses["ws_url"])
    return TimedRequest(handshake=configured(parameters), path="/api/auth/me", rest_factory=Rest, clock=utc_now)


async def frozen_for_a_second(process_id, after_s):
    """Stops a process for one second, as a long garbage collection or a busy neighbour would."""
    await asyncio.sleep(after_s)
    os.kill(process_id, signal.SIGSTOP)
    await asyncio.sleep(1)
    os.kill(process_id, signal.SIGCONT)


async def p99_of_a_frozen(system, loop, plan):
    """p99 of 300 samples of which one second's worth falls into a freeze."""
    operation = requests_of(system)
    freeze = asyncio.create_task(frozen_for_a_second(system.addresses["pid"], 0.5))
    taken = await loop(operation, FIGURES, plan, clock=utc_now)
    await freeze
    await operation.close()
    return summary([sample.ms for sample in taken.samples if not sample.warmup and sample.ms is not None]).quantiles["p99"]


async def test_a_frozen_server_shows_in_the_open_loop_alone():
    """A freeze of 1 s: p99 of the open loop reads it, p99 of the closed loop, asked at the same rate, does not."""
    with embedded_system() as system:
        open_p99 = await p99_of_a_frozen(system, open_loop, Plan(samples=300, warmup=0, seconds=20, rate_per_s=100))
        closed_p99 = await p99_of_a_frozen(system, closed_loop, Plan(samples=300, warmup=0, seconds=20, spacing_s=0.005))
    assert open_p99 > 850
    assert closed_p99 < 300


async def slow(of):
    """An operation of 50 ms."""
    await asyncio.sleep(0.05)
    return Attempt(durations_ms={"api_response_ms": 50.0})


async def test_the_open_loop_keeps_its_schedule():
    """30 starts at 100 a second take 0.3 s although each takes 50 ms; due times are 10 ms apart."""
    started_s = time.perf_counter()
    taken = await open_loop(slow, FIGURES, Plan(samples=30, warmup=0, seconds=20, rate_per_s=100), clock=utc_now)
    assert 0.3 < time.perf_counter() - started_s < 0.8
    due = [sample.due_at for sample in taken.samples]
    assert (due[-1] - due[0]).total_seconds() == pytest.approx(0.29, abs=0.02)
    assert len(taken.lateness_ms) == 30


async def test_a_late_start_counts_from_when_it_was_due():
    """300 operations of 50 ms due at once, 256 places: the last have waited for a place, and the wait is part of their
    latency."""
    taken = await open_loop(slow, FIGURES, Plan(samples=300, warmup=0, seconds=20, rate_per_s=1e6), clock=utc_now)
    assert taken.samples[-1].ms > taken.samples[0].ms + 45
    assert (taken.samples[-1].at - taken.samples[-1].due_at).total_seconds() > 0.045


async def failing(of):
    """An operation that is refused."""
    return Attempt(error="refused (403)")


@pytest.mark.parametrize(("loop", "rate_per_s", "most"), [(closed_loop, None, 3), (open_loop, 200, 40)])
async def test_a_loop_of_failures_ends(loop, rate_per_s, most):
    """A thousand samples are planned; when nothing but refusals comes, a few are enough, and each says why it is none."""
    taken = await loop(failing, FIGURES, Plan(samples=1000, warmup=0, seconds=20, rate_per_s=rate_per_s), clock=utc_now)
    assert 3 <= len(taken.samples) <= most
    assert {(sample.ms, sample.error) for sample in taken.samples} == {(None, "refused (403)")}
    assert taken.stopped


async def test_an_open_loop_stops_knocking_when_the_target_begins_to_refuse():
    """Twenty answers, then 429 for all: a thousand starts are planned and a dozen refusals in a row end them."""
    answers = iter([Attempt(durations_ms={"api_response_ms": 1.0})] * 20 + [Attempt(error="refused (429)")] * 1000)

    async def limited(of):
        return next(answers)

    taken = await open_loop(limited, FIGURES, Plan(samples=1000, warmup=0, seconds=20, rate_per_s=400), clock=utc_now)
    assert 32 <= len(taken.samples) < 60
    assert taken.stopped


async def test_one_failure_among_successes_ends_nothing():
    """Failures count in a row only."""
    answers = iter([*[Attempt(error="reset")] * 2, Attempt(durations_ms={"api_response_ms": 1.0})] * 10)

    async def flaky(of):
        return next(answers)

    taken = await closed_loop(flaky, FIGURES, Plan(samples=30, warmup=0, seconds=20), clock=utc_now)
    assert sum(sample.ms is None for sample in taken.samples) == 20
    assert taken.stopped is None


async def test_a_crash_of_ours_is_not_hidden():
    """An operation that raises ends the loop with its exception: it is our bug, not a refusal."""

    async def broken(of):
        raise KeyError("ours")

    with pytest.raises(ExceptionGroup):
        await open_loop(broken, FIGURES, Plan(samples=3, warmup=0, seconds=5, rate_per_s=100), clock=utc_now)
