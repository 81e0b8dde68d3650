"""The level among a line's first words, where a word is one and where it only is a word."""

from __future__ import annotations

import pytest

from lib.logs.sources.plain import of_text


@pytest.mark.parametrize(
    ("line", "severity", "text"),
    [("ERROR no tenant", "ERROR", "no tenant"), ("[main] [warning] no tenant", "WARNING", "no tenant"),
     ("<info> started", "INFO", "started"), ("worker: ERROR: no tenant", "ERROR", "no tenant")],
)  # fmt: skip
def test_a_level_in_the_head_is_stated_and_taken_off(line: str, severity: str, text: str) -> None:
    """In capitals, in brackets or before a colon a word is a level."""
    told = of_text(line)
    assert (told.severity, told.stated, told.text) == (severity, True, text)


@pytest.mark.parametrize("line", ["the error handler is ready", "Failed orders: 0", "information desk opened"])
def test_a_word_inside_a_sentence_is_no_level(line: str) -> None:
    """What only looks like a level states none."""
    assert not of_text(line).stated


def test_pairs_give_level_message_time_and_request() -> None:
    """A line of names and values is read by its names."""
    told = of_text('ts=2026-02-19T21:33:24Z level=error msg="no tenant" method=GET path=/ws status=403')
    assert (told.format, told.severity, told.time) == ("logfmt", "ERROR", "2026-02-19T21:33:24Z")
    assert told.request == {"method": "GET", "url": "/ws", "status": 403}
