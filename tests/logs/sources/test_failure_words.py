"""Lines that have no level: the usual ways to say that something failed, and words of failure that tell of none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.logs.sources.failure_words import severity_in_words
from lib.logs.sources.recognise import of_line
from lib.logs.sources.severities import RANK

HERE = Path(__file__).parent


def severities(name: str) -> dict[str, int]:
    """How grave each line of a file beside this one is."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return {line: RANK[of_line(line).severity or "DEFAULT"] for line in lines}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("could not connect to db", "ERROR"), ("bash: gunicorn: command not found", "ERROR"), ("Killed", "ERROR"),
        ("Segmentation fault (core dumped)", "CRITICAL"), ("exit status 2", "ERROR"), ("0 errors, 0 warnings", None),
        ("Server listening on 8080", None), ("DeprecationWarning: x", "WARNING"), ("retrying in 5 s", "WARNING"),
        ("error=null", None),
        ("getaddrinfo ENOTFOUND db", "ERROR"), ("upstream prematurely closed connection: connection reset by peer", "ERROR"),
    ],
)  # fmt: skip
def test_a_line_without_a_level_is_read(line: str, expected: str | None) -> None:
    """What failed is said in few words, and so is that nothing did."""
    assert severity_in_words(line) == expected


def test_nearly_all_usual_lines_that_tell_of_a_failure_are_heard() -> None:
    """What shells, kernels, runtimes, databases, proxies, orchestrators and frameworks print when something failed."""
    rank = severities("failing.txt")
    assert len(rank) > 300
    assert [line for line, found in rank.items() if found < RANK["ERROR"]] == []


def test_words_of_failure_that_tell_of_none_raise_no_alarm() -> None:
    """Counts of zero, settings, handlers, paths, and what recovered."""
    rank = severities("harmless.txt")
    assert len(rank) > 200
    assert [line for line, found in rank.items() if found >= RANK["WARNING"]] == []
