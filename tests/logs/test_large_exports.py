"""Large exports are counted where they lie, and what matters of them is what matters of small ones."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from lib.facts import LogEntry, rfc3339
from lib.logs import large_exports
from lib.logs.analysis import report_on
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import Shaper
from tests.logs.correlation.test_correlate import crowd


def raw(entry: LogEntry) -> dict[str, object]:
    """An entry as an export has it."""
    request = entry.request or {}
    return {
        "insertId": entry.insert_id, "timestamp": rfc3339(entry.timestamp), "severity": entry.severity or "INFO",
        "logName": "projects/p/logs/run.googleapis.com%2Frequests",
        "trace": entry.trace_id and f"projects/p/traces/{entry.trace_id}",
        "resource": {"type": "cloud_run_revision", "labels": {"revision_name": "r1"}}, "labels": {"instanceId": "i1"},
        "httpRequest": {
            "requestMethod": "GET", "requestUrl": request["url"], "status": request["status"],
            "latency": f"{request['latency_s']:.6f}s",
        },
    }  # fmt: skip


@pytest.fixture(params=["jsonl", "parquet"])
def large(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[FileSource, list, dict]:
    """A crowd on a server 40 s behind, as an export, with its exchanges and the truth."""
    exchanges, entries, truth = crowd(-40, seed=2, with_traces=False)
    path = tmp_path / "x.jsonl"
    path.write_text("".join(f"{json.dumps(raw(entry))}\n" for entry in entries))
    if request.param == "parquet":
        duckdb.read_json(str(path), format="newline_delimited").write_parquet(str(tmp_path / "x.parquet"))
        path = tmp_path / "x.parquet"
    return FileSource(path, shaper=Shaper()), exchanges, truth


def test_a_scan_and_a_reading_count_alike(large: tuple[FileSource, list, dict]) -> None:
    """`seen` is that of all entries, although few are held."""
    source, exchanges, _ = large
    scanned = large_exports.read_large(source, exchanges, start=None, end=None, limit=1_000_000)
    assert scanned.seen() == source.read(start=None, end=None, limit=1_000_000).seen()
    assert scanned.complete


def test_a_scan_and_a_reading_join_alike(large: tuple[FileSource, list, dict]) -> None:
    """Also where the clock is further off than the first look expects."""
    source, exchanges, truth = large
    pairs = report_on(large_exports.read_large(source, exchanges, start=None, end=None, limit=1_000_000), exchanges).pairs
    assert sum(pair.insert_ids == (truth[pair.exchange],) for pair in pairs) >= 57


def test_more_than_can_be_held_is_said(large: tuple[FileSource, list, dict], monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading is then not complete, and silence proves nothing."""
    monkeypatch.setattr(large_exports, "MOST_ENTRIES", 20)
    reading = large_exports.read_large(large[0], large[1], start=None, end=None, limit=1_000_000)
    assert (len(reading.entries), reading.complete, reading.seen()["entries"]) == (20, False, 1560)


def test_only_lines_and_tables_above_a_size_are_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays are read as a stream, small files are held."""
    for name, content in (("a.json", '[{"timestamp": 1}]'), ("b.jsonl", '{"timestamp": 1}\n')):
        (tmp_path / name).write_text(content)
    sources = [FileSource(tmp_path / name, shaper=Shaper()) for name in ("a.json", "b.jsonl")]
    assert [large_exports.is_large(source) for source in sources] == [False, False]
    monkeypatch.setattr(large_exports, "LARGE_BYTES", 5)
    assert [large_exports.is_large(source) for source in sources] == [False, True]
