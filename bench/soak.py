"""Does it stay flat? Many diagnoses and rounds in one process: memory, descriptors, threads and children after each, as slopes.

`python -m bench.soak --diagnoses 300 --rounds 10` prints the last figures and how much one more run costs; 1 where one grows
beyond its bound.
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
from pathlib import Path
from statistics import linear_regression

from lib.environment import embedded, opening
from lib.parameters import loading
from lib.parameters.model import Parameters
from lib.rounds.runner import run_round

BOUNDS = {
    "memory_kb": {"diagnoses": 64.0, "rounds": 4096.0},
    "descriptors": 0.02,
    "threads": 0.02,
    "processes": 0.02,
    "files": 0.02,
}
"""What one more run may cost. Memory: 64 KB a diagnosis; a round is a process of its own but for `--until`, which makes some."""


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


def diagnoses(count: int, aside: Path, note: Callable[[dict[str, float]], None]) -> None:
    """So many diagnoses of a system that refuses."""
    with _joined("secret-mismatch") as parameters:
        for _ in range(count):
            asyncio.run(opening.open_parameters(parameters).whys(lambda line: None))
            note(held(aside))


def rounds(count: int, aside: Path, note: Callable[[dict[str, float]], None]) -> None:
    """So many rounds into one folder, which lies outside `aside`: records are no leftovers."""
    with tempfile.TemporaryDirectory(dir=aside.parent) as out:
        parameters = loading.load("embedded", {"performance.samples": 10, "suite.sabotage": False, "target.watch_s": 0.5})
        for number in range(1, count + 1):
            run_round(parameters, number=number, out=Path(out))
            note(held(aside))


def slopes(seen: list[dict[str, float]]) -> dict[str, float]:
    """What one more run costs, by least squares over the second half: what is filled once is filled by then."""
    late = seen[len(seen) // 2 :]
    return {name: linear_regression(range(len(late)), [one[name] for one in late]).slope for name in seen[0]}


def main() -> int:
    """Prints the figures and slopes; 1 where one grows beyond its bound."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--diagnoses", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    grown = 0
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        os.environ["TMPDIR"] = tempfile.tempdir = name
        for kind, count, run in (("diagnoses", given.diagnoses, diagnoses), ("rounds", given.rounds, rounds)):
            if count < 4:
                continue
            seen: list[dict[str, float]] = []
            run(count, Path(name), seen.append)
            for what, slope in slopes(seen).items():
                bound = BOUNDS[what][kind] if isinstance(BOUNDS[what], dict) else BOUNDS[what]
                grown += slope > bound
                print(
                    f"{count} {kind}: {what} {seen[0][what]:.0f} at first, {seen[-1][what]:.0f} at last, {slope:+.3f} a run "
                    f"(bound {bound:g}){' GROWS' if slope > bound else ''}",
                    flush=True,
                )
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
