"""The loop of test and deploy: a round, then a deployment, until one is healthy."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from lib.parameters.loading import ROOT
from lib.rounds import interrupts
from lib.rounds.runner import Progress, Round

WAIT_S = 1800.0
LOOK_EVERY_S = 5.0
DEPLOY_TIMEOUT_S = 3600.0
END_WITHIN_S = 1.0
"""So long a deployment that is interrupted may take to end in order."""
POLL_S = 0.02


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
    fails or does not end.

    In a session of its own, without a terminal: in a group of the terminal's background, a password that is asked for there
    would stop it without a word, and in its foreground Ctrl-C would not reach us. So it fails at once, in its own words.
    """
    progress(f"running {command}")
    process = None
    try:
        with interrupts.held():  # or it would run on where the interrupt comes before it has a name here
            process = subprocess.Popen(command, shell=True, cwd=ROOT, start_new_session=True)  # noqa: S602  (the user's own)
        status = process.wait(DEPLOY_TIMEOUT_S)
    except BaseException as error:
        if process is not None:
            with interrupts.held():  # or what is once more raised in us would leave it half ended
                _end(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise NotDeployed(f"{command} did not end within {DEPLOY_TIMEOUT_S:g} s") from None
        raise
    if status:
        raise NotDeployed(f"{command} ended with {status}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command with all of its process group, which may outlive it: in order, and where that takes too long at once."""
    until_s = time.monotonic() + END_WITHIN_S
    there = _signalled(process.pid, signal.SIGTERM)
    while there and time.monotonic() < until_s:
        time.sleep(POLL_S)
        process.poll()  # or it would stay in its group as one that has ended
        there = _signalled(process.pid, 0)
    _signalled(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):  # of another user
        process.wait(END_WITHIN_S)


def _signalled(group: int, number: int) -> bool:
    """Whether anybody was there to get it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # gone, or another user's, whom we cannot end
        return False
    return True


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
