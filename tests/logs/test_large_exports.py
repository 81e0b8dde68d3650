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


def test_above_a_size_any_arrangement_is_counted_rather_than_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files are held, large ones counted, whatever they hold."""
    (tmp_path / "a.json").write_text('[{"timestamp": 1}]')
    source = FileSource(tmp_path / "a.json", shaper=Shaper())
    assert not large_exports.is_large(source)
    monkeypatch.setattr(large_exports, "LARGE_BYTES", 5)
    assert large_exports.is_large(source)


def foreign(number: int) -> str:
    """One of a mixture of lines: two loggers' objects, text with and without a level, an entry, something broken."""
    at = f"2026-03-01T12:{number // 60 % 60:02d}:{number % 60:02d}Z"
    return [
        json.dumps({"level": 30, "time": 1772366400000 + number * 1000, "pid": 1, "hostname": f"h{number % 3}", "msg": "served"}),
        json.dumps({"level": "error", "timestamp": at, "message": "db: connection refused"}),
        f"{at} INFO served {number}",
        "a line of text",
        json.dumps({"timestamp": at, "severity": "INFO", "logName": "projects/p/logs/x", "textPayload": "served"}),
        '{"broken": ',
    ][number % 6]


@pytest.mark.parametrize("suffix", ["log", "jsonl"])
def test_a_mixture_is_told_alike_counted_or_held(tmp_path: Path, suffix: str) -> None:
    """Entries, severities, what was not read and incidents are the same above the size and below it; nothing is dropped."""
    path = tmp_path / f"x.{suffix}"
    path.write_text("".join(f"{foreign(number)}\n" for number in range(600)))
    source = FileSource(path, shaper=Shaper())
    held = source.read(start=None, end=None, limit=1_000_000)
    counted = large_exports.read_large(source, [], start=None, end=None, limit=1_000_000)
    assert counted.seen() == held.seen()
    assert held.seen()["entries"] + sum(one.count for one in held.unread) == 600
    assert [one.count for one in counted.unread] == [one.count for one in held.unread] == [100]
    assert report_on(counted, []).incidents == report_on(held, []).incidents
    assert len(counted.entries) < len(held.entries)


@pytest.mark.parametrize(
    "odd",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:01-99:99", "2026-01-01T24:00:00Z", "01/02/03", "nan"],
)
def test_an_odd_moment_is_counted_as_in_a_small_file(odd: str, tmp_path: Path) -> None:
    """What a scan would take for another moment, or for one where there is none, is read as a small file is."""
    moments = ("2026-01-01T00:00:01Z", odd, "2026-01-01T00:00:03Z")
    lines = [json.dumps({"timestamp": at, "severity": "ERROR", "logName": "l", "textPayload": "x"}) for at in moments]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    source = FileSource(tmp_path / "x.jsonl", shaper=Shaper())
    counted = large_exports.read_large(source, [], start=None, end=None, limit=1_000_000)
    read = source.read(start=None, end=None, limit=1_000_000)
    assert (counted.seen(), counted.unread) == (read.seen(), read.unread)
