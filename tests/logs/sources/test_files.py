"""Exported files as a log source."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lib.logs.sources import files
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import MAX_TEXT, Shaper
from lib.parameters.loading import BadInput
from tests.logs.conftest import EXPORT
from tests.logs.logging_server import wire
from tests.logs.made_up import at

TRACED = wire(5, trace="projects/p/traces/" + "a" * 32)


def source(path: Path) -> FileSource:
    """A source on a path."""
    return FileSource(path, shaper=Shaper())


def test_the_real_export_tells_its_own_limits() -> None:
    """Fifty entries of each severity, 50 s of errors and 6 min of warnings, where an hour had been asked for."""
    reading = source(EXPORT).read(start=None, end=None, limit=100_000)
    seen = reading.seen()
    assert (seen["entries"], seen["limit_hit"], seen["payload_missing"], seen["instances"]) == (100, True, 0, 12)
    covered = {window.severity: (window.last_at - window.first_at).total_seconds() for window in reading.windows()}
    assert covered["ERROR"] == pytest.approx(50.4, abs=0.1)
    assert covered["WARNING"] == pytest.approx(342.6, abs=0.1)


def test_a_window_that_a_limit_cut_stands_beside_what_was_asked() -> None:
    """The hour that was asked for and the 50 s that were got stand in one sentence."""
    end = datetime(2025, 9, 15, 20, 3, 10, tzinfo=UTC)
    said = source(EXPORT).read(start=end - timedelta(hours=1), end=end, limit=100_000).cut_short()
    assert said[0] == "ERROR: exactly 50 entries, which only a fetch limit explains; they cover 50 s of the 3600 s asked"
    assert said[1].endswith("they cover 343 s of the 3600 s asked")


def test_a_folder_is_read_whole_and_each_entry_once(tmp_path: Path) -> None:
    """A sink's folders by day, with one entry exported twice and a file that is none."""
    for day, entries in (("01", [wire(1), wire(2)]), ("02", [wire(2), wire(3)])):
        folder = tmp_path / "run.googleapis.com" / "2026" / day
        folder.mkdir(parents=True)
        (folder / "S0.json").write_text("\n".join(json.dumps(entry) for entry in entries))
    (tmp_path / "README.md").write_text("not a log")
    assert [entry.insert_id for entry in source(tmp_path).read(start=None, end=None, limit=10).entries] == [
        "w00001",
        "w00002",
        "w00003",
    ]


def test_bounds_and_limit_hold(tmp_path: Path) -> None:
    """Only the window that was asked for is kept, and reaching the limit is said."""
    (tmp_path / "x.json").write_text(json.dumps([wire(number) for number in range(10)]))
    window = source(tmp_path).read(start=at(3), end=at(6), limit=100)
    assert ([entry.insert_id for entry in window.entries], window.stopped) == (["w00003", "w00004", "w00005", "w00006"], False)
    limited = source(tmp_path).read(start=None, end=None, limit=4)
    assert (len(limited.entries), limited.limit_hit) == (4, True)


def test_objects_without_a_time_are_counted(tmp_path: Path) -> None:
    """They are no entries, and the reading says how many there were."""
    (tmp_path / "x.json").write_text(json.dumps([wire(1), {"insertId": "x", "timestamp": "never"}]))
    reading = source(tmp_path).read(start=None, end=None, limit=9)
    (unread,) = reading.unread
    assert (unread.what, unread.count) == ("x.json: objects without a time stamp that can be read", 1)
    assert not reading.complete


@pytest.mark.parametrize(
    "content",
    ['[{"a": 1}]', "[1, 2]", '{"version": 1, "files": ["x"]}', '[{"insertId": "x", "timestamp": "never"}]', '[{"insertId": "x"'],
)
def test_a_file_that_holds_no_entry_is_bad_input(tmp_path: Path, content: str) -> None:
    """Nothing read of something is never told as an empty log."""
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(BadInput, match=r"logs\.path.*holds no log entry that can be read"):
        source(tmp_path).read(start=None, end=None, limit=9)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"entries": []}', '{"ERROR": [], "WARNING": []}'])
