"""lib/environment/results.py: what a round has left can be read with and without a record; only a record is written."""

from __future__ import annotations

from pathlib import Path

from lib.environment.results import Results
from lib.records.record import Record


def test_a_record_is_written_and_read(tmp_path: Path) -> None:
    """A document and its rows lie in the record and are found again."""
    results = Results(record=Record(tmp_path))
    results.keep("suite", {"cases": []}, suite=[{"name": "a"}])
    results.keep_xml("junit.xml", "<testsuites/>")
    assert results.document("suite") == {"cases": []}
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["junit.xml", "suite.json", "suite.parquet"]


def test_a_shelf_is_read_and_never_written(tmp_path: Path) -> None:
    """A notebook run alone sees what the round has left, and leaves nothing there itself."""
    Record(tmp_path).write_json("suite", {"cases": []})
    results = Results(shelf=Record(tmp_path))
    results.keep("diagnosis", {"verdict": "healthy"})
    results.keep_exchanges("whys", [])
    assert (results.document("suite"), results.document("diagnosis")) == ({"cases": []}, None)


def test_the_round_before_is_read_on_its_own(tmp_path: Path) -> None:
    """Its report and its log entries come from its folder; without one there are none."""
    Record(tmp_path).write_json("report", {"round": 1})
    Record(tmp_path).write_frame("entries", [])
    results = Results(earlier=tmp_path)
    assert (results.earlier_report(), results.earlier_reading(), results.document("report")) == ({"round": 1}, None, None)
    assert Results().earlier_report() is None
