"""Exports as consoles, collectors, process managers and frameworks really write them, each with what is true of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lib.logs.analysis import report_on
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import Shaper

EXPORTS = Path(__file__).parent / "exports"
TRUTH: dict[str, dict[str, Any]] = json.loads((EXPORTS / "truth.json").read_text(encoding="utf-8"))
WRITTEN = 1771600000
"""When the files were written: on the day after their lines."""


@pytest.mark.parametrize("name", TRUTH)
def test_an_export_is_told_as_it_is(name: str, tmp_path: Path) -> None:
    """Entries, first and last moment, severity and title of each incident, and what was not read; nothing in silence."""
    path, truth = tmp_path / name, TRUTH[name]
    path.write_bytes((EXPORTS / name).read_bytes())
    os.utime(path, (WRITTEN, WRITTEN))
    document = report_on(FileSource(path, shaper=Shaper()).read(start=None, end=None, limit=100_000), []).as_json()
    found = [(one["severity"], one["title"]) for one in document["incidents"] if not one["noise"]]
    assert [severity for severity, _ in found] == [severity for severity, _ in truth["incidents"]]
    assert all(title.lower() in told.lower() for (_, told), (_, title) in zip(found, truth["incidents"], strict=True)), found
    seen = document["seen"]
    assert truth["entries"] in (None, seen["entries"])
    assert truth["first"] in (None, seen["first_at"][:19])
    assert truth["last"] in (None, seen["last_at"][:19])
    assert sum(one["count"] for one in document["unread"]) == truth["unread"]
