"""Each format of a line beside the line that it was made for."""

from __future__ import annotations

import time

import pytest

from lib.logs.sources.export_formats import EXPORT_FORMATS, LAST_FORMATS
from lib.logs.sources.line_formats import LINE_FORMATS, LineFormat
from lib.logs.sources.recognise import of_line


@pytest.mark.parametrize("one", [*EXPORT_FORMATS, *LINE_FORMATS, *LAST_FORMATS], ids=lambda one: f"{one.name}: {one.sample[:30]}")
def test_each_format_reads_its_own_sample(one: LineFormat) -> None:
    """The sample is recognised, and it tells how grave it is."""
    told = of_line(one.sample)
    assert told.severity is not None
    if "{rest}" not in one.pattern:
        assert told.format == one.name


@pytest.mark.parametrize(
    "piece", [" ", "[", "(", '"', "a", "a ", "1 ", "[a] ", "=", "\\", "'", ":", "a:", "2026-01-01 ", "{", "| ", "\t"]
)
def test_a_long_line_of_one_piece_takes_no_long_time(piece: str) -> None:
    """No pattern goes back and forth over what a stranger wrote."""
    started = time.perf_counter()
    for head in ("", "2026-01-01T00:00:00Z ", '10.0.0.9 - - "', "[", "ERROR "):
        of_line(head + piece * (40_000 // len(piece)))
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(("line", "words"), [
    ('app.ERROR: API said {"error":"invalid_grant"} to us', 'API said {"error":"invalid_grant"} to us'),
    ('app.ERROR: boom {"a":1} []', 'boom {"a":1}'),
    ("app.ERROR: boom [] []", "boom"),
    ('app.ERROR: {"message":"refused"} {"userId":1,"exception":"[object] (E(code: 0): x at /a.php:1)', '{"message":"refused"}'),
    ('app.CRITICAL: No route for "GET /x" {"exception":"[object] (E(code: 0): x at /a.php:1)"} []', 'No route for "GET /x"'),
])  # fmt: skip
def test_of_what_monolog_writes_only_an_exceptions_context_is_no_message(line: str, words: str) -> None:
    """A message may hold an object of its own; what repeats the exception is left to its frames."""
    assert of_line(f"[2026-02-19 21:33:24] {line}").text == words
