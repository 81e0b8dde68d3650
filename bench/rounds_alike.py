"""How often two measurements of an unchanged system are called better or worse, and how often a slower route is found.

Real sampler, real built-in system, short measurements, a process that burns a core all the time: `python -m bench.rounds_alike`.
Then the same recorded blocks with one figure slower by a quarter, in as many rounds of each as the comparison itself asks for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.environment import embedded
from lib.handshake import configured
from lib.parameters import loading as params
from lib.performance.definitions import FIGURES
from lib.performance.sampler import measure
from lib.performance.statistics import Comparison, blocks_of, compare, machine_of

HOG = "while True: pass"
SLOWER = 1.25
TRIES = 40
MOST = 200
Measured = dict[str, tuple[list[list[float]], tuple[float | None, float | None]]]


def main() -> None:
    """Measures or reads the rounds, then prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--keep", type=Path, help="read the measurements from this file, or write them there")
    given = parser.parse_args()
    if given.keep and given.keep.is_file():
        rounds = json.loads(given.keep.read_text())
    else:
        hog = subprocess.Popen([sys.executable, "-c", HOG])
        try:
            rounds = asyncio.run(_measured(given.pairs * 2, given.samples))
        finally:
            hog.kill()
        if given.keep:
            given.keep.write_text(json.dumps(rounds))
    print(*_alike(rounds), *_slower(rounds), sep="\n")


async def _measured(count: int, samples: int) -> list[Measured]:
    system = embedded.start(())
    try:
        params.set_variables(system.addresses.get("environment") or {})
        target = {"target.rest_url": system.addresses["rest_url"], "target.ws_url": system.addresses["ws_url"]}
        parameters = params.load("embedded", {**target, "performance.samples": samples, "performance.warmup": 1})
        found = []
        for number in range(count):
            one = await measure(parameters, handshake=configured(parameters), rest_factory=Rest, ws=WebSockets())
            beside = (one.floor_ms, machine_of(one.rows()))
            found.append({name: (blocks_of(one.values(name), one.blocks(name)), beside) for name in FIGURES})
            print(f"{number + 1} of {count}", file=sys.stderr, flush=True)
        return found
    finally:
        system.stop()


def _compared(before: Sequence[Measured], after: Sequence[Measured], name: str, factor: float = 1.0) -> Comparison:
    sides = [[one[name][0] for one in before], [[[ms * factor for ms in block] for block in one[name][0]] for one in after]]
    floors = [one[name][1][0] for one in (*before, *after) if one[name][1][0]]
    found = [[one[name][1][1] for one in side if one[name][1][1]] for side in (before, after)]
    machine: Any = tuple(median(side) if side else None for side in found)
    return compare(sides[0], sides[1], machine=machine, resolution_ms=max(floors, default=0.0))


def _alike(rounds: Sequence[Measured]) -> list[str]:
    lines = [f"{len(rounds) // 2} disjoint pairs of measurements of an unchanged system, one process burning a core:"]
    total: Counter[str] = Counter()
    for name in FIGURES:
        pairs = zip(rounds[::2], rounds[1::2], strict=False)
        counted = Counter(_compared([before], [after], name).verdict for before, after in pairs)
        total += counted
        lines.append(f"  {name:<24} {dict(counted)}")
    wrong, n = total["better"] + total["worse"], sum(total.values())
    return [*lines, f"  better or worse: {wrong} of {n} ({wrong / n:.1%}; at most 5 %)"]


def _slower(rounds: Sequence[Measured]) -> list[str]:
    lines = [f"One figure slower by {SLOWER - 1:.0%}; as many rounds of each as are asked for, drawn with replacement:"]
    draws, found, tried = random.Random(1), 0, 0  # noqa: S311  (which rounds are drawn, no secret)
    for name in FIGURES:
        ended = [_followed(rounds, name, draws) for _ in range(TRIES)]
        mine, counts = sum(verdict == "worse" for verdict, _ in ended), [count for _, count in ended]
        found, tried = found + mine, tried + TRIES
        lines.append(f"  {name:<24} found in {mine} of {TRIES}; rounds of each: median {median(counts):g}, most {max(counts)}")
    return [*lines, f"  found: {found} of {tried} ({found / tried:.1%}; at least 90 %)"]


def _followed(rounds: Sequence[Measured], name: str, draws: random.Random) -> tuple[str, int]:
    """Does what an undecided comparison asks for, until it decides or asks for more than `MOST`."""
    sides = [[draws.choice(rounds) for _ in range(MOST)] for _ in range(2)]
    count = 1
    while True:
        seen = _compared(sides[0][:count], sides[1][:count], name, SLOWER)
        if seen.verdict != "undecided" or count == MOST:
            return seen.verdict, count
        count = min(max(seen.rounds_needed or 1, count + 1), MOST)


if __name__ == "__main__":
    main()
