"""What `round` refuses before anything is written or sent, and where it finds a failing case."""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from lib.__main__ import parser
from lib.cli import rounds
from lib.parameters.loading import ROOT, BadInput, load


def given(*arguments: str) -> argparse.Namespace:
    """The arguments of a round."""
    found = parser().parse_args(["round", *arguments])
    found.file = None
    return found


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--after", "make deploy"), "--after"),
        (("--max", "3"), "--max"),
        (("--until", "healthy", "--max", "0"), "--max"),
        (("--summary", "/no/such/folder/s.md"), "--summary"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: tuple[str, ...], named: str) -> None:
    """Each by its name, with what would be accepted."""
    with pytest.raises(BadInput) as refusal:
        rounds.one_or_until(given(*arguments), str)
    assert refusal.value.where == named


@pytest.mark.parametrize("extra", [("--until", "healthy"), ("--resume",), ("--jobs", "0"), ()])
def test_several_files_are_several_environments(extra: tuple[str, ...]) -> None:
    """One environment twice is refused, and so is what only one round can do."""
    with pytest.raises(BadInput):
        rounds.several(given("-f", "params/embedded.yaml", "-f", "params/embedded.yaml", *extra), str)


def test_a_failing_case_is_found_in_its_file() -> None:
    """The line is that of its function; what is in no file has no place."""
    case = {"module": "test_1_websocket_events_staging", "name": "test_health_check[a]"}
    place = rounds._place(case, load("embedded"))
    assert place is not None
    assert place[0] == "lib/suite/modules/test_1_websocket_events_staging.py"
    assert rounds._place({"module": "nowhere", "name": "x"}, load("embedded")) is None


def test_each_of_several_rounds_is_told_every_option() -> None:
    """What a round of one environment would be given beside its file, folder and PATH; an option that is added is one of them."""
    options = ["-p", "a.b", "1", "--number", "3", "--only", "02", "--skip", "04", "--allow-commands", "--summary", "/tmp/s.md"]
    several = parser().parse_args(["round", "-f", "a.yaml", "-f", "b.yaml", "--jobs", "2", "--out", "o", "-q", *options])
    one = parser().parse_args(["round", *rounds.handed_on(several)])
    refused = {"until", "after", "max", "resume"}
    differing = {name for name in vars(one) if getattr(one, name) != getattr(several, name)}
    assert differing == {"files", "jobs", "out", "quiet"}
    assert refused <= vars(one).keys() - differing
    assert all(getattr(one, name) for name in vars(one).keys() - differing - refused - {"json_to", "version"})


NOBODY = (
    "environment: {name}\ntarget: {{rest_url: 'http://127.0.0.1:1', ws_url: 'ws://127.0.0.1:1/ws'}}\nsuite: {{junit: {junit}}}\n"
)
FAILED = "<testsuite name='s'><testcase classname='test_x' name='test_y'><failure message='refused'/></testcase></testsuite>"


@pytest.mark.timeout(300)
def test_several_rounds_annotate_as_one_does_and_show_one_live_line(tmp_path: Path) -> None:
    """Behind a name GitHub would not obey them; on a terminal the cells of all are written over."""
    (tmp_path / "junit.xml").write_text(FAILED)
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(NOBODY.format(name=name, junit=tmp_path / "junit.xml"))
    files = [part for name in ("one", "two") for part in ("-f", str(tmp_path / f"{name}.yaml"))]
    command = [sys.executable, "-m", "lib", "round", *files, "--jobs", "2", "--out", str(tmp_path / "out"), "--only", "01"]
    variables = {**os.environ, "GITHUB_ACTIONS": "true", "TERM": "xterm"}
    terminal, theirs = pty.openpty()
    with (tmp_path / "answer.txt").open("w") as answer:
        running = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=answer, stderr=theirs)
    os.close(theirs)
    shown = b"".join(iter(partial(read, terminal), b"")).decode()
    os.close(terminal)
    assert running.wait(60) == 1
    assert (tmp_path / "answer.txt").read_text().splitlines()[:2] == ["::error title=test_x%3A%3Atest_y::refused"] * 2, shown
    cells = [line for line in shown.split("\n") if re.search(r"\(cell \d+ of", line)]
    assert cells
    assert all("done in" in line for line in cells), shown


def read(terminal: int) -> bytes:
    """What a terminal is told next; nothing once nobody holds its other end."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
