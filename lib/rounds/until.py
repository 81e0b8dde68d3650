"""The loop of test and deploy: a round, then a deployment, until one is healthy; and rounds of several environments at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.parameters.loading import ROOT
from lib.rounds import interrupts
from lib.rounds.runner import Progress, Round

WAIT_S = 1800.0
LOOK_EVERY_S = 5.0
DEPLOY_TIMEOUT_S = 3600.0
ENVIRONMENT_TIMEOUT_S = 4 * 3600.0
END_WITHIN_S = 5.0
GRAVEST = (2, 3, 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the health route answered 2xx, and the revision that it reports."""

    answered: bool = False
    revision: str | None = None


class NotDeployed(Exception):
    """What was to change the system between two rounds did not; carries why."""

    is_sentence = True


def until_healthy(
    run: Callable[[int], Round], *, first: int, most: int, between: Callable[[Round], None], progress: Progress
) -> list[Round]:
    """Rounds numbered from `first` until one is healthy, `most` at the most. Raises what `between` raises."""
    done: list[Round] = []
    for turn in range(most):
        done.append(run(first + turn))
        report = done[-1].report or {}
        progress(f"round {first + turn}: {report.get('headline')}")
        for sentence in (report.get("changes") or {}).get("sentences") or ():
            progress(f"  {sentence['text']}")
        if is_healthy(done[-1]) or turn + 1 == most:
            break
        between(done[-1])
    return done


def is_healthy(done: Round) -> bool:
    """Whether a round shows that it works: no finding, and an accepted handshake."""
    return done.status == 0 and (done.report or {}).get("verdict") == "healthy"


def deployed(command: str, progress: Progress) -> None:
    """Runs the command line that deploys, in a process group of its own, which ends with it; raises `NotDeployed` where it
    fails or does not end."""
    progress(f"running {command}")
    process = None
    try:
        with interrupts.held():  # or it would run on where the interrupt comes before it has a name here
            process = subprocess.Popen(command, shell=True, cwd=ROOT, start_new_session=True)  # noqa: S602  (the user's own)
        status = process.wait(DEPLOY_TIMEOUT_S)
    except BaseException as error:
        if process is not None:
            _end(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise NotDeployed(f"{command} did not end within {DEPLOY_TIMEOUT_S:g} s") from None
        raise
    if status:
        raise NotDeployed(f"{command} ended with {status}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command with all that it started: in order, and where that takes too long at once."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_WITHIN_S)
            return


def revision_changed(ask: Callable[[], Health], before: Collection[str], progress: Progress, *, wait_s: float = WAIT_S) -> None:
    """Waits until health reports a revision that is none of `before`; raises `NotDeployed` where it reports none, or no other
    for too long. What it reports first stands for `before` where nothing is known of that."""
    until_s, seen, found = time.monotonic() + wait_s, set(before), ask()
    seen = seen or ({found.revision} if found.revision else set())
    told = False
    while found.revision is None or found.revision in seen:
        if found.answered and found.revision is None:
            raise NotDeployed("health reports no revision, so a deployment cannot be waited for: name a command with --after")
        if not told:
            other = f"another revision than {', '.join(sorted(seen))}" if seen else "a revision"
            progress(f"waiting until health reports {other}")
            told = True
        if time.monotonic() >= until_s:
            still = f"still reports {found.revision}" if found.answered else "does not answer"
            raise NotDeployed(f"health {still} after {wait_s:g} s")
        time.sleep(min(LOOK_EVERY_S, wait_s / 20))
        found = ask()
    progress(f"health reports {found.revision}")


def rounds_of(
    environments: Mapping[str, str], *, out: Path, arguments: Sequence[str], jobs: int, heard: Callable[[str, str], None]
) -> tuple[list[Any], int]:
    """A round of each environment (its name: its file) in a process of its own, `jobs` at a time, into `out/ENVIRONMENT/`.

    `heard` gets each line that one of them says, behind its name. Returns their reports, None where there is none, and the
    gravest exit status.
    """

    def one(name: str) -> tuple[Any, int]:
        with tempfile.TemporaryDirectory() as folder:
            told = Path(folder) / "report.json"
            command = [sys.executable, "-m", "lib", "round", "-f", environments[name], "--out", str(out / name)]
            process = subprocess.Popen(
                [*command, *arguments, "--json", str(told)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            try:
                for line in process.stdout or ():
                    heard(name, line.rstrip())
                status = process.wait(ENVIRONMENT_TIMEOUT_S)
            finally:
                process.terminate()
            return (json.loads(told.read_text(encoding="utf-8")) if told.is_file() else None), status

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        results = list(pool.map(one, environments))
    statuses = {status for _, status in results}
    return [report for report, _ in results], next((status for status in GRAVEST if status in statuses), 3)
