"""What reaches a terminal."""

from __future__ import annotations

import io

from lib.cli.terminal import Live, printable, shown
from lib.parameters.secrets import resolve


def test_what_was_resolved_is_never_printed():
    """A secret that this process has read behind a reference, in a line and in a document."""
    secret = resolve("env:X", where="x", environ={"X": "terminal-canary-5e9b3c"})
    assert secret not in printable(f"it said {secret} and stopped")
    assert secret not in str(shown({"a": [f"x {secret}"]}))


def test_a_working_directory_is_no_password(monkeypatch):
    """`PWD` is the shell's folder, with blanks and quotes in it as well; what else is called so is a password."""
    monkeypatch.setenv("PWD", "/mnt/c/Users/Jo O'Neil Doe/my project")
    monkeypatch.setenv("DB_PWD", "hunter2-Kx9w-7Qz")
    told = printable("record: /mnt/c/Users/Jo O'Neil Doe/my project/outputs/round-01 hunter2-Kx9w-7Qz")
    assert told.startswith("record: /mnt/c/Users/Jo O'Neil Doe/my project/outputs/round-01 secret:")


def test_what_a_healthy_end_claims_is_no_secret():
    """The words of the contract for a handshake without a credential stay words."""
    for claim in ("refused", "accepted", "not-asked"):
        assert shown({"without_credential": claim}) == {"without_credential": claim}


def test_control_characters_are_visible():
    """A server's answer neither colours nor clears the screen, nor turns the writing round."""
    assert printable("a\x1b[2Jb\u202ec\nd\te") == "a\\x1b[2Jb\\u202ec\nd\te"


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_progress_elsewhere_is_a_line_each():
    """In a file nothing is written over, and no escape stands."""
    stream = io.StringIO()
    live = Live(stream, handshakes=120, seconds=60)
    live("h1 as configured → 403")
    live.close()
    assert stream.getvalue() == "h1 as configured → 403\n"


def test_a_long_watch_is_told_once_a_minute_and_by_its_refusals():
    """In a file a thousand acceptances are one line a minute, and each refusal is one."""
    stream = io.StringIO()
    live = Live(stream, handshakes=1500, seconds=7200, rarely=True)
    for line in ("h1 as configured → accepted", "h2 as configured → accepted", "h3 as configured → 403"):
        live(line)
    assert stream.getvalue() == "h1 as configured → accepted\nh3 as configured → 403\n"


def test_progress_on_a_terminal_is_one_line(monkeypatch):
    """Count and budget stand in it; what is no probe stays."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    live = Live(stream, handshakes=120, seconds=60)
    for line in ("guessed from the address", "h1 as configured → 403", "h2 origin → 403"):
        live(line)
    assert stream.getvalue().count("\n") == 1
    assert "2/120 handshakes, 0/60 s  h2 origin" in stream.getvalue()


def test_cells_of_a_round_are_one_line_on_a_terminal(monkeypatch):
    """Which cell is at work is written over; that a notebook is done stays, and no handshake is counted."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    live = Live(stream, handshakes=120, seconds=60)
    for line in ("[ 1.0 s] 02: The pair (cell 3 of 4)", "[ 1.1 s] 02: More (cell 4 of 4)", "[ 2.0 s] 02: done in 1.0 s"):
        live(line)
    assert stream.getvalue().count("\n") == 1
    assert "handshakes" not in stream.getvalue()
