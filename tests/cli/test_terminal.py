"""What reaches a terminal."""

from __future__ import annotations

from lib.cli.terminal import printable, shown
from lib.parameters.secrets import resolve


def test_what_was_resolved_is_never_printed():
    """A secret that this process has read behind a reference, in a line and in a document."""
    secret = resolve("env:X", where="x", environ={"X": "terminal-canary-5e9b3c"})
    assert secret not in printable(f"it said {secret} and stopped")
    assert secret not in str(shown({"a": [f"x {secret}"]}))


def test_control_characters_are_visible():
    """A server's answer neither colours nor clears the screen, nor turns the writing round."""
    assert printable("a\x1b[2Jb\u202ec\nd\te") == "a\\x1b[2Jb\\u202ec\nd\te"