def test_a_log_without_entries_is_one(tmp_path: Path, content: str) -> None:
    """An export of a quiet hour is no bad input."""
    (tmp_path / "x.json").write_text(content)
    reading = source(tmp_path).read(start=None, end=None, limit=9)
    assert (reading.entries, reading.complete, reading.notes) == ((), True, ())


def test_what_lies_beside_logs_in_a_folder_is_left_out_by_name(tmp_path: Path) -> None:
    """A note by hand, a manifest and a foreign table lose no entry, and the reading says that they were there."""
    (tmp_path / "a.json").write_text(json.dumps([wire(1)]))
    for name, content in (("b.txt", "by hand"), ("c.json", '{"version": 1}'), ("d.csv", "a,b\n1,2\n")):
        (tmp_path / name).write_text(content)
    reading = source(tmp_path).read(start=None, end=None, limit=9)
    assert (len(reading.entries), reading.complete) == (1, True)
    assert [note.partition(":")[0] for note in reading.notes] == ["b.txt", "c.json", "d.csv"]


def test_each_file_of_a_folder_is_judged_for_a_limit_by_itself(tmp_path: Path) -> None:
    """Fifty entries in one of two files were cut, although both together hold no round number."""
    for name, n in (("a.json", 50), ("b.json", 7)):
        (tmp_path / name).write_text(json.dumps([wire(number + (100 if name == "b.json" else 0)) for number in range(n)]))
    reading = source(tmp_path).read(start=None, end=None, limit=999)
    assert (len(reading.entries), reading.limit_hit) == (57, True)
    assert any(note.startswith("a.json: exactly 50 entries") for note in reading.notes)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to would be read for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="is no file"):
        source(tmp_path / "pipe").read(start=None, end=None, limit=1)


def test_a_filter_that_was_not_applied_is_said(tmp_path: Path) -> None:
    """A file is read whole, whatever `logs.filter` says."""
    (tmp_path / "x.json").write_text(json.dumps([wire(1)]))
    reading = FileSource(tmp_path, shaper=Shaper(), filter="severity>=ERROR").read(start=None, end=None, limit=9)
    assert (len(reading.entries), reading.asked.filter, reading.notes) == (1, None, ("a filter cannot be applied to a file",))


def test_entries_of_traces(tmp_path: Path) -> None:
    """Only those of the traces that were asked for."""
    (tmp_path / "x.json").write_text(json.dumps([wire(1), TRACED]))
    assert [entry.insert_id for entry in source(tmp_path).for_traces(["a" * 32], since=at(0))] == ["w00005"]


@pytest.mark.parametrize("name", ["missing.json", "empty"])
def test_no_file_is_bad_input(tmp_path: Path, name: str) -> None:
    """A path that does not exist, and a folder without logs, are refused with what is accepted."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"logs\.path.*accepted: log lines"):
        source(tmp_path / name).read(start=None, end=None, limit=1)


@pytest.mark.parametrize("name", ["x.jsonl", "x.log", "x.parquet"])
def test_a_message_that_is_cut_is_said_to_be(tmp_path: Path, name: str) -> None:
    """Of a message beyond what an entry keeps the beginning is read, and the reading says so once."""
    rows = [{"timestamp": "2026-03-01T12:00:00Z", "severity": "ERROR", "textPayload": "x" * n} for n in (5, MAX_TEXT + 1)]
    if name == "x.parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    elif name == "x.log":
        (tmp_path / name).write_text("".join(f"{row['timestamp']} ERROR {row['textPayload']}\n" for row in rows))
    else:
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    reading = source(tmp_path / name).read(start=None, end=None, limit=10)
    assert len(reading.entries) == 2
    assert reading.missing == (f"of 1 message only the first {MAX_TEXT} characters were read",)


def test_of_too_many_files_the_first_are_read_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, whatever order the disk has them in."""
    monkeypatch.setattr(files, "MOST_FILES", 3)
    for number in (4, 1, 3, 2):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(wire(number)))
    reading = source(tmp_path).read(start=None, end=None, limit=10)
    assert [entry.insert_id for entry in reading.entries] == ["w00001", "w00002", "w00003"]
    assert "holds more than 3 log files" in reading.missing[0]
