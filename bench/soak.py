"""Does it stay flat? Many diagnoses and rounds in one process: memory, descriptors, threads and children after each, as slopes.

`python -m bench.soak --diagnoses 500 --rounds 10` prints the last figures and how much one more run costs, with the interval of
that slope; 1 where one surely grows beyond its bound. Diagnoses wait for most of their time, so that several go on at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import linear_regression

from lib.environment import embedded, opening
from lib.parameters import loading
from lib.parameters.model import Parameters
from lib.rounds.runner import run_round

BOUNDS = {
    "memory_kb": {"diagnoses": 10.0, "rounds": 1024.0},
    "descriptors": 0.02,
    "threads": 0.02,
    "processes": 0.02,
    "files": 0.02,
}
"""What one more run may cost. Memory: 10 KB a diagnosis; a round is a process of its own but for `--until`, which makes some."""
FILLED_AFTER = {"diagnoses": 200, "rounds": 3}
"""Runs in which what is filled once is filled: the automata of redaction, which learn from texts until they are full."""


def held(aside: Path) -> dict[str, float]:
    """What this process holds now: resident memory, descriptors, threads, children of any generation, files put aside."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    memory_kb = next(float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return {
        "memory_kb": memory_kb,
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "processes": sum(1 for _ in _children(os.getpid())),
        "files": sum(1 for _ in aside.rglob("*")),
    }


def _children(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            yield int(child)
            yield from _children(int(child))


@contextmanager
def _joined(*faults: str) -> Iterator[Parameters]:
    """Parameters of a built-in system that this process has started once."""
    system = embedded.start(faults)
    before = loading.set_variables(opening.variables_of(system.addresses))
    try:
        yield opening.with_addresses(loading.load("embedded", {"logs.source": "none", "target.watch_s": 0.5}), system.addresses)
    finally:
        loading.set_variables(before)
        system.stop()


def diagnoses(count: int, aside: Path, note: Callable[[dict[str, float]], None], *, at_once: int) -> None:
    """So many diagnoses of a system that refuses."""

    async def together(parameters: Parameters) -> None:
        turn = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with turn:
                await opening.open_parameters(parameters).whys(lambda line: None)
                note(held(aside))

        await asyncio.gather(*(one() for _ in range(count)))

    with _joined("secret-mismatch") as parameters:
        asyncio.run(together(parameters))


def rounds(count: int, aside: Path, note: Callable[[dict[str, float]], None]) -> None:
    """So many rounds into one folder, which lies outside `aside`: records are no leftovers."""
    with tempfile.TemporaryDirectory(dir=aside.parent) as out:
        parameters = loading.load("embedded", {"performance.samples": 10, "suite.sabotage": False, "target.watch_s": 0.5})
        for number in range(1, count + 1):
            run_round(parameters, number=number, out=Path(out))
            note(held(aside))


def slopes(seen: list[dict[str, float]], filled_after: int) -> dict[str, tuple[float, float]]:
    """What one more run costs, by least squares over the runs after so many, or the second half, give or take so much (95 %)."""
    late = seen[warm_up(len(seen), filled_after) :]
    return {name: _slope([one[name] for one in late]) for name in seen[0]}


def warm_up(count: int, filled_after: int) -> int:
    """How many of so many runs are left out of the slope."""
    return filled_after if count > filled_after + 2 else count // 2


def _slope(values: list[float]) -> tuple[float, float]:
    line = linear_regression(range(len(values)), values)
    middle = (len(values) - 1) / 2
    rest = sum((value - line.intercept - line.slope * place) ** 2 for place, value in enumerate(values))
    spread = sum((place - middle) ** 2 for place in range(len(values)))
    return line.slope, 2 * (rest / max(1, len(values) - 2) / spread) ** 0.5


def main() -> int:
    """Prints the figures and slopes; 1 where one grows beyond its bound."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--diagnoses", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--at-once", type=int, default=8, help="so many diagnoses at a time")
    given = parser.parse_args()
    grown = 0
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        os.environ["TMPDIR"] = tempfile.tempdir = name
        several = partial(diagnoses, at_once=given.at_once)
        for kind, count, run in (("diagnoses", given.diagnoses, several), ("rounds", given.rounds, rounds)):
            if count < 6:
                continue
            seen: list[dict[str, float]] = []
            run(count, Path(name), seen.append)
            left_out = warm_up(count, FILLED_AFTER[kind])
            later = slopes(seen, (left_out + count) // 2)
            print(f"{count} {kind}: slopes by least squares over the last {count - left_out}, with 95 %, and over half of these")
            for what, (slope, give) in slopes(seen, FILLED_AFTER[kind]).items():
                bound = BOUNDS[what][kind] if isinstance(BOUNDS[what], dict) else BOUNDS[what]
                grows = slope - give > bound
                grown += grows
                print(
                    f"{count} {kind}: {what} {seen[0][what]:.0f} at first, {seen[-1][what]:.0f} at last, "
                    f"{slope:+.3f} ± {give:.3f} a run, "
                    f"{later[what][0]:+.3f} in the later half (bound {bound:g}){' GROWS' if grows else ''}",
                    flush=True,
                )
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
