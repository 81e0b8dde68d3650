"""What a verb gives as exit status."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from lib.cli import verbs
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
