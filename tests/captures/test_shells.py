"""A pasted text is split in linear time, however it is made."""

from __future__ import annotations

from time import process_time

import pytest

from lib.captures.reading import read
from lib.captures.shells import MOST_FILLED_IN, commands

LONG = 200_000
TEXTS = {
    "assignments before a command": "A=b " * (LONG // 8) + "curl wss://a.example/ws",
    "a string with escapes": "curl wss://a.example/ws -d $'" + "a\\x41" * (LONG // 4) + "'",
    "a string in double quotes": 'curl wss://a.example/ws -d "' + "a" * LONG + '"',
    "carets": 'curl ^"wss://a.example/ws^" -d ^"' + "a^%" * (LONG // 3) + '^"',
    "what begins like tokens": "curl wss://a.example/ws -H 'X: " + "eyJ" * (LONG // 3) + "'",
}


@pytest.mark.parametrize("name", TEXTS)
def test_long_texts_are_split_in_linear_time(name: str) -> None:
    """A body of some hundred kilobytes is usual; each letter must not cost all those before it."""
    began_s = process_time()
    assert read(TEXTS[name]).url == "wss://a.example/ws"
    assert process_time() - began_s < 6


def test_variables_made_of_one_another_end() -> None:
    """Each is twice the last: after so many letters they stand as variables."""
    lines = ["a0=0123456789", *(f"a{number + 1}=$a{number}$a{number}" for number in range(60)), "curl wss://a.example/$a60"]
    *_, last = commands("\n".join(lines))
    assert len(last[1]) < 2 * MOST_FILLED_IN
    assert commands("T=x\nU=$T$T\ncurl $U")[-1] == ["curl", "xx"]
