"""Files of each format, as their loggers really write them, are told as they are; the confusion table is printed with -s."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lib.logs.analysis import LogReport, report_on
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import Shaper

CORPUS = Path(__file__).parent / "corpus"
TRUTH: dict[str, dict[str, Any]] = json.loads((CORPUS / "truth.json").read_text(encoding="utf-8"))
WRITTEN = 1771600000
"""When the files were written: a day after their lines, so that the year of those that tell none is known."""


def told(name: str) -> LogReport:
    """What a file of the corpus tells."""
    os.utime(CORPUS / name, (WRITTEN, WRITTEN))
    return report_on(FileSource(CORPUS / name, shaper=Shaper()).read(start=None, end=None, limit=1_000), [])


@pytest.mark.parametrize("name", TRUTH)
def test_a_file_is_told_as_it_is(name: str) -> None:
    """Entries, severities, incidents, first and last moment are those that the file really has; nothing is passed over."""
    truth, document = TRUTH[name], told(name).as_json()
    found = [(one["severity"], one["title"]) for one in document["incidents"] if not one["noise"]]
    assert (document["seen"]["entries"], document["unread"]) == (truth["entries"], [])
    assert [severity for severity, _ in found] == [severity for severity, _ in truth["incidents"]], found
    assert all(title.startswith(begin) for (_, title), (_, begin) in zip(found, truth["incidents"], strict=True)), found
    assert (document["seen"]["first_at"][:19], document["seen"]["last_at"][:19]) == (truth["first"], truth["last"])


def test_each_format_has_two_files_and_no_error_is_silent() -> None:
    """The confusion table: what is true of each file beside what was told; every file of the corpus has an error."""
    files = Counter(truth["format"] for truth in TRUTH.values())
    assert min(files.values()) >= 2
    for name, truth in TRUTH.items():
        report = told(name)
        real = [one for one in report.incidents if not one.noise]
        formats = ", ".join(report.reading.formats or {})
        true = f"{len(truth['incidents'])} of {truth['entries']:2} entries"
        print(f"{name:32} true: {true}   told: {len(real)} of {len(report.reading.entries):2}   {formats}")
        assert real, name
