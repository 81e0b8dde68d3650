"""The loop of test and deploy: a round, then a deployment, until one is healthy; and rounds of several environments at once."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lib.parameters.loading import ROOT
from lib.rounds.runner import Progress, Round

WAIT_S = 1800.0
LOOK_EVERY_S = 5.0
DEPLOY_TIMEOUT_S = 3600.0
ENVIRONMENT_TIMEOUT_S = 4 * 3600.0
GRAVEST = (2, 3, 1, 0)


class NotDeployed(Exception):
    """What was to change the system between two rounds did not; carries why."""

    is_sentence = True


def until_healthy(
    run: Callable[[int], Round], *, first: int, most: int, between: Callable[[Round], None], progress: Progress
) -> Round:
    """Rounds numbered from `first` until one is healthy, `most` at the most; the last of them. Raises what `between` raises."""
    for turn in range(most):
        done = run(first + turn)
        changed = ((done.report or {}).get("changes") or {}).get("sentences") or ()
        progress(f"round {first + turn}: {(done.report or {}).get('headline')}")
        for sentence in changed:
            progress(f"  {sentence['text']}")
        if is_healthy(done) or turn + 1 == most:
            return done
        between(done)
    raise ValueError("most is at least 1")


def is_healthy(done: Round) -> bool:
    """Whether a round shows that it works: no finding, and an accepted handshake."""
    return done.status == 0 and (done.report or {}).get("verdict") == "healthy"


def deployed(command: str, progress: Progress) -> None:
    """Runs the command line that deploys; raises `NotDeployed` where it fails or does not end."""
    progress(f"running {command}")
    try:
        done = subprocess.run(command, shell=True, cwd=ROOT, timeout=DEPLOY_TIMEOUT_S, check=False)  # noqa: S602  (the user's own)
    except subprocess.TimeoutExpired:
        raise NotDeployed(f"{command} did not end within {DEPLOY_TIMEOUT_S:g} s") from None
    if done.returncode:
        raise NotDeployed(f"{command} ended with {done.returncode}")


def revision_changed(ask: Callable[[], str | None], before: str | None, progress: Progress, *, wait_s: float = WAIT_S) -> None:
    """Waits until health reports another revision; raises `NotDeployed` where it reports none, or the same for too long."""
    if before is None:
        raise NotDeployed("health reports no revision, so a deployment cannot be waited for: name a command with --after")
    progress(f"waiting for another revision than {before}")
    until_s = time.monotonic() + wait_s
    while time.monotonic() < until_s:
        found = ask()
        if found not in (None, before):
            return
        time.sleep(min(LOOK_EVERY_S, wait_s / 20))
    raise NotDeployed(f"health still reports {before} after {wait_s:g} s")


def rounds_of(
    environments: Mapping[str, str], *, out: Path, arguments: Sequence[str], jobs: int, progress: Progress
) -> tuple[list[Any], int]:
    """A round of each environment (its name: its file) in a process of its own, `jobs` at a time, into `out/ENVIRONMENT/`.

    Returns their reports, None where there is none, and the gravest exit status.
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
                    progress(f"{name}: {line.rstrip()}")
                status = process.wait(ENVIRONMENT_TIMEOUT_S)
            finally:
                process.terminate()
            return (json.loads(told.read_text(encoding="utf-8")) if told.is_file() else None), status

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        results = list(pool.map(one, environments))
    statuses = {status for _, status in results}
    return [report for report, _ in results], next((status for status in GRAVEST if status in statuses), 3)
