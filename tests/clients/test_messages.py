"""A message tells what it holds, and the end of a session who ended it."""

from __future__ import annotations

from lib.clients.messages import OVERSIZE, Message, SessionClosed


def test_a_message_that_was_not_taken_says_so() -> None:
    """In place of its data stands that it was too long."""
    assert Message(OVERSIZE, is_text=True, at_s=0, elapsed_ms=0).excerpt == "(a message of more than 1 MiB)"


def test_what_is_no_json_is_none() -> None:
    """Neither broken nor endlessly nested text raises."""
    texts = (b"{", b"[" * 100_000, b"\xff")
    assert [Message(data, is_text=True, at_s=0, elapsed_ms=0).json for data in texts] == [None, None, None]


def test_the_end_of_a_session_says_who_ended_it() -> None:
    """Closed here, dropped, or closed by the server with its reason."""
    assert [str(SessionClosed(code, reason)) for code, reason in ((None, None), (1006, None), (4001, "expired"))] == [
        "the session was closed here",
        "the connection was dropped without a close frame",
        "the server closed the session with 4001 (expired)",
    ]
