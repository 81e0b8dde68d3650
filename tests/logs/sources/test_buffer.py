"""Values and lines of a text that comes in pieces of any size."""

from __future__ import annotations

import pytest

from lib.logs.sources.buffer import MOST_VALUE, TOO_LONG, TOO_MANY, Broken, Buffer


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


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("y" * (MOST_VALUE + 3_000_000), TOO_LONG),
        ('\\"]}' * (MOST_VALUE // 3), TOO_LONG),
        ('\\\\' * (MOST_VALUE // 2 + 1_500_000) + '",[{"]}": 1}],"', TOO_LONG),
        ('",' + "[]," * 1_200_000 + '"', TOO_MANY),
    ],
    ids=["long", "brackets in a string", "backslashes", "many lists"],
)  # fmt: skip
def test_a_value_too_large_to_hold_is_one_piece_and_what_follows_is_read(inside: str, what: str) -> None:
    """Nothing inside it is taken for an entry, wherever the pieces of the text end."""
    text = f'["boom {inside}"]\n{{"a": 1}}'
    buffer = Buffer(text[at : at + 999_999] for at in range(0, len(text), 999_999))
    assert buffer.value() == Broken(what, text[:120])
    assert (buffer.skip(" \n"), buffer.value()) == ("{", {"a": 1})


def test_a_value_too_large_that_never_ends_says_so() -> None:
    """A file that is cut off within it has nothing behind it."""
    buffer = Buffer(iter(("[", *['"' + "y" * 999_997 + '",'] * 20)))
    assert buffer.value().what == f"{TOO_LONG}, to the end of the file"
