"""A small part of the table of docs/reliability.md, made anew: the whole is `make reliability`."""

from __future__ import annotations

from tests.reliability import rows


async def test_what_comes_in_ends_as_promised() -> None:
    """A diagnosis of three hostile servers ends in time, within its memory, without a traceback, and calls none healthy."""
    made = await rows(("whys",), ("a first line of blanks", "1xx for ever", "RSV1 in a frame"), slower=20)
    assert [line for line in made.values() if not line.endswith("| held |")] == []
