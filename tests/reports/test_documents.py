"""lib/reports/documents.py: two rounds' folders side by side."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lib.records.record import Record
from lib.records.rounds_on_disk import claim
from lib.reports.documents import compare_folders, entries_of
from tests import sample_round as sample


def left(folder: Path, **figures: str) -> Path:
    """A round's folder that holds a performance document without samples."""
    record = Record(folder)
    record.write_json("performance", sample.performance(**figures))
    record.seal({"environment": "e"}, {"python": "3.11"})
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
        (tmp_path / name / "manifest.json").write_text(json.dumps({"pseudonyms": made_with, "files": {}}))
    document = compare_folders(tmp_path / "round-01", tmp_path / "round-02")
    assert document["cases"]["removed"] == removed


def test_cases_that_differ_in_a_masked_value_alone_are_left_out(tmp_path: Path) -> None:
    """Two secrets are two cases: under other keys nobody knows which is which, so one that fails makes none of them flaky."""
    for name, key in (("round-01", "one"), ("round-02", "two")):
        cases = [
            sample.case("test_a", f"test_x[secret:{digit * 8}]", outcome) for digit, outcome in (("1", "passed"), ("2", "failed"))
        ]
        Record(tmp_path / name).write_json("suite", sample.suite(*cases, sample.case("test_a", "test_y", "failed")))
        (tmp_path / name / "manifest.json").write_text(json.dumps({"pseudonyms": key, "files": {}}))
    document = compare_folders(tmp_path / "round-01", tmp_path / "round-02")
    assert document["cases"]["flaky"] == []
    assert document["cases"]["still_failing"] == ["test_a::test_y"]
    assert any("test_a::test_x[secret:*]" in remark for remark in document["remarks"])


def _sealed(folder: Path, **suite: str) -> Path:
    """A sealed round with a suite document, and nothing else."""
    record = Record(folder)
    record.write_json("suite", sample.suite(*(sample.case("m", name, outcome) for name, outcome in suite.items())))
    record.write_json("report", {"environment": "e", "inputs": {"target": {}}, "round": 1})
    record.seal({"environment": "e"}, {"python": "3.11"})
    return folder


def test_a_document_that_was_changed_is_left_out(tmp_path: Path) -> None:
    """What somebody wrote into a record after it was sealed is no case of it, and no claim is granted."""
    first, second = _sealed(tmp_path / "round-01", a="failed"), _sealed(tmp_path / "round-02", a="passed")
    assert compare_folders(first, second)["cases"]["passing_now"] == ["m::a"]
    path = second / "data" / "suite.json"
    path.write_text(path.read_text().replace("0.1", "0.2"))
    document = compare_folders(first, second)
    assert (document["cases"]["passing_now"], document["verified"], document["compared"]["cases"]) == ([], False, 0)
    assert document["remarks"][0] == "round-02 does not verify (data/suite.json); left out: suite"


DAMAGED = {"garbage": b"garbage", "a list of files": b'{"files": ["a"]}', "a list": b"[]", "no text": b"\xff", "gone": None}


def _damage(path: Path, content: bytes | None) -> None:
    path.unlink() if content is None else path.write_bytes(content)


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_record_whose_manifest_cannot_be_read_is_not_trusted(content: bytes | None, tmp_path: Path) -> None:
    """Nothing tells what was sealed: none of its documents counts, no claim is granted, and it is said."""
    first, second = _sealed(tmp_path / "round-01", a="failed", b="passed"), _sealed(tmp_path / "round-02", a="passed", b="passed")
    assert any(claim["granted"] for claim in compare_folders(first, second)["claims"])
    _damage(second / "manifest.json", content)
    document = compare_folders(first, second)
    assert (document["verified"], document["compared"]["cases"]) == (False, 0)
    assert [claim["claim"] for claim in document["claims"] if claim["granted"]] == []
    assert document["remarks"][0] == "round-02 does not verify (manifest.json); left out: all of its documents"
    assert ("round-02 is unfinished: what it did not come to is not compared" in document["remarks"]) is (content is None)


def test_a_document_that_was_slipped_in_is_left_out(tmp_path: Path) -> None:
    """What a finished round did not seal is not its own; what a killed one never sealed is shown, and grants nothing."""
    first, second = _sealed(tmp_path / "round-01", a="passed"), _sealed(tmp_path / "round-02", a="passed")
    Record(second).write_json("diagnosis", {"verdict": "healthy"})
    document = compare_folders(first, second)
    assert (document["verified"], document["verdicts"]) == (False, [None, None])
    killed = claim(tmp_path / "b", 1, environment="e", parameters={})
    for name in ("suite", "report"):
        killed.write_json(name, Record(first).read_json(name))
    document = compare_folders(first, killed.folder)
    assert document["compared"]["cases"] == 1
    assert [one["because"].partition(";")[0] for one in document["claims"]] == [
        "b/round-01 is unfinished and was never sealed"
    ] * 5


def test_earlier_runs_count_where_they_sent_the_same_to_the_same_revision(tmp_path: Path) -> None:
    """A rerun after a deployment, and the very round that is compared with, are not more rounds of the same system."""
    for name, revision in (
        ("round-01", "r1"),
        ("round-01.1", "r1"),
        ("round-01.2", "r0"),
        ("round-01.3", "r1"),
        ("round-02", "r2"),
    ):
        record = Record(_sealed(tmp_path / name, a="passed"))
        answer = {"environment": "e", "inputs": {"target": {}}, "answer": {"revisions": [revision]}}
        record.write_json("report", answer)
        figure = {"figure": "api_response_ms", "warmup": False, "loop": "closed", "block": 0}
        record.write_frame("latency", [{**figure, "ms": float(number), "at": number} for number in range(1, 7)])
        record.write_json("performance", {"figures": [{"name": "api_response_ms", "n": 6, "verdict": "met"}]})
        record.seal({"environment": "e"}, {"python": "3.11"})
    counted = [
        compare_folders(tmp_path / first, tmp_path / "round-01")["figures"][0]["because"] for first in ("round-02", "round-01.3")
    ]
    assert "n = 6 and 18" in counted[0]
    assert "n = 6 and 12" in counted[1]
    for run, content in (("round-01.1", b"garbage"), ("round-01.3", None)):
        _damage(tmp_path / run / "manifest.json", content)
        left = compare_folders(tmp_path / "round-02", tmp_path / "round-01")["figures"][0]["because"]
        assert ("n = 6 and 12" if content else "n = 6 and 6") in left


def test_rounds_of_one_number_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """What the ledger says of the one is no claim of the other; a figure that is measured no more is named."""
    first = left(tmp_path / "a" / "round-01", api_response_ms="met")
    second = left(tmp_path / "b" / "round-01", api_response_ms="not-measured")
    document = compare_folders(first, second)
    assert document["rounds"] == ["a/round-01", "b/round-01"]
    assert document["no_longer_measured"] == ["api_response_ms"]
    met = next(claim for claim in document["claims"] if claim["claim"] == "performance met")
    assert "raw file" not in met["because"]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("rel", ["manifest.json", "data/suite.json", "data/latency.parquet", "../round-02.retracted.json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(rel: str, tmp_path: Path) -> None:
    """Nobody would ever write into it: it is no file of a record."""
    first, second = _sealed(tmp_path / "round-01", a="failed"), _sealed(tmp_path / "round-02", a="passed")
    (second / rel).unlink(missing_ok=True)
    os.mkfifo(second / rel)
    document = compare_folders(first, second)
    assert document["verified"] is (rel[0] == ".")
