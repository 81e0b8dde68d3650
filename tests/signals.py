"""Signals at random moments: a verb ends in time, leaves no process and no file behind, and what it had begun goes on.

`python -m tests.signals [VERB]… [-n COUNT] [--seed N]` prints one line a signal, and what was not kept; the figures of these
verbs take the place of those that stand in docs/reliability.md.
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
DOCUMENT = ROOT / "docs" / "reliability.md"
BEGINS, ENDS = "<!-- made by make signals: -->\n", "<!-- so far -->\n"
MARK = "INVESTIGATION_MARK"
VERBS = {"whys": 8.0, "suite": 30.0, "logs": 12.0, "performance": 12.0, "serve": 5.0, "round": 30.0}
"""Verbs, and until when a signal may come, in seconds; one that has ended by then was not interrupted."""
WITHIN_S, GIVEN_UP_S = 2.0, 60.0
GONE_WITHIN_S = 5.0
"""What was killed has told nobody: what it had started sees for itself that it is alone."""
KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL)
SHORT = ("-p", "performance.samples", "10", "-p", "suite.sabotage", "false")
AGAIN_S = 0.2
"""So long after the first one somebody who does not wait presses Ctrl-C again."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a verb ended: which signal came when, the status, how long it took, and what was left or not as promised."""

    verb: str
    kind: signal.Signals
    after_s: float
    status: int
    seconds: float
    broken: tuple[str, ...]
    load: float = 0.0

    def __str__(self) -> str:
        told = f"{self.verb:<12}{self.kind.name:<8} after {self.after_s:5.1f} s: status {self.status:>3} in {self.seconds:4.2f} s"
        return f"{told}; {'; '.join(self.broken) or 'held'}"


def ended(
    verb: str, kind: signal.Signals, after_s: float, *, to_all: bool = False, again: bool = False, slower: float = 1
) -> Ended:
    """What becomes of a verb that gets this signal so long after its start; `to_all`: as from a terminal, its children too;
    `again`: twice."""
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
        if again:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(AGAIN_S)
            if process.poll() is None:
                (os.killpg if to_all else os.kill)(process.pid, kind)
        try:
            status = process.wait(GIVEN_UP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        seconds = time.monotonic() - began_s
        broken = [] if seconds <= WITHIN_S * slower else [f"took more than {WITHIN_S:g} s"]
        broken += _status_broken(verb, kind, status, was_over=was_over)
        patience_s = GONE_WITHIN_S if kind is signal.SIGKILL else WITHIN_S
        broken += [f"left the process {left}" for left in _left(mark, within_s=patience_s * slower)]
        if kind is not signal.SIGKILL:
            broken += [f"left {path.relative_to(aside)}" for path in aside.rglob("*")]
        broken += _round_broken(out, environment) if verb == "round" else []
        load = os.getloadavg()[0]
        return Ended(verb=verb, kind=kind, after_s=after_s, status=status, seconds=seconds, broken=tuple(broken), load=load)


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
    if status not in permitted:  # -9 as well: it did not end by itself
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
    if folder.is_dir():
        found, said = _verified(folder)
        if found not in {0, 1}:
            yield f"verify of what was interrupted ended with {found}"
        if "unfinished" not in said and not (found == 0 and (folder / "data" / "report.json").is_file()):
            yield "verify of what was interrupted does not say that it is unfinished"
    status = _started("round", out, environment, "--resume").wait(GIVEN_UP_S * 10)
    if status not in {0, 1}:
        yield f"--resume ended with {status}"
    elif (said := _verified(folder))[0] != 0:
        yield f"verify of what was resumed ended with {said[0]}"


def _verified(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "lib", "verify", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def series(verbs: Sequence[str], count: int, seed: int) -> Iterator[Ended]:
    """So many signals for each verb, at moments and of kinds that the seed decides."""
    chance = random.Random(seed)
    for verb in verbs:
        for _ in range(count):
            kind = chance.choice(KINDS)
            to_all, again = kind is not signal.SIGKILL and chance.random() < 0.5, chance.random() < 0.3
            yield ended(verb, kind, chance.uniform(0.05, VERBS[verb]), to_all=to_all, again=again)


def row(verb: str, made: Sequence[Ended]) -> str:
    """What came of one verb, as a line of the table."""
    lost = [f"{one.kind.name} after {one.after_s:.1f} s: {', '.join(one.broken)}" for one in made if one.broken]
    loads, slowest = sorted(one.load for one in made), max(one.seconds for one in made)
    told = f"{len(made)} | {len(made) - len(lost)} | {slowest:.2f} | {loads[0]:.0f} to {loads[-1]:.0f}"
    return f"| {verb} | {told} | {'; '.join(lost).replace('|', ' ') or 'nothing'} |"


def document(text: str, made: Sequence[Ended]) -> str:
    """The document with these verbs' lines in place of those that stood there."""
    before, _, rest = text.partition(BEGINS)
    stood, _, after = rest.partition(ENDS)
    lines = {line.split("|")[1].strip(): line for line in stood.splitlines() if line.startswith("| ")}
    lines |= {verb: row(verb, [one for one in made if one.verb == verb]) for verb in {one.verb for one in made}}
    head = "| verb | signals | held | the slowest, s | load meanwhile | what did not hold |\n|---|---|---|---|---|---|\n"
    return f"{before}{BEGINS}{head}" + "".join(f"{lines[verb]}\n" for verb in VERBS if verb in lines) + f"{ENDS}{after}"


def main() -> int:
    """Prints each, and how many held; 1 where something did not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verbs", nargs="*", default=[])
    parser.add_argument("-n", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGHUP):  # a job in the background, under nohup, would hand on that they are ignored
        signal.signal(number, signal.default_int_handler)
    made = []
    for one in series(given.verbs or list(VERBS), given.n, given.seed):
        print(one, flush=True)
        made.append(one)
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8"), made), encoding="utf-8")
    lost = sum(bool(one.broken) for one in made)
    print(f"{len(made) - lost} of {len(made)} held")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
