"""A child process is watched to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lib.suite import process


def run(code, **changes):
    given = {"environ": dict(os.environ), "folder": Path.cwd(), "timeout_s": 20.0} | changes
    return process.run([sys.executable, "-c", code], **given)


def test_events_and_the_tail_of_the_output_are_kept():
    """What the child tells on the pipe are events; of what it prints the end is kept."""
    code = (
        "import os; os.write(int(os.environ['INVESTIGATION_PIPE']), b'{\"event\": \"one\"}\\nnoise\\n[1]\\n'); "
        "print('x' * 100000 + 'end')"
    )
    ended = run(code)
    assert ended.events == [{"event": "one"}]
    assert (ended.status, ended.output.rstrip()[-3:], len(ended.output)) == (0, "end", process.MAX_OUTPUT_BYTES)


def test_a_signal_is_told_as_shells_do():
    """A child that is killed ends with 128 + the signal's number."""
    assert run("import os; os.kill(os.getpid(), 9)").status == 137


def test_a_child_that_ignores_being_asked_is_killed():
    """Ended in time even where it ignores SIGTERM."""
    started = time.monotonic()
    ended = run("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)", timeout_s=1.0)
    assert ended.timed_out
    assert time.monotonic() - started < 15


def test_a_suite_that_kills_whoever_started_it_ends_with_that(tmp_path):
    """It is told as broken, and does not run on behind our back."""
    note = tmp_path / "pid"
    code = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); os.kill(os.getppid(), 9); time.sleep(300)"
    assert run(code).status == -signal.SIGKILL
    until_s = time.monotonic() + 30
    while (runs := psutil.pid_exists(int(note.read_text()))) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not runs


def test_the_suite_ends_when_we_are_killed(tmp_path):
    """After kill -9 of the process that started it, the child is gone within seconds."""
    note = tmp_path / "pid"
    child = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(300)"
    parent = (
        "import os, pathlib, sys\nfrom lib.suite import process\n"
        f"process.run([sys.executable, '-c', {child!r}], environ=dict(os.environ), folder=pathlib.Path.cwd(), timeout_s=200)"
    )
    started = subprocess.Popen([sys.executable, "-c", parent])
    for _ in range(200):
        if note.exists() and note.read_text():
            break
        time.sleep(0.05)
    started.kill()
    started.wait()
    for _ in range(200):
        try:
            os.kill(int(note.read_text()), 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the child is still there")
