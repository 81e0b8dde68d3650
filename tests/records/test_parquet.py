"""Rows and documents keep their meaning on the way to disk and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.facts import Exchange
from lib.records.parquet import exchange_of, exchange_row, from_parquet, jsonable, to_parquet

AT = datetime(2026, 11, 24, 3, 20, 45, 123456, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    at: datetime
    ms: float


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (AT, "2026-11-24T03:20:45.123456Z"),
        (float("inf"), None),
        ({1: (2,)}, {"1": [2]}),
        ({"b", "a"}, ["a", "b"]),
        (Path("a/b"), "a/b"),
    ],
)
def test_what_json_cannot_say_is_said_in_json(value, written):
    """Moments, infinities, sets, paths and keys that are no text have one spelling."""
    assert jsonable(value) == written


def test_facts_become_maps():
    """A frozen fact is written field by field, through the same rules."""
    assert jsonable([Fact(AT, float("nan"))]) == [{"at": "2026-11-24T03:20:45.123456Z", "ms": None}]


def test_numbers_of_two_kinds_share_a_column():
    """Integers beside fractions become fractions, not texts."""
    assert from_parquet(to_parquet([{"ms": 1}, {"ms": 2.5}, {"ms": None}])) == [{"ms": 1.0}, {"ms": 2.5}, {"ms": None}]


def test_values_of_mixed_kinds_keep_their_own():
    """A column that holds a text here and a number there gives back both as they were, however large."""
    rows = [{"value": "1"}, {"value": 1}, {"value": [None]}, {"value": None}, {"value": 2**70}]
    assert from_parquet(to_parquet(rows)) == rows


def test_columns_stand_there_without_rows():
    """A table without rows still says what its columns are."""
    import io

    from pyarrow import parquet

    assert parquet.read_table(io.BytesIO(to_parquet([], ["source", "id"]))).column_names == ["source", "id"]


def test_undecodable_text_is_written():
    """What is no Unicode in a server's answer does not stop the record."""
    assert from_parquet(to_parquet([{"body": "a\udcffb"}])) == [{"body": "a?b"}]


def test_frames_of_a_session_survive_a_file():
    """An exchange read again has the frames, and the grant, that it was written with."""
    asked = {"id": "x", "of": "probe", "kind": "handshake", "label": "h1", "method": "GET", "url": "ws://a/", "rung": "session"}
    whole = Exchange(**asked, status=101, elapsed_ms=1.0, at=AT, granted=True, frames=("→ a", "← b"))
    bare = Exchange(**asked, elapsed_ms=1.0, at=AT)
    rows = from_parquet(to_parquet([exchange_row(one, "whys") for one in (whole, bare)]))
    assert [exchange_of(row) for row in rows] == [whole, bare]
