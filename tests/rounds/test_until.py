"""The loop of test and deploy ends where a round is healthy, where it may not go on, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.rounds.runner import Round
from lib.rounds.until import NotDeployed, deployed, is_healthy, revision_changed, rounds_of, until_healthy


def ended(status: int, verdict: str | None) -> Round:
    """A round that came to this."""
    return Round(folder=Path("r"), report={"verdict": verdict, "headline": "h", "changes": None}, status=status)


def test_it_ends_with_the_first_healthy_round():
    """Two rounds with findings, two deployments, one healthy round."""
    outcomes, between, told = iter([ended(1, "proved"), ended(1, "proved"), ended(0, "healthy")]), [], []
    done = until_healthy(lambda number: next(outcomes), first=4, most=9, between=between.append, progress=told.append)
    assert (done.status, len(between)) == (0, 2)
    assert [line.partition(":")[0] for line in told] == ["round 4", "round 5", "round 6"]


def test_it_gives_up_after_the_last_one():
    """The status is that round's, and nothing is deployed after it."""
    between = []
    done = until_healthy(lambda n: ended(1, "proved"), first=1, most=3, between=between.append, progress=str)
    assert (done.status, len(between)) == (1, 2)


@pytest.mark.parametrize(("status", "verdict"), [(0, None), (1, "healthy"), (3, "healthy"), (0, "unreachable")])
def test_silence_is_not_health(status, verdict):
    """Exit status 0 without an accepted handshake ends no loop, and neither does an accepted one with findings."""
    assert not is_healthy(ended(status, verdict))


def test_a_deployment_that_fails_ends_it():
    """Its command's exit status is told."""
    deployed("true", str)
    with pytest.raises(NotDeployed, match="exit 7 ended with 7"):
        deployed("exit 7", str)


def test_without_a_command_another_revision_is_waited_for():
    """The same for too long, or none at all, ends it with a sentence."""
    answers = iter([None, "a", "b"])
    revision_changed(lambda: next(answers), "a", str, wait_s=0.2)
    with pytest.raises(NotDeployed, match="still reports a"):
        revision_changed(lambda: "a", "a", str, wait_s=0.1)
    with pytest.raises(NotDeployed, match="reports no revision"):
        revision_changed(lambda: "b", None, str)


@pytest.mark.timeout(120)
def test_several_environments_run_beside_each_other(tmp_path):
    """Each into a folder of its own; a file that is bad input is the gravest status, and no notebook wants a token to mint."""
    files = {}
    for name, extra in (("one", ""), ("two", "budget: {handshakes: none}\n")):
        files[name] = str(tmp_path / f"{name}.yaml")
        target = "target: {rest_url: 'http://127.0.0.1:1', ws_url: 'ws://127.0.0.1:1/ws'}\n"
        Path(files[name]).write_text(f"environment: {name}\n{target}{extra}")
    told, only = [], ["--only", "02", "--only", "05"]
    reports, status = rounds_of(files, out=tmp_path / "out", arguments=only, jobs=2, progress=told.append)
    assert status == 2
    assert [report and report["environment"] for report in reports] == ["one", None]
    assert [step["state"] for step in reports[0]["notebooks"]] == ["completed", "completed"]
    assert (tmp_path / "out" / "one" / "round-01" / "index.html").is_file()
    assert any(line.startswith("two: bad input: budget.handshakes") for line in told)
