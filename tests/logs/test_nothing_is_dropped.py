"""Whatever is cut wherever: each line is an entry, a part of one, or counted as unread."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from lib.logs.sources.assembly import Assembly
from lib.logs.sources.decoding import records_in
from lib.logs.sources.export_formats import EXPORT_FORMATS, LAST_FORMATS
from lib.logs.sources.formats import OBJECT_FORMATS
from lib.logs.sources.line_formats import LINE_FORMATS
from lib.logs.sources.moments import moment
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.recognise import of_line
from lib.logs.sources.server_formats import SERVER_FORMATS
from tests.logs.test_corpus import CORPUS, TRUTH
from tests.logs.test_exports import EXPORTS
from tests.logs.test_exports import TRUTH as EXPORTED

NOW = moment("2026-02-20T00:00:00Z")
TEXTS = [name for name in TRUTH if Path(name).suffix == ".log"]
DESCRIBED = (*EXPORT_FORMATS, *SERVER_FORMATS, *LINE_FORMATS, *LAST_FORMATS)
FILES = [CORPUS / name for name in TRUTH] + [EXPORTS / name for name in EXPORTED]
LINES = [line for one in DESCRIBED for line in one.sample.splitlines() if line.strip()] + [
    line
    for path in FILES
    if path.suffix in {".log", ".jsonl", ".txt"} and "utf16" not in path.name and b"\0" not in path.read_bytes()
    for line in path.read_text(errors="replace").splitlines()
    if line.strip()
]
WHOLE = [
    path
    for path in FILES
    if path.suffix in {".json", ".yaml", ".csv"} and b"\0" not in path.read_bytes() and path.name != "postgres.csv"
]
"""Files that are one document, or several, or a table that names its columns: nothing of them is a line of its own."""
OUTER = {"cri", "compose", "kubectl", "syslog", "journald", "heroku", "syslog-priority", "grafana", "cloudwatch", "papertrail",
         "pm2", "swarm", "stern", "named", "timed", "go", "render", "jul", "tomcat"}  # fmt: skip
"""What stands before another's line: what is told is the inner line's format."""


def read(text: str) -> tuple[list[str], int, list[str]]:
    """The entries' texts, how many pieces were unread, and what was said of cuts."""
    said: list[str] = []
    assembly = Assembly(shaper=Shaper(), near=NOW)
    entries = [entry.text for entry in assembly.entries(records_in([text.encode()], said.append), name="x")]
    return entries, sum(one.count for one in assembly.unread_found()), said


@pytest.mark.parametrize("seed", range(300))
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


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_document_cut_anywhere_gives_its_entries_or_says_so(path: Path) -> None:
    """Of an array, an object of groups, YAML or a table that ends in its middle, what is not read is counted or named."""
    chance, text = random.Random(path.name), path.read_text()
    entries, first = len(read(text)[0]), text.index("\n") + 1 if path.suffix == ".csv" else 1
    for _ in range(4):
        cut = text[: chance.randrange(first, len(text.rstrip()))]
        begun = sum(1 for row in csv.reader(cut.splitlines(keepends=True)) if row) - 1 if path.suffix == ".csv" else entries
        found, unread, said = read(cut)
        assert len(found) == begun or unread or said or cut.rstrip().endswith("---"), cut[-80:]


def test_each_description_of_a_line_is_tried() -> None:
    """The lines that are cut are of every format of text in the catalogue, and of many kinds of objects."""
    assert {one.name for one in DESCRIBED} - {of_line(line).format for line in LINES} <= OUTER
    kinds = {of_line(line).format for line in LINES if line.startswith("{")}
    assert len(kinds & {one.name for one in OBJECT_FORMATS}) >= 20, kinds


FIRST, LAST = (f'{{"time":"2026-02-19T21:33:0{n}Z","level":"error","msg":"{word} failed"}}' for n, word in ((1, "a"), (3, "z")))
ODD = {
    "half an object": FIRST[:30],
    "an object without its end": FIRST[:-1],
    "a string without its end": FIRST[:-3],
    "100,000 brackets": "[" * 100_000,
    "100,000 braces": "{" * 100_000,
    "text": "2026-02-19T21:33:02Z ERROR odd",
    "a remark": "# odd",
    "quotes": '"' * 1001,
    "nothing": "null",
    "a status of 5,000 digits": f'{FIRST[:-1]},"url":"/x","status":"{"5" * 5000}"}}',
    "a latency of 400 digits": f'{FIRST[:-1]},"url":"/x","status":500,"duration_ms":{10**400}}}',
    "a NUL": f'{FIRST[:-1]},"a":"\0"}}',
    "a program's first bytes": "\x7fELF\x02\x01\x01",
}
LAYOUTS = {
    "lines": "{}\n{}\n{}\n",
    "odd first": "{1}\n{0}\n{2}\n",
    "an array": "[\n{},\n{},\n{}\n]\n",
    "an array in a line": "[{},{},{}]",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_one_odd_entry_is_one_entry(odd: str, layout: str) -> None:
    """Its neighbours are read, and it is read itself or counted as unread, once."""
    entries, unread, _ = read(layout.format(FIRST, odd, LAST))
    assert [word for word in ("a failed", "z failed") if word not in entries] == []
    assert len(entries) + unread == 3


GROUPS = {
    "loki": ('{"data":{"result":[{"stream":{},"values":[', '["1771536780000000000","a failed"]', "]}]}}"),
    "otlp": ('{"resourceLogs":[{"scopeLogs":[{"logRecords":[', '{"timeUnixNano":"1771536780000000000","body":"a"}', "]}]}]}"),
    "elastic": ('{"hits":{"hits":[', '{"_source":{"@timestamp":"2026-02-19T21:33:01Z","message":"a"}}', "]}}"),
    "cloudwatch": ('{"events":[', '{"timestamp":1771536780000,"message":"a"}', "]}"),
    "azure": ('{"tables":[{"columns":[{"name":"TimeGenerated"},{"name":"Log"}],"rows":[', '["2026-02-19T21:33:01Z","a"]', "]}]}"),
    "members": ('{"entries":[', '{"time":"2026-02-19T21:33:01Z","msg":"a"}', "]}"),
}


@pytest.mark.parametrize("odd", ["null", "5", '"odd"', "{}", "true"])
@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_a_member_of_a_group_that_is_no_entry_is_counted(group: tuple[str, str, str], odd: str) -> None:
    """A list of entries, in whatever export, may hold something else: it is unread, and not passed over in silence."""
    before, entry, behind = group
    entries, unread, said = read(f"{before}{entry},{odd},{entry}{behind}")
    assert (len(entries) + unread, len(entries) >= 2, said) == (3, True, [])


def test_objects_one_behind_the_other_without_a_line_end_are_all_read() -> None:
    """So do streams deliver them; what is cut off at the end is counted."""
    assert len(read(f"{FIRST}{LAST} {FIRST},{LAST}\n{LAST}\n")[0]) == 5
    assert read(f"{FIRST}{LAST}{FIRST[:30]}\n{LAST}\n")[1] == 1


def test_an_entry_too_long_to_hold_costs_the_following_nothing() -> None:
    """It is one unread entry, also as the first of a file."""
    entries, unread, _ = read(f'{FIRST[:-1]},"a":"{"x " * 9_000_000}"}}\n{LAST}\n{LAST}\n')
    assert (entries, unread) == (["z failed"] * 2, 1)
