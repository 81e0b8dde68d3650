"""Signals at random moments: a verb ends in time, leaves no process and no file behind, and what it had begun goes on.

`python -m tests.signals [VERB]… [-n COUNT] [--seed N]` prints one line a signal, and what was not kept.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARK = "INVESTIGATION_MARK"
VERBS = {"whys": 8.0, "suite": 30.0, "logs": 12.0, "performance": 12.0, "serve": 5.0, "round": 30.0}
"""Verbs, and until when a signal may come, in seconds; one that has ended by then was not interrupted."""
WITHIN_S, GIVEN_UP_S = 2.0, 60.0
GONE_WITHIN_S = 5.0
"""What was killed has told nobody: what it had started sees for itself that it is alone."""
KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
SHORT = ("-p", "performance.samples", "10", "-p", "suite.sabotage", "false")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a verb ended: which signal came when, the status, how long it took, and what was left or not as promised."""

    verb: str
    kind: signal.Signals
    after_s: float
    status: int
    seconds: float
    broken: tuple[str, ...]

    def __str__(self) -> str:
        told = f"{self.verb:<12}{self.kind.name:<8} after {self.after_s:5.1f} s: status {self.status:>3} in {self.seconds:4.2f} s"
        return f"{told}; {'; '.join(self.broken) or 'held'}"


def ended(verb: str, kind: signal.Signals, after_s: float, *, to_all: bool = False, slower: float = 1) -> Ended:
    """What becomes of a verb that gets this signal so long after its start; `to_all`: as from a terminal, its children too."""
    with tempfile.TemporaryDirectory(prefix="s") as name:
        folder, mark = Path(name), uuid.uuid4().hex
        aside, out = folder / "tmp", folder / "outputs"
        aside.mkdir()
        environment = {**os.environ, MARK: mark, "TMPDIR": str(aside)}
        process = _started(verb, out, environment)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        was_over, began_s = process.poll() is not None, time.monotonic()
        if not was_over:
            (os.killpg if to_all else os.kill)(process.pid, kind)
        status = process.wait(GIVEN_UP_S)
        seconds = time.monotonic() - began_s
        broken = [] if seconds <= WITHIN_S * slower else [f"took more than {WITHIN_S:g} s"]
        broken += _status_broken(verb, kind, status, was_over=was_over)
        patience_s = GONE_WITHIN_S if kind is signal.SIGKILL else WITHIN_S
        broken += [f"left the process {left}" for left in _left(mark, within_s=patience_s * slower)]
        if kind is not signal.SIGKILL:
            broken += [f"left {path.relative_to(aside)}" for path in aside.rglob("*")]
        broken += _round_broken(out, environment) if verb == "round" else []
        return Ended(verb=verb, kind=kind, after_s=after_s, status=status, seconds=seconds, broken=tuple(broken))


def _started(verb: str, out: Path, environment: dict[str, str], *more: str) -> subprocess.Popen[bytes]:
    own = ("--out", str(out), *SHORT, *more) if verb == "round" else SHORT if verb != "serve" else ()
    command = [sys.executable, "-m", "lib", verb, *own]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )


def _status_broken(verb: str, kind: signal.Signals, status: int, *, was_over: bool) -> Iterator[str]:
    permitted = {-signal.SIGKILL} if kind is signal.SIGKILL else {0} if verb == "serve" else {130}
    permitted |= {0, 1} if was_over or verb != "serve" else set()  # the answer may have been given the moment before
    permitted |= {-kind, 1} if kind is signal.SIGINT else {-kind}  # before the interpreter has come as far as to listen
    if status not in permitted:
        yield f"status {status}"


def _left(mark: str, *, within_s: float) -> list[str]:
    """The command lines of processes that carry the mark still, when that time is over."""
    until = time.monotonic() + within_s
    while (found := list(_marked(mark))) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def _marked(mark: str) -> Iterator[str]:
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in (place / "environ").read_bytes():
                yield (place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")[:80]


def _round_broken(out: Path, environment: dict[str, str]) -> Iterator[str]:
    """What is not right about the record that an interrupted round leaves, and about the round that goes on with it."""
    folder = out / "round-01"
    if folder.is_dir() and (found := _verified(folder)) not in {0, 1}:
        yield f"verify of what was interrupted ended with {found}"
    status = _started("round", out, environment, "--resume").wait(GIVEN_UP_S * 10)
    if status not in {0, 1}:
        yield f"--resume ended with {status}"
    elif (found := _verified(folder)) != 0:
        yield f"verify of what was resumed ended with {found}"


def _verified(folder: Path) -> int:
    done = subprocess.run([sys.executable, "-m", "lib", "verify", str(folder)], cwd=ROOT, capture_output=True, check=False)
    return done.returncode


def series(verbs: Sequence[str], count: int, seed: int) -> Iterator[Ended]:
    """So many signals for each verb, at moments and of kinds that the seed decides."""
    chance = random.Random(seed)
    for verb in verbs:
        for _ in range(count):
            kind = chance.choice(KINDS)
            to_all = kind is signal.SIGINT and chance.random() < 0.5
            yield ended(verb, kind, chance.uniform(0.05, VERBS[verb]), to_all=to_all)


def main() -> int:
    """Prints each, and how many held; 1 where something did not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verbs", nargs="*", default=[])
    parser.add_argument("-n", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    lost = total = 0
    slowest: dict[str, float] = {}
    for one in series(given.verbs or list(VERBS), given.n, given.seed):
        print(one, flush=True)
        total, lost = total + 1, lost + bool(one.broken)
        slowest[one.verb] = max(slowest.get(one.verb, 0.0), one.seconds)
    print(f"{total - lost} of {total} held; the slowest: {', '.join(f'{verb} {s:.2f} s' for verb, s in slowest.items())}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
