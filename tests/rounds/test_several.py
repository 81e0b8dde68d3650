"""Rounds of several environments: each in a folder of its own, and none that outlives the command that began it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lib.parameters.loading import ROOT
from lib.rounds.several import rounds_of

pytestmark = [pytest.mark.xdist_group("rounds"), pytest.mark.timeout(240)]


def test_several_environments_run_beside_each_other(tmp_path):
    """Each into a folder of its own; a file that is bad input is the gravest status, and no notebook wants a token to mint."""
    files = {}
    for name, extra in (("one", ""), ("two", "budget: {handshakes: none}\n")):
        files[name] = str(tmp_path / f"{name}.yaml")
        target = "target: {rest_url: 'http://127.0.0.1:1', ws_url: 'ws://127.0.0.1:1/ws'}\n"
        Path(files[name]).write_text(f"environment: {name}\n{target}{extra}")
    told, only = [], ["--only", "02", "--only", "05"]
    reports, status = rounds_of(
        files, out=tmp_path / "out", arguments=only, jobs=2, heard=lambda *line: told.append(": ".join(line))
    )
    assert status == 2
    assert [report and report["environment"] for report in reports] == ["one", None]
    assert [step["state"] for step in reports[0]["notebooks"]] == ["completed", "completed"]
    assert (tmp_path / "out" / "one" / "round-01" / "index.html").is_file()
    assert any(line.startswith("two: bad input: budget.handshakes") for line in told)


def silent_environments(folder: Path, port: int) -> dict[str, str]:
    """Two whose target accepts connections and never answers."""
    files = {}
    for name in ("one", "two"):
        files[name] = str(folder / f"{name}.yaml")
        target = f"target: {{rest_url: 'http://127.0.0.1:{port}', ws_url: 'ws://127.0.0.1:{port}/ws'}}\n"
        Path(files[name]).write_text(f"environment: {name}\n{target}")
    return files


def soon(holds: Callable[[], object], seconds: float = 60) -> bool:
    """Whether it comes to hold."""
    until_s = time.monotonic() + seconds
    while not holds() and time.monotonic() < until_s:
        time.sleep(0.05)
    return bool(holds())


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that run."""
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_round_outlives_the_command_that_began_it(tmp_path: Path, number: int) -> None:
    """A signal to it alone ends its rounds and their kernels; where it can speak it says of each how to go on, with status 130,
    and no temporary file stays."""
    temporary, out, said = Path(tempfile.mkdtemp(prefix="t-")), tmp_path / "out", tmp_path / "said"
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener, said.open("w") as stream:
        files = silent_environments(tmp_path, listener.getsockname()[1])
        command = [sys.executable, "-m", "lib", "round", "-f", files["one"], "-f", files["two"], "--jobs", "2", "--only", "02"]
        environ = os.environ | {"TMPDIR": str(temporary)}
        process = subprocess.Popen([*command, "--out", str(out)], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=stream)
        assert soon(lambda: len(list(out.glob("*/round-01/index.html"))) == 2)
        begun = psutil.Process(process.pid).children(recursive=True)
        assert len(begun) >= 4  # two rounds, and each one's parent of kernels
        process.send_signal(number)
        assert process.wait(30) == (130 if number == signal.SIGTERM else -number)
        assert soon(lambda: not alive(begun), 30)
    if number == signal.SIGTERM:
        for name, file in files.items():
            again = f"python -m lib round -f {file} --out {out / name} --number 1 --only 02 --resume"
            assert f"{name}: broken off; go on with it: {again}\n" in said.read_text()
        temporary.rmdir()  # which it could not, were anything in it


def test_one_that_keeps_silent_has_its_time_and_no_more(tmp_path: Path) -> None:
    """It is ended although it says nothing and closes nothing, and counts as what could not be done."""
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        files = silent_environments(tmp_path, listener.getsockname()[1])
        reports, status = rounds_of(
            files,
            out=tmp_path / "out",
            arguments=["-q"],
            jobs=2,
            heard=lambda *line: told.append(": ".join(line)),
            within_s=1.0,
        )
    assert (reports, status) == ([None, None], 3)
    assert "one: it has had its time and is ended" in told
    assert any(line.startswith("two: broken off; go on with it: ") for line in told)
