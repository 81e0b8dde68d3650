"""Lines that a command prints."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lib.clients import command
from lib.logs.sources.command import CommandSource
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.reading import Reading, SourceRefused
from lib.parameters.errors import BadInput


def read(tmp_path: Path, script: str) -> Reading:
    """What a shell script prints, as a reading."""
    return CommandSource(["sh", "-c", script], folder=tmp_path, shaper=Shaper()).read(start=None, end=None, limit=100)


def test_its_lines_are_entries(tmp_path: Path) -> None:
    """The same as from a file."""
    reading = read(tmp_path, "echo 2026-02-19T21:33:24Z ERROR boom; echo 2026-02-19T21:33:25Z INFO up")
    assert [(entry.severity, entry.text[-4:]) for entry in reading.entries] == [("ERROR", "boom"), ("INFO", "O up")]
    assert reading.complete


def test_a_failure_is_told_in_its_own_words(tmp_path: Path) -> None:
    """What stands on standard error is the reason; no such command is bad input."""
    with pytest.raises(SourceRefused, match="no such pod"):
        read(tmp_path, "echo no such pod >&2; exit 1")
    half = read(tmp_path, "echo 2026-02-19T21:33:24Z INFO up; echo WARNING: old >&2; echo ERROR: logged out >&2; exit 4")
    assert half.missing == ("the command ended with status 4, saying: ERROR: logged out; what it printed until then was read",)
    none = read(tmp_path, "echo No resources found in default namespace. >&2")
    assert none.missing == (
        "the command printed nothing on its standard output, saying: No resources found in default namespace.",
    )
    assert "(signal 9)" in read(tmp_path, "echo 2026-02-19T21:33:24Z INFO up; kill -9 $$").missing[0]
    with pytest.raises(SourceRefused, match=r"logs\.command .*cannot be read as a log: it is not text"):
        read(tmp_path, r"printf '\001\000\002'")
    with pytest.raises(BadInput, match=r"logs\.command"):
        CommandSource(["/no/such/program"], folder=tmp_path, shaper=Shaper()).read(start=None, end=None, limit=1)


def test_it_ends_within_its_bounds_and_says_what_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that follows its log for ever, or floods, is ended with all that it started."""
    monkeypatch.setattr(command, "SECONDS", 0.5)
    monkeypatch.setattr(command, "MOST_BYTES", 20_000)
    started = time.monotonic()
    endless = read(tmp_path, "echo 2026-02-19T21:33:24Z ERROR boom; sleep 60")
    flood = read(tmp_path, "yes 2026-02-19T21:33:24Z INFO up")
    assert time.monotonic() - started < 10
    assert (len(endless.entries), "was ended after" in endless.missing[0], "printed more than" in flood.missing[0]) == (
        1,
        True,
        True,
    )
