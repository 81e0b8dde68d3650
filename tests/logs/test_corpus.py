"""Files of each format, as their loggers really write them, are told as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lib.logs.analysis import report_on
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import Shaper
from tests.logs.corpus import SAMPLES, Sample

WRITTEN = 1771600000
"""When the files were written: a day after their lines, so that the year of those that tell none is known."""


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.format}-{sample.name}")
def test_a_file_is_told_as_it_is(sample: Sample, tmp_path: Path) -> None:
    """Entries, severities, incidents, first and last moment are those that the file really has; nothing is passed over."""
    path = tmp_path / sample.name
    path.write_text(sample.text)
    os.utime(path, (WRITTEN, WRITTEN))
    reading = FileSource(path, shaper=Shaper()).read(start=None, end=None, limit=1_000)
    document = report_on(reading, []).as_json()
    incidents = [(one["severity"], one["title"]) for one in document["incidents"] if not one["noise"]]
    assert (document["seen"]["entries"], document["unread"]) == (sample.entries, [])
    assert [severity for severity, _ in incidents] == [severity for severity, _ in sample.incidents], incidents
    assert all(title.startswith(begin) for (_, title), (_, begin) in zip(incidents, sample.incidents, strict=True)), incidents
    assert (document["seen"]["first_at"][:19], document["seen"]["last_at"][:19]) == (sample.first, sample.last)
