"""lib/reports/documents.py: two rounds' folders side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(("key", "removed"), [("one", ["test_a.py::test_x[secret:11111111]"]), ("two", [])])
def test_pseudonyms_of_different_keys_are_not_compared(key: str, removed: list[str], tmp_path: Path) -> None:
    """Under one key another pseudonym is another secret; under different keys it says nothing."""
    for name, made_with, pseudonym in (("round-01", "one", "secret:11111111"), ("round-02", key, "secret:22222222")):
        record, nodeid = Record(tmp_path / name), f"test_a.py::test_x[{pseudonym}]"
        record.write_json("suite", sample.suite(sample.case("test_a", f"test_x[{pseudonym}]", nodeid=nodeid)))
        (tmp_path / name / "manifest.json").write_text(json.dumps({"pseudonyms": made_with}))
    document = compare_folders(tmp_path / "round-01", tmp_path / "round-02")
    assert document["cases"]["removed"] == removed
