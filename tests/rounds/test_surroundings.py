"""What a round asks of the machine, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from lib.parameters.loading import ROOT
from lib.records.rounds_on_disk import Record
from lib.rounds.surroundings import temporary_folder

pytestmark = [pytest.mark.xdist_group("rounds"), pytest.mark.timeout(300)]


def test_a_temporary_folder_goes_with_all_that_lies_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children put theirs into it; in a place whose name is too long for sockets it lies elsewhere."""
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    for base in (tmp_path, deep):
        monkeypatch.setattr(tempfile, "tempdir", str(base))
        with temporary_folder() as folder:
            (folder / "left").write_text("by a child that was killed")
            assert Path(tempfile.gettempdir()) == folder == Path(os.environ["TMPDIR"])
            assert len(str(folder)) < 80
        assert not folder.exists()
        assert tempfile.gettempdir() == str(base)


@pytest.mark.parametrize("verb", ["round --number 1 --out", "suite --json"])
def test_a_machine_that_allows_too_few_files_is_told_before_anything_starts(tmp_path: Path, verb: str) -> None:
    """One sentence, status 2, and nothing written; no case fails for want of them, and no target is blamed."""
    line = f"ulimit -n 64; exec {sys.executable} -m lib {verb} {tmp_path / 'outputs'}"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bad input: ulimit -n: 64 files may be open at once; accepted: 200 or more for this\n"
    assert not (tmp_path / "outputs").exists()


def test_an_interrupted_round_leaves_a_record_that_says_so_and_nothing_else(tmp_path: Path) -> None:
    """Status 130, where the record lies and how to go on, also with -q; `verify` calls it unfinished; no temporary file stays."""
    temporary, out = Path(tempfile.mkdtemp(prefix="t-")), tmp_path / "outputs"
    command = [sys.executable, "-m", "lib", "round", "-q", "--number", "1", "--only", "01", "--out", str(out)]
    environ = os.environ | {"TMPDIR": str(temporary)}
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(temporary.rglob("suite-plugin-*")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "round-01, unfinished; --resume goes on with it" in said
    assert "This round is unfinished" in (out / "round-01" / "index.html").read_text()
    assert not Record(out / "round-01").has_completed("01-suite-run.ipynb")
    temporary.rmdir()  # which it could not, were anything in it
    verified = subprocess.run(
        [sys.executable, "-m", "lib", "verify", str(out / "round-01")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (verified.returncode, "unfinished" in verified.stdout) == (0, True)


def test_a_round_that_is_broken_off_while_it_is_published_can_be_gone_on_with(tmp_path: Path) -> None:
    """Status 130 at once, a record that says that it is unfinished; `--resume` keeps every notebook and publishes it whole."""
    out, folder = tmp_path / "outputs", tmp_path / "outputs" / "round-01"
    command = [sys.executable, "-m", "lib", "round", "--only", "05", "--out", str(out), "-p", "embedded.faults", "[]"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not folder.is_dir() and time.monotonic() < deadline:
        time.sleep(0.05)
    held = folder / "99-held.ipynb"
    os.mkfifo(held)
    with held.open("wb"):  # opened as soon as the page reads it, which then waits for what stands in it
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    held.unlink()
    assert (process.returncode, "unfinished; --resume goes on with it" in said) == (130, True)
    done = subprocess.run([*command, "--resume"], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    verify = [sys.executable, "-m", "lib", "verify", str(folder)]
    verified = subprocess.run(verify, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ("05-round-report: kept from before" in done.stderr, verified.returncode) == (True, 0)
    assert "unfinished" not in verified.stdout
