"""Every arrangement in which entries are exported, whole and cut off."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from lib.logs.sources.buffer import Broken
from lib.logs.sources.decoding import first_fields, records_of
from lib.logs.sources.packing import text_of
from lib.parameters.loading import BadInput
from tests.logs.logging_server import wire

ENTRIES = [wire(number, jsonPayload={"message": "m\n{", "number": number}) for number in range(300)]
IDS = [entry["insertId"] for entry in ENTRIES]


def ids(path: Path) -> tuple[list[str], list[str]]:
    """The insert ids read from a file, and what was reported."""
    said: list[str] = []
    records = list(records_of(path, said.append))
    said += [record.what for record in records if isinstance(record, Broken)]
    return [str(record.get("insertId") or record.get("insert_id")) for record in records if isinstance(record, dict)], said


def lines(entries: list[dict[str, Any]]) -> str:
    """One object a line."""
    return "".join(f"{json.dumps(entry)}\n" for entry in entries)


def table(entries: list[dict[str, Any]]) -> str:
    """The console's CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["insertId", "timestamp", "jsonPayload.message", "resource.labels.service_name", "httpRequest.status"])
    writer.writerows([entry["insertId"], entry["timestamp"], "two\nlines, quoted", "api", "403"] for entry in entries)
    return stream.getvalue()


ARRANGEMENTS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "array.json": lambda entries: json.dumps(entries, indent=1),
    "compact.json": json.dumps,
    "lines.jsonl": lines,
    "windows.jsonl": lambda entries: "\ufeff" + lines(entries).replace("\n", "\r\n"),
    "pretty-objects.json": lambda entries: "\n".join(json.dumps(entry, indent=2) for entry in entries),
    "groups.json": lambda entries: json.dumps({"note": ["x"], "ERROR": entries[:100], "WARNING": {"logs": entries[100:]}}),
    "console.csv": table,
}


@pytest.mark.parametrize("name", ARRANGEMENTS)
@pytest.mark.parametrize("packed", ["plain", "gz", "zst", "two-members"])
def test_each_arrangement_is_read_whole(tmp_path: Path, name: str, packed: str) -> None:
    """Arrays, lines, objects, groups and tables give the same entries, compressed or not."""
    content = ARRANGEMENTS[name](ENTRIES).encode()
    half = len(content) // 2
    data = {
        "plain": content, "gz": gzip.compress(content), "zst": zstandard.compress(content),
        "two-members": gzip.compress(content[:half]) + gzip.compress(content[half:]),
    }[packed]  # fmt: skip
    path = tmp_path / (name + {"plain": "", "zst": ".zst"}.get(packed, ".gz"))
    path.write_bytes(data)
    assert ids(path) == (IDS, [])


@pytest.mark.parametrize("name", ARRANGEMENTS)
@pytest.mark.parametrize("packed", ["plain", "gz", "zst"])
def test_of_a_cut_file_the_entries_before_the_cut_are_kept(tmp_path: Path, name: str, packed: str) -> None:
    """A download that broke off gives what it has, and the cut is reported."""
    content = ARRANGEMENTS[name](ENTRIES).encode()
    data = {"plain": content, "gz": gzip.compress(content), "zst": zstandard.ZstdCompressor().compress(content)}[packed]
    path = tmp_path / (name + {"plain": "", "gz": ".gz", "zst": ".zst"}[packed])
    cut = data[: int(len(data) * 0.6)]
    path.write_bytes(cut[: cut.rindex(b"timestamp") + 5] if packed == "plain" and name != "console.csv" else cut)
    found, said = ids(path)
    assert found == IDS[: len(found)]
    assert any("cut off" in sentence for sentence in said)
    if packed == "plain":
        assert len(found) > 100


def test_a_broken_line_is_left_out_and_counted(tmp_path: Path) -> None:
    """One bad line does not hide the lines behind it."""
    path = tmp_path / "x.jsonl"
    path.write_text(lines(ENTRIES[:2]) + '{"insertId": "bad", \n' + "not json at all\n" + lines(ENTRIES[2:4]))
    assert ids(path) == (IDS[:4], ["JSON that is broken or cut off"])
    assert "not json at all" in list(records_of(path, print))


