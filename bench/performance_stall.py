"""What a stall of the server looks like in each loop, and how far an injected delay moves a figure."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from statistics import median

from bench.servers import served
from bench.table import Row, compared
from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.environment import embedded
from lib.facts import utc_now
from lib.handshake import Handshake, configured
from lib.parameters import loading as params
from lib.performance import measure
from lib.performance.loops import Plan, closed_loop, open_loop
from lib.performance.operations.request import TimedRequest
from lib.performance.statistics import summary

FROZEN_S, EVERY_S, RATE_PER_S, LENGTH_S = 0.2, 2.0, 150.0, 6.0
TRUE_P99_MS = FROZEN_S * 1000 * 0.9  # of arrivals one in ten waits, evenly up to 200 ms: one in a hundred more than 180 ms
FIGURES = ("api_response_ms",)


def run() -> list[Row]:
    """The stall in both loops, and delays of 20 and 100 ms in each route or frame."""
    samples = int(RATE_PER_S * LENGTH_S)
    opened = Plan(samples=samples, warmup=0, seconds=60, rate_per_s=RATE_PER_S)
    paced = Plan(samples=samples, warmup=0, seconds=LENGTH_S, spacing_s=1 / RATE_PER_S)
    what = f"p99 while the server freezes {FROZEN_S * 1000:.0f} ms every {EVERY_S:g} s"
    truth = {"unit": "ms", "peer_name": "the truth", "n": 5}
    return [
        compared(
            f"{what}: open loop", lambda: asyncio.run(_p99(open_loop, opened)), lambda: TRUE_P99_MS, goal="1 ± 0.25", **truth
        ),
        compared(
            f"{what}: closed loop (blind, as it must be)",
            lambda: asyncio.run(_p99(closed_loop, paced)),
            lambda: TRUE_P99_MS,
            **truth,
        ),
        *_delays(),
    ]


DELAYED = {"GET /api/auth/me": "api_response_ms", "pong": "websocket_latency_ms", "agent_started": "agent_startup_ms"}
DELAYED |= {"agent_completed": "message_processing_ms"}


def _delays() -> list[Row]:
    """Five turns of a system without a delay, with 20 ms and with 100 ms in four places, each of which one figure contains."""
    turns = [[_medians(delay_ms) for delay_ms in (0, 20, 100)] for _ in range(5)]
    rows = []
    for place, figure in DELAYED.items():
        for position, delay_ms in ((1, 20), (2, 100)):
            shift_ms = median(turn[position][figure] - turn[0][figure] for turn in turns)
            what = f"{figure}: shift by {delay_ms} ms in {place}"
            ratio = shift_ms / delay_ms
            rows.append(
                Row(what=what, ours=f"{shift_ms:.3g} ms", peer=f"{delay_ms} ms (injected)", ratio=ratio, goal="1 ± 0.25", n=5)
            )
    return rows


def _medians(delay_ms: float) -> dict[str, float]:
    system = embedded.start([], configuration={"delays_ms": dict.fromkeys(DELAYED, delay_ms)})
    try:
        given = {"target.rest_url": system.addresses["rest_url"], "target.ws_url": system.addresses["ws_url"]}
        parameters = params.load("embedded", {**given, "performance.samples": 10})
        found = asyncio.run(measure(parameters, handshake=configured(parameters), rest_factory=Rest, ws=WebSockets()))
        return {figure.name: float(figure.summary.quantiles["p50"] or 0) for figure in found.figures}
    finally:
        system.stop()


async def _p99(loop, plan: Plan) -> float:  # type: ignore[no-untyped-def]
    with served("immediate") as (port, process_id):
        handshake = Handshake(url="", rest_url=f"http://127.0.0.1:{port}", use_environment_proxy=False)
        operation = TimedRequest(handshake=handshake, path="/", rest_factory=Rest, clock=utc_now)
        for _ in range(3):
            await operation("sample")
        stalls = asyncio.create_task(_stall(process_id))
        try:
            taken = await loop(operation, FIGURES, plan, clock=utc_now)
        finally:
            stalls.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGCONT)
            await operation.close()
    return float(summary([sample.ms for sample in taken.samples if sample.ms is not None]).quantiles["p99"] or 0)


async def _stall(process_id: int) -> None:
    while True:
        await asyncio.sleep(EVERY_S - FROZEN_S)
        os.kill(process_id, signal.SIGSTOP)
        await asyncio.sleep(FROZEN_S)
        os.kill(process_id, signal.SIGCONT)
