"""Which patterns are tried on a line is decided by its characters, and never against a pattern that fits."""

from __future__ import annotations

import random
import re

import pytest

from lib.logs.sources import candidates as room
from lib.logs.sources.candidates import Candidates, parser_of_patterns
from lib.logs.sources.recognise import _LINES
from tests.logs.test_nothing_is_dropped import LINES


@pytest.mark.parametrize(("pattern", "passes", "stopped"), [
    (r"\[?(?P<name>[a-z]+)\]? \d", "[api] 1", "[api] x"),
    (r"(?:(?i:error)|\d+):", "eRROR:", "warning:"),
    (r"(?:a\"|b\")+x?", 'b"', "b"),
    (r"\d{3}(?!\d)", "503", "x503"),
])  # fmt: skip
def test_a_pattern_is_left_out_only_where_it_cannot_fit(pattern: str, passes: str, stopped: str) -> None:
    """What begins otherwise, or lacks a mark that the pattern asks for, is not tried; what fits is."""
    candidates = Candidates([("it", re.compile(pattern))])
    assert [one for one, _ in candidates.of(passes)] == ["it"]
    assert candidates.of(stopped) == ()


def test_no_line_of_any_format_is_told_otherwise() -> None:
    """Of the corpus' lines, also cut and torn, those patterns that fit are all among the candidates."""
    chance = random.Random(7)
    for line in [*LINES, *(line[chance.randrange(len(line)) :] for line in LINES)]:
        tried = {id(pattern) for _, pattern in _LINES.of(line.lstrip())}
        fits = {id(pattern) for _, pattern, *_ in _LINES._all if pattern.match(line.lstrip())}
        assert fits <= tried, line


@pytest.mark.parametrize("moved", [None, re], ids=["gone", "of another shape"])
def test_without_pythons_own_parser_every_pattern_is_tried(moved: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place and its shape are promised to nobody: then the reading is slower, and reads the same."""
    monkeypatch.setattr(room, "parser", moved)
    assert [one for one, _ in Candidates([("it", re.compile(r"\d"))]).of("x")] == ["it"]


def test_pythons_own_parser_is_looked_for_at_each_of_its_places() -> None:
    """The first place that there is; None where there is none."""
    assert parser_of_patterns("re._moved_away", "re._parser") is not None
    assert parser_of_patterns("re._moved_away") is None