def test_a_console_table_becomes_objects_again(tmp_path: Path) -> None:
    """Flat columns are the fields that they stand for."""
    (tmp_path / "x.csv").write_text(table(ENTRIES[:1]))
    (entry,) = records_of(tmp_path / "x.csv", print)
    assert entry["resource"] == {"labels": {"service_name": "api"}}
    assert (entry["jsonPayload"], entry["httpRequest"]) == ({"message": "two\nlines, quoted"}, {"status": "403"})


def test_a_payloads_columns_are_levels_and_a_labels_dots_are_its_own(tmp_path: Path) -> None:
    """`jsonPayload.error.value` is an object's member; `labels.run.example/x` is one label."""
    (tmp_path / "x.csv").write_text("insertId,jsonPayload.error.value,labels.run.example/x\n1,why,2\n")
    (entry,) = records_of(tmp_path / "x.csv", print)
    assert entry == {"insertId": "1", "jsonPayload": {"error": {"value": "why"}}, "labels": {"run.example/x": "2"}}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_what_a_shell_made_of_an_export_is_read(tmp_path: Path, encoding: str) -> None:
    """PowerShell redirects into UTF-16, with a mark at the beginning or without."""
    (tmp_path / "x.jsonl").write_bytes(lines(ENTRIES).encode(encoding))
    assert ids(tmp_path / "x.jsonl") == (IDS, [])


def test_only_plain_lines_packed_as_named_are_scanned_where_they_lie(tmp_path: Path) -> None:
    """DuckDB goes by the name and reads UTF-8; anything else is read as a stream."""
    content = lines(ENTRIES).encode()
    for name, packed in (("a.jsonl", content), ("b.jsonl.gz", gzip.compress(content)), ("c.jsonl", gzip.compress(content)),
                         ("d.jsonl.gz", content), ("e.jsonl", lines(ENTRIES).encode("utf-16")), ("f.json",
                         b"[" + content)):  # fmt: skip
        (tmp_path / name).write_bytes(packed)
    assert [path.name for path in sorted(tmp_path.iterdir()) if first_fields(path)] == ["a.jsonl", "b.jsonl.gz"]


def test_parquet_is_read_and_a_cut_one_reported(tmp_path: Path) -> None:
    """The footer stands at the end, so a cut Parquet file gives nothing, and says so."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_pylist([{"insert_id": name, "timestamp": "2026-03-01T12:00:00Z"} for name in IDS]), path)
    assert ids(path) == (IDS, [])
    path.write_bytes(path.read_bytes()[:-100])
    found, said = ids(path)
    assert found == []
    assert "nothing of it was read" in said[0]


def test_damaged_compression_keeps_what_came_before(tmp_path: Path) -> None:
    """Garbage behind good data is reported and does not raise."""
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(lines(ENTRIES).encode()) + b"garbage behind it")
    assert ids(path)[0] == IDS


@pytest.mark.parametrize("content", ["<html>", "\x00\x01"])
def test_what_is_no_export_is_bad_input(tmp_path: Path, content: str) -> None:
    """A wrong file is refused with what is accepted."""
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(BadInput, match=r"logs\.path"):
        ids(tmp_path / "x.json")


def test_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    """Nothing is read from nothing, without complaint."""
    for name in ("x.json", "x.jsonl", "x.csv"):
        (tmp_path / name).write_text("")
        assert ids(tmp_path / name) == ([], [])


def test_lines_may_end_as_on_any_system(tmp_path: Path) -> None:
    """A carriage return alone, before a line feed, or both in one file end a line, also across pieces."""
    path = tmp_path / "x.log"
    path.write_bytes(b"one\rtwo\r\nthree\nfour\r\n")
    assert list(records_of(path, print)) == ["one", "two", "three", "four"]
    assert list(text_of([b"one\r", b"\ntwo"])) == ["one", "\ntwo", ""]  # what could be half of an end waits for the next piece


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, lambda raw: gzip.compress(gzip.compress(raw))])
def test_what_is_packed_otherwise_is_told_as_that(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Whoever reads it knows what to do: unpack it first."""
    (tmp_path / "x.log").write_bytes(pack(lines(ENTRIES).encode()))
    with pytest.raises(BadInput, match="packed by"):
        ids(tmp_path / "x.log")
