"""Values and lines of a text that comes in pieces of any size."""

from __future__ import annotations

import pytest

from lib.logs.sources.buffer import Broken, Buffer


@pytest.mark.parametrize("size", [1, 2, 7])
def test_values_are_whole_wherever_the_pieces_end(size: int) -> None:
    """A value is read once enough of it is there."""
    text = ' {"a": [1, "}"]} [2]'
    buffer = Buffer(text[at : at + size] for at in range(0, len(text), size))
    assert (buffer.skip(" \t\r\n"), buffer.value()) == ("{", {"a": [1, "}"]})
    assert (buffer.skip(" \t\r\n"), buffer.value()) == ("[", [2])
    assert buffer.skip(" \t\r\n") == ""


def test_a_broken_value_is_passed_to_its_end() -> None:
    """What follows a broken value is read."""
    buffer = Buffer(iter(('{"a": oops} 7',)))
    assert isinstance(buffer.value(), Broken)
    assert buffer.text[buffer.at :] == " 7"


def test_lines_come_once_each_and_a_last_one_without_its_end() -> None:
    """Pieces that end within a line are put together."""
    assert list(Buffer(iter(("a\nb", "b\nc"))).lines()) == [("a", False), ("bb", False), ("c", False)]
