"""All rounds of a folder as rows, whatever their records hold."""

from __future__ import annotations

import json

from lib.records.record import Record
from lib.records.retractions import retract
from lib.reports.report import round_report
from lib.reports.rounds import environments
from tests import sample_round as sample


def left(folder, **given):
    """A record with the report of a made-up round."""
    whole = {"suite": sample.suite(), "diagnosis": sample.diagnosis(), "performance": sample.performance()} | given
    report = round_report(parameters=sample.parameters(), round_number=1, **whole)
    Record(folder).write_json("report", report)


def test_rounds_come_in_the_order_in_which_they_were_run(tmp_path):
    """A round that moved aside is older than the one that took its place; environments stand apart."""
    for name in ("round-02", "round-01", "round-01.1", "eu/round-01"):
        left(tmp_path / name)
    found = environments(tmp_path)
    assert {name: [row["name"] for row in rows] for name, rows in found.items()} == {
        ".": ["round-01.1", "round-01", "round-02"],
        "eu": ["round-01"],
    }


def test_a_row_says_what_the_round_found(tmp_path):
    """Verdict, symptom, cases, figures and what was withdrawn."""
    left(tmp_path / "round-01")
    retract(tmp_path / "round-01", "user-unknown", "it was made up")
    row = environments(tmp_path)["."][0]
    assert (row["badge"], row["symptom"]) == ("proved: secret-mismatch + user-unknown", "the handshake is answered 403")
    assert (row["cases"], row["positive"], row["figures"]["api_response_ms"]) == (7, 3, 4.2)
    assert row["retracted"][0]["because"] == "it was made up"


def test_a_round_without_a_report_is_a_row_too(tmp_path):
    """What left nothing is said, and breaks nothing."""
    (tmp_path / "round-01").mkdir()
    assert environments(tmp_path)["."][0]["verdict"] == "no report"


def test_certificates_that_were_not_looked_at_are_said(tmp_path):
    """Beside the verdict of such a round, also in the overview."""
    left(tmp_path / "round-01")
    (tmp_path / "round-01" / "manifest.json").write_text(json.dumps({"parameters": {"target": {"tls": {"verify": False}}}}))
    assert environments(tmp_path)["."][0]["badge"].endswith("(TLS certificates not looked at)")
