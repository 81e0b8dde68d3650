"""What a verb gives as exit status."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from lib.cli import verbs
from lib.parameters.loading import BadInput
from lib.records.record import Record


@pytest.mark.parametrize("content", [None, "garbage", '{"files": ["a"]}', ""])
def test_a_comparison_with_a_record_that_does_not_verify_is_a_finding(content: str | None, tmp_path: Path) -> None:
    """It is 1 also where nothing is left to compare, which of two sound records could not be done."""
    for name in ("round-01", "round-02"):
        record = Record(tmp_path / name)
        record.write_json("report", {"round": 1, "inputs": {"target": 1}, "environment": "e"})
        record.seal({"environment": "e"}, {"python": "3.11"})
    given = Namespace(rounds=[str(tmp_path / "round-01"), str(tmp_path / "round-02")])
    assert verbs.compare(given, print).status == 3
    manifest = tmp_path / "round-02" / "manifest.json"
    manifest.unlink() if content is None else manifest.write_text(content)
    outcome = verbs.compare(given, print)
    assert (outcome.status, "does not verify (manifest.json)" in (outcome.text or "")) == (1, True)


def sealed(folder: Path, causes: object = ()) -> str:
    """A record that verifies, with these causes in its diagnosis."""
    record = Record(folder)
    record.write_json("report", {"round": 1, "inputs": {"target": 1}, "environment": "e"})
    record.write_json("diagnosis", {"verdict": "healthy", "causes": causes, "candidates": [], "excluded": [], "observations": []})
    record.seal({"environment": "e"}, {"python": "3.11"})
    return str(folder)


def test_the_record_whose_documents_are_odd_is_the_one_that_is_named(tmp_path: Path) -> None:
    """Not its neighbour: status 3 where it verifies, bad input where it was written to."""
    sound, odd = sealed(tmp_path / "round-01"), sealed(tmp_path / "round-02", causes=[1])
    for pair in ([sound, odd], [odd, sound]):
        outcome = verbs.compare(Namespace(rounds=pair), print)
        assert (outcome.status, outcome.text.startswith(f"could not be done: the documents of {odd} are not")) == (3, True)
    (tmp_path / "round-01" / "added.txt").write_text("x")
    assert verbs.compare(Namespace(rounds=[sound, odd]), print).status == 3
    (tmp_path / "round-02" / "added.txt").write_text("x")
    with pytest.raises(BadInput, match="round-02 are not as a round writes them"):
        verbs.compare(Namespace(rounds=[sound, odd]), print)


def diagnosed(**changes: object) -> dict[str, object]:
    return {"verdict": "healthy", "causes": [], "candidates": [], "excluded": [], "observations": []} | changes


@pytest.mark.parametrize(
    ("name", "document", "told"),
    [
        ("diagnosis", diagnosed(verdict=[]), "data/diagnosis.json.verdict is a list, and is to be a text"),
        ("diagnosis", diagnosed(verdict=None), "data/diagnosis.json.verdict is null, and is to be a text"),
        ("diagnosis", diagnosed(causes=[{"id": {}}]), "data/diagnosis.json.causes[0].id is a map, and is to be a text"),
        ("diagnosis", diagnosed(candidates=3), "data/diagnosis.json.candidates is a number, and is to be a list"),
        ("diagnosis", [], "data/diagnosis.json is a list, and is to be a map"),
        ("report", {"notebooks": [3]}, "data/report.json.notebooks[0] is a number, and is to be a map"),
        ("report", {"round": True}, "data/report.json.round is true or false, and is to be a number"),
        ("performance", {"figures": [{"name": []}]}, "data/performance.json.figures[0].name is a list, and is to be a text"),
        ("suite", {"cases": {}}, "data/suite.json.cases is a map, and is to be a list"),
    ],
)
def test_what_in_a_record_is_of_another_type_is_named(name: str, document: object, told: str, tmp_path: Path) -> None:
    """The record and the key's place in one sentence, on either side, also where the manifest was written anew."""
    sound, record = sealed(tmp_path / "round-01"), Record(tmp_path / "round-02")
    record.write_json("report", {"round": 1, "inputs": {"target": 1}, "environment": "e"})
    record.write_json(name, document)
    record.seal({"environment": "e"}, {"python": "3.11"})
    for pair in ([sound, str(record.folder)], [str(record.folder), sound]):
        outcome = verbs.compare(Namespace(rounds=pair), print)
        assert (outcome.status, outcome.text.count(str(record.folder)), told in outcome.text) == (3, 1, True)


def test_a_manifest_that_was_changed_does_not_tell_how_far_the_round_came(tmp_path: Path) -> None:
    """Only one that is as it was written says that the round is unfinished; a file's name makes no line of its own."""
    record = Record(tmp_path / "round-01")
    record.seal({"environment": "e"}, {"python": "3.11"}, finished=False)
    given = Namespace(folder=str(record.folder))
    assert "the round is unfinished" in verbs.verify(given, print).text
    (record.folder / "a\nthe record is as it was sealed").touch()
    assert r"added: a\nthe record" in verbs.verify(given, print).text
    (record.folder / "manifest.json").write_text("{")
    outcome = verbs.verify(given, print)
    assert (outcome.status, "unfinished" in outcome.text) == (1, False)
