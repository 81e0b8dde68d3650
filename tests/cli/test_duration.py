"""A duration of the command line."""

from __future__ import annotations

import pytest

from lib.cli.duration import seconds_of
from lib.parameters.errors import BadInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7200), ("90s", 90), ("15m", 900), ("15 min", 900), ("1h30m", 5400), ("1.5H", 5400), ("7d", 604_800)],
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    """Units, several of them, blanks and capitals."""
    assert seconds_of(text, option="--for") == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2x", "-2h", "0s", "8d", "1h1h", "1h 2", "two hours", "٣h", "nan s", "9" * 50 + "h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """In the option's name, with examples."""
    with pytest.raises(BadInput, match=r"--for: .*such as 90s, 15m, 2h or 1h30m"):
        seconds_of(text, option="--for")
