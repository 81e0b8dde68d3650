"""What is refused is told in one line, whatever was given."""

from __future__ import annotations

from lib.parameters.errors import MAX_CHARACTERS, BadInput


def test_a_refusal_is_one_line_of_bounded_length() -> None:
    """Line breaks of a file's name or a value are shown as such, and of what is very long the beginning and the end."""
    refusal = str(BadInput("a\nb", "x" * 100_000 + "\r\nend", "a path"))
    assert refusal.startswith(r"a\nb: xxx")
    assert refusal.endswith(r"x\r\nend; accepted: a path")
    assert "\n" not in refusal
    assert len(refusal) < MAX_CHARACTERS + 100
