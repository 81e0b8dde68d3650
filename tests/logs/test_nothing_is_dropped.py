"""Whatever is cut wherever: each line is an entry, a part of one, or counted as unread."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lib.logs.sources.assembly import Assembly
from lib.logs.sources.decoding import records_in
from lib.logs.sources.moments import moment
from lib.logs.sources.normalise import Shaper
from tests.logs.test_corpus import CORPUS, TRUTH

NOW = moment("2026-02-20T00:00:00Z")
TEXTS = [name for name in TRUTH if Path(name).suffix == ".log"]
LINES = [
    line
    for name in TRUTH
    if Path(name).suffix in {".log", ".jsonl"}
    for line in (CORPUS / name).read_text().splitlines()
    if line.strip()
]


def read(text: str) -> tuple[list[str], int, list[str]]:
    """The entries' texts, how many pieces were unread, and what was said of cuts."""
    said: list[str] = []
    assembly = Assembly(shaper=Shaper(), near=NOW)
    entries = [entry.text for entry in assembly.entries(records_in([text.encode()], said.append), name="x")]
    return entries, sum(one.count for one in assembly.unread_found()), said


@pytest.mark.parametrize("seed", range(150))
def test_a_line_cut_anywhere_is_read_or_named(seed: int) -> None:
    """A single line, cut at a random place: an entry or an unread piece, never neither."""
    chance = random.Random(seed)
    line = chance.choice(LINES)
    cut = line[: chance.randrange(1, len(line) + 1)]
    entries, unread, said = read(f"2026-02-19T21:33:20Z INFO before\n{cut}\n") if cut[0] != "{" else read(f"{cut}\n")
    if cut.strip():
        whole = " ".join(entries)
        assert len(entries) > 1 or unread or said or (entries and (cut.strip()[:20] in whole or cut[0] == "{")), (cut, entries)


@pytest.mark.parametrize("seed", range(40))
def test_a_mixture_of_lines_loses_none(seed: int) -> None:
    """Lines of text of any formats, shuffled: each one's words stand in some entry."""
    chance = random.Random(seed)
    lines = [f"{chance.choice(['ERROR', 'INFO', 'x'])} marked-{number}" for number in range(20)]
    mixed = [*lines, *chance.sample([line for line in LINES if line[0] != "{"], 10)]
    chance.shuffle(mixed)
    whole = "\n".join(read("\n".join(mixed))[0])
    assert [line for line in lines if line.split()[-1] not in whole] == []
