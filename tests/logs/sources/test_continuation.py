"""Which line goes on with the message before it."""

from __future__ import annotations

import pytest

from lib.logs.sources.continuation import Message


@pytest.mark.parametrize(
    ("first", "second"),
    [("Error: boom", "    at run (/app/x.js:3:9)"), ("java.lang.X: y", "Caused by: java.lang.Y: z"),
     ("Traceback (most recent call last):", '  File "/app/x.py", line 3, in run'), ("panic: boom", "goroutine 1 [running]:"),
     ("RuntimeError (boom):", "app/models/x.rb:3:in `run'"), ("thread 'main' panicked at src/main.rs:3:5:", "boom"),
     ("System.Exception: boom", "   --- End of inner exception stack trace ---"), ("{", '"a": 1'),
     ("PHP Fatal error:  Uncaught X", "Stack trace:"), ("1 validation error for Settings", "token")],
)  # fmt: skip
def test_stacks_of_every_language_go_on(first: str, second: str) -> None:
    """By shape alone a frame, a cause or a detail belongs to the message before."""
    assert Message(first).takes(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("Error: boom", "ready"), ("Traceback (most recent call last):", "Traceback (most recent call last):"),
     ("Error: boom", "  2026-02-19T21:33:24Z INFO ready"), ("boom", "")],
)  # fmt: skip
def test_a_line_of_its_own_does_not(first: str, second: str) -> None:
    """What begins anew, or says when it was written, is another message."""
    assert not Message(first).takes(second)


def test_a_traceback_ends_with_its_exception() -> None:
    """The line behind the exception is another message again."""
    message = Message("Traceback (most recent call last):")
    message.add('  File "/app/x.py", line 3, in run')
    assert message.takes("ValueError: boom")
    message.add("ValueError: boom")
    assert not message.takes("ready to serve")
