"""Rounds of several environments beside each other, each in a process of its own that ends with this one."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lib.rounds import interrupts, parent_death, surroundings

Heard = Callable[[str, str], None]
ENVIRONMENT_TIMEOUT_S = 4 * 3600.0
END_WITHIN_S = 3.0
"""A round leaves its record as unfinished, in some tenths of a second; one that hangs is killed then, within our own patience."""
LOOK_EVERY_S = 0.1
LONGEST_LINE = 1_000_000
GRAVEST = (2, 3, 1, 0)


class _Child:
    """The round of one environment: its process, and what it says. It needs no thread, which no interrupt would reach."""

    def __init__(self, name: str, command: Sequence[str], report: Path, within_s: float):
        self.name, self._report, self._until_s = name, report, time.monotonic() + within_s
        self._pending, self.is_closed, self.is_over = b"", False, False
        # In our own process group: it may ask on the terminal, and Ctrl-C reaches it as well.
        self.process = subprocess.Popen(
            [*command, "--json", str(report)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **parent_death.environment()},
        )

    def fileno(self) -> int:
        """Where it is heard."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    @property
    def is_late(self) -> bool:
        """Whether it has had its time."""
        return time.monotonic() > self._until_s

    def lines(self) -> list[str]:
        """What it has said since, at once; at its end also what no line feed closes."""
        chunk = os.read(self.fileno(), LONGEST_LINE)
        self.is_closed = not chunk
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        if self._pending and (self.is_closed or len(self._pending) > LONGEST_LINE):
            lines, self._pending = [*lines, self._pending], b""
        return [line.decode("utf-8", "replace").rstrip() for line in lines]

    def close(self) -> None:
        """It is not heard any more."""
        assert self.process.stdout is not None
        self.process.stdout.close()

    def result(self) -> tuple[Any, int]:
        """The report, None where there is none, and the status: one that is none of a round's is that of one that was ended."""
        report = json.loads(self._report.read_text(encoding="utf-8")) if self._report.is_file() else None
        return report, self.process.returncode if self.process.returncode in GRAVEST else 3


def rounds_of(
    environments: Mapping[str, str],
    *,
    out: Path,
    arguments: Sequence[str],
    jobs: int,
    heard: Heard,
    at_last: Heard | None = None,
    within_s: float = ENVIRONMENT_TIMEOUT_S,
) -> tuple[list[Any], int]:
    """A round of each environment (its name: its file) in a process of its own, `jobs` at a time, into `out/ENVIRONMENT/`.

    `heard` gets each line that one of them says, behind its name, and `at_last` how to go on with what was broken off. Returns
    their reports, None where there is none, and the gravest exit status. One that takes more than `within_s` is ended.
    Interrupted, it ends all of them and says how to go on.
    """
    commands = {name: ["round", "-f", file, "--out", str(out / name), *arguments] for name, file in environments.items()}
    begun: dict[str, _Child] = {}
    at_last = at_last or heard
    with surroundings.temporary_folder() as folder:  # also theirs, as one that is killed does not remove its own
        try:
            for position, (name, command) in enumerate(commands.items()):
                _wait(begun.values(), commands, heard, at_last, until_fewer_than=jobs)
                with interrupts.held():  # or it would run on where the interrupt comes before it has a name here
                    begun[name] = _Child(name, [sys.executable, "-m", "lib", *command], folder / f"{position}.json", within_s)
            _wait(begun.values(), commands, heard, at_last, until_fewer_than=1)
        except BaseException:
            with interrupts.held():
                _end(begun.values(), heard)
                for name, command in commands.items():
                    _say_how_to_go_on(name, command, begun.get(name), at_last)
            raise
        finally:
            for child in begun.values():
                child.close()
        results = [child.result() for child in begun.values()]
    statuses = {status for _, status in results}
    return [report for report, _ in results], next(status for status in GRAVEST if status in statuses)


def _wait(
    children: Iterable[_Child], commands: Mapping[str, list[str]], heard: Heard, at_last: Heard, *, until_fewer_than: int
) -> None:
    """Hears them until so few are left, and ends those that are late, whether they say something or not."""
    while len(left := [child for child in children if not child.is_over]) >= until_fewer_than:
        _hear(left, heard, LOOK_EVERY_S)
        for child in left:
            if child.is_late and child.process.poll() is None:
                heard(child.name, "it has had its time and is ended")
                _end([child], heard)
            child.is_over = child.process.poll() is not None
            if child.is_over:
                _hear_the_rest([child], heard)
            if child.is_over and child.process.returncode not in GRAVEST:
                heard(child.name, f"it ended with {child.process.returncode}")
                _say_how_to_go_on(child.name, commands[child.name], child, at_last)


def _running(children: Iterable[_Child]) -> list[_Child]:
    return [child for child in children if child.process.poll() is None]


def _hear(children: Iterable[_Child], heard: Heard, wait_s: float) -> None:
    readable, _, _ = select.select([child for child in children if not child.is_closed], [], [], wait_s)
    for child in readable:
        for line in child.lines():
            heard(child.name, line)


def _hear_the_rest(children: Sequence[_Child], heard: Heard) -> None:
    """What those that have ended said: all that a pipe holds is read at once, and then its end."""
    for _ in range(2):
        _hear(children, heard, 0.0)


def _end(children: Iterable[_Child], heard: Heard) -> None:
    """Ends them in order, so that each leaves its record, and at once where that takes too long."""
    ending = _running(children)
    try:
        for child in ending:
            child.process.send_signal(signal.SIGTERM)
        until_s = time.monotonic() + END_WITHIN_S
        while (left := _running(ending)) and time.monotonic() < until_s:
            _hear(left, heard, LOOK_EVERY_S)
    finally:
        for child in ending:
            child.process.kill()
            child.process.wait()
    _hear_the_rest(ending, heard)


def _say_how_to_go_on(name: str, command: Sequence[str], child: _Child | None, at_last: Heard) -> None:
    line = shlex.join(["python", "-m", "lib", *command])
    if child is None:
        at_last(name, f"not begun; begin it with: {line}")
    elif child.process.returncode in GRAVEST:
        at_last(name, "its round was over before")
    else:
        at_last(name, f"broken off; go on with it: {line} --resume")
