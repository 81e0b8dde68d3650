"""A command of one's own ends within its bounds, and so does all that it started."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from lib.clients import command
from lib.parameters.errors import BadInput
from lib.parameters.loading import ROOT


def run(script: str, folder: Path, **more: threading.Event) -> command.Printed:
    """What a shell script prints."""
    return command.run(["sh", "-c", script], key="token.command", folder=folder, **more)


def is_running(pid: int) -> bool:
    """Whether there is such a process, one that has ended and that nobody asked about apart."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_it_prints_says_and_ends_with(tmp_path: Path) -> None:
    """Both outputs and the status; it runs in the folder given, without a terminal to ask at."""
    printed = run("pwd; cat; echo expired >&2; exit 3", tmp_path)
    assert (printed.out.decode().strip(), command.complaint(printed, str), printed.status) == (str(tmp_path), "expired", 3)


def test_no_such_program_is_bad_input(tmp_path: Path) -> None:
    """The parameter is named, and no shell interprets what stands there."""
    with pytest.raises(BadInput, match=r"token\.command"):
        command.run(["echo token; true"], key="token.command", folder=tmp_path)


@pytest.mark.parametrize("script", ["sleep 60 & echo $!; wait", "sleep 60 >&- 2>&- & echo $!"])
def test_what_it_leaves_behind_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A command that hangs is ended after its time, and so is what it started in the background."""
    monkeypatch.setattr(command, "SECONDS", 4.0)
    pid, until = int(run(script, tmp_path).out), time.monotonic() + 10
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(pid)


def test_what_it_leaves_behind_holds_nobody_up(tmp_path: Path) -> None:
    """A command that has ended is read, though a program that it started holds its output open."""
    began = time.monotonic()
    printed = run("sleep 60 & echo token", tmp_path)
    assert (printed.out, printed.cut, printed.status) == (b"token\n", None, 0)
    assert time.monotonic() - began < 20


def test_a_flood_is_cut(tmp_path: Path) -> None:
    """More than a mebibyte is not read."""
    printed = command.run([sys.executable, "-c", "while True: print('x' * 999)"], key="token.command", folder=tmp_path)
    assert (len(printed.out), printed.cut) == (command.MOST_BYTES, "printed more than 1 MiB")


def test_what_fills_the_room_exactly_is_whole(tmp_path: Path) -> None:
    """A mebibyte is no more than a mebibyte."""
    printed = run(f"head -c {command.MOST_BYTES} /dev/zero", tmp_path)
    assert (len(printed.out), printed.cut, printed.ending) == (command.MOST_BYTES, None, "ended with status 0")


def test_it_ends_at_once_when_nobody_waits_any_more(tmp_path: Path) -> None:
    """An interruption does not wait for the command."""
    given_up, began = threading.Event(), time.monotonic()
    threading.Timer(0.3, given_up.set).start()
    run("sleep 25", tmp_path, given_up=given_up)
    assert time.monotonic() - began < 20


def test_what_nobody_waits_for_any_more_ends_with_us(tmp_path: Path) -> None:
    """A log command that follows for ever is left in its thread; it outlives nobody."""
    script = f"""
import pathlib, threading, time
from lib.clients import command
pid = pathlib.Path({str(tmp_path / "pid")!r})
follow = ["sh", "-c", "echo $$ > pid; exec sleep 60"]
threading.Thread(target=lambda: command.run(follow, key="k", folder=pid.parent), daemon=True).start()
until = time.monotonic() + 30
while not (pid.exists() and pid.stat().st_size) and time.monotonic() < until:
    time.sleep(0.1)
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
    pid, until = int((tmp_path / "pid").read_text()), time.monotonic() + 10
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not is_running(pid)
