"""A Parquet file of a few kilobytes is read within bounds, whatever it stands for."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lib.logs.sources.normalise import MAX_TEXT
from lib.logs.sources.parquet_rows import MOST_COLUMNS, parquet_rows

AT = "2026-11-29T10:00:00Z"


def rows_of(tmp_path: Path, columns: dict[str, object]) -> tuple[list[object], list[str]]:
    path, said = tmp_path / "bomb.parquet", list[str]()
    pq.write_table(pa.table(columns), path, compression="zstd")
    assert path.stat().st_size < 1_000_000
    return list(parquet_rows(path, said.append)), said


def test_a_text_that_stands_once_for_many_rows_is_not_copied_whole(tmp_path: Path) -> None:
    """Two megabytes in a hundred rows: each is as long as a message may be, so 2 GB in 50,000 would be none."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), pa.array(["x" * 2_000_000]))
    rows, said = rows_of(tmp_path, {"timestamp": [AT] * 100, "message": texts})
    assert [len(row["message"]) for row in rows] == [MAX_TEXT + 1] * 100
    assert said == []


def test_a_list_that_bursts_is_left_out_and_said(tmp_path: Path) -> None:
    """Three million items in one row cost the row no other column."""
    items = pa.ListArray.from_arrays(pa.array([0, 3_000_000], pa.int32()), pa.array(bytes(3_000_000), pa.uint8()))
    rows, said = rows_of(tmp_path, {"timestamp": [AT], "message": ["boom"], "items": items})
    assert rows == [{"timestamp": AT, "message": "boom"}]
    assert said == ["column items unpacks to more than can be held and was left out"]


def test_lists_of_ordinary_size_are_read(tmp_path: Path) -> None:
    """Labels of each entry are no bomb."""
    rows, said = rows_of(tmp_path, {"timestamp": [AT] * 2_000, "labels": [["a", "b"]] * 2_000})
    assert (len(rows), rows[-1], said) == (2_000, {"timestamp": AT, "labels": ["a", "b"]}, [])


def test_too_many_columns_are_said(tmp_path: Path) -> None:
    """A table of that many columns is no log."""
    count = MOST_COLUMNS + 1
    rows, said = rows_of(tmp_path, {f"c{number}": [number] for number in range(count)})
    assert (rows, said) == ([], [f"it has {count} columns, more than can be held; nothing of it was read"])
