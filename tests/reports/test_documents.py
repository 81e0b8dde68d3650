"""lib/reports/documents.py: two rounds' folders side by side."""

from __future__ import annotations

from pathlib import Path

from lib.records.record import Record
from lib.reports.documents import compare_folders, entries_of
from tests import sample_round as sample


def left(folder: Path, **figures: str) -> Path:
    """A round's folder that holds a performance document without samples."""
    Record(folder).write_json("performance", sample.performance(**figures))
    return folder


def test_folders_are_compared_by_what_lies_in_them(tmp_path: Path) -> None:
    """Rounds are called by their folders' names, and absent documents are no obstacle."""
    document = compare_folders(left(tmp_path / "round-01", api_response_ms="met"), left(tmp_path / "round-02"))
    assert document["rounds"] == ["round-01", "round-02"]
    assert document["cases"]["added"] == []


def test_a_document_without_samples_is_called_so(tmp_path: Path) -> None:
    """The ledger of a folder without the raw file says that there is none."""
    folder = left(tmp_path / "round-01", api_response_ms="met")
    (entry,) = entries_of(Record(folder), Record(folder).read_json("performance"))
    assert (entry.raw, entry.label) == (None, "not a measurement")
    assert entries_of(None, {}) == []
