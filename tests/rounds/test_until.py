"""The loop of test and deploy ends where a round is healthy, where it may not go on, and nowhere else."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lib.parameters.loading import ROOT
from lib.rounds.runner import Round
from lib.rounds.until import Health, NotDeployed, deployed, is_healthy, revision_changed, until_healthy


def ended(status: int, verdict: str | None) -> Round:
    """A round that came to this."""
    return Round(folder=Path("r"), report={"verdict": verdict, "headline": "h", "changes": None}, status=status)


def test_it_ends_with_the_first_healthy_round():
    """Two rounds with findings, two deployments, one healthy round."""
    outcomes, between, told = iter([ended(1, "proved"), ended(1, "proved"), ended(0, "healthy")]), [], []
    done = until_healthy(lambda number: next(outcomes), first=4, most=9, between=between.append, progress=told.append)
    assert ([one.status for one in done], len(between)) == ([1, 1, 0], 2)
    assert [line.partition(":")[0] for line in told] == ["round 4", "round 5", "round 6"]


def test_it_gives_up_after_the_last_one():
    """The status is that round's, and nothing is deployed after it."""
    between = []
    done = until_healthy(lambda n: ended(1, "proved"), first=1, most=3, between=between.append, progress=str)
    assert ([one.status for one in done], len(between)) == ([1, 1, 1], 2)


@pytest.mark.parametrize(("status", "verdict"), [(0, None), (1, "healthy"), (3, "healthy"), (0, "unreachable")])
def test_silence_is_not_health(status, verdict):
    """Exit status 0 without an accepted handshake ends no loop, and neither does an accepted one with findings."""
    assert not is_healthy(ended(status, verdict))


def test_a_deployment_that_fails_ends_it():
    """Its command's exit status is told."""
    deployed("true", str)
    with pytest.raises(NotDeployed, match="exit 7 ended with 7"):
        deployed("exit 7", str)


@pytest.mark.parametrize("child", ["sleep 300", """sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'"""])
def test_what_deploys_ends_with_its_children_where_it_is_interrupted(tmp_path, child):
    """An interrupt that reaches us alone leaves no deployment behind, and nothing of it that does not listen to SIGTERM."""
    note = tmp_path / "child"
    command = f"{child} & echo $! > {note}; sleep 0.3; touch {note}.begun; wait"
    interrupt = "from lib.rounds.until import deployed; from lib.rounds import interrupts\n"
    interrupt += f"interrupts.listen(lambda: 130); interrupts.allow(60); deployed({command!r}, print)"
    process = subprocess.Popen([sys.executable, "-c", interrupt], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not Path(f"{note}.begun").is_file():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    pid = int(note.read_text())
    until_s = time.monotonic() + 20
    while _runs(pid) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


UP, DOWN = Health(answered=True), Health()


def reporting(*revisions):
    """What health says one time after another: a revision, or one of the two above."""
    return iter([one if isinstance(one, Health) else Health(answered=True, revision=one) for one in revisions]).__next__


@pytest.mark.parametrize(
    ("seen", "says"),
    [({"a"}, ("a", "b")), ({"a"}, (DOWN, "a", DOWN, "b")), (set(), ("a", "a", "b")), ({"a", "b"}, ("b", "a", "c"))],
)
def test_without_a_command_another_revision_is_waited_for(seen, says):
    """It is none of those that the round met, and whoever is down meanwhile is asked again."""
    ask = reporting(*says)
    revision_changed(ask, seen, str, wait_s=0.2)
    with pytest.raises(StopIteration):
        ask()


@pytest.mark.parametrize(("says", "why"), [("a", "still reports a"), (DOWN, "does not answer"), (UP, "reports no revision")])
def test_a_revision_that_never_comes_ends_it(says, why):
    """The same for too long, no answer, or an answer that names none: each is said as what it is."""
    with pytest.raises(NotDeployed, match=why):
        revision_changed(
            lambda: says if isinstance(says, Health) else Health(answered=True, revision=says), {"a"}, str, wait_s=0.1
        )
