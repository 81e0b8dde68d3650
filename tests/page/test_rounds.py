"""The page of all rounds: one row each, a link to each record, figures over the rounds."""

from __future__ import annotations

import html
import json

from lib.page.rounds import rounds_page
from lib.reports.rounds import environments
from tests.reports.test_rounds import left

HOSTILE = "<script>alert(1)</script>"


def test_each_round_is_a_link_with_its_verdict(tmp_path):
    """The newest round's verdict stands in the title, and medians are drawn where two rounds have them."""
    for name in ("round-01", "round-02"):
        left(tmp_path / name)
    text = rounds_page(environments(tmp_path))
    assert '<a href="round-01/index.html">round-01</a>' in text
    assert "<title>embedded: proved: secret-mismatch + user-unknown" in text
    assert "api_response_ms: round-01 4.2 ms (4 … 4.5), round-02 4.2 ms (4 … 4.5); measured in 2 of 2 rounds" in text
    assert "<title>round-02 4.2 ms (4 … 4.5)</title>" in text
    assert "websocket_latency_ms: round-01" not in text


def test_what_a_round_says_is_text():
    """Nothing of a record becomes markup."""
    row = {"name": HOSTILE, "page": HOSTILE, "environment": HOSTILE, "began_at": HOSTILE, "finished": False, "seconds": 1.0}
    row |= {
        "verdict": HOSTILE,
        "badge": HOSTILE,
        "symptom": HOSTILE,
        "cases": 1,
        "passed": 1,
        "positive": 1,
        "changed": [HOSTILE],
    }
    row |= {"figures": {HOSTILE: 1.0}, "revisions": [HOSTILE], "retracted": [{"claim": HOSTILE, "because": HOSTILE}]}
    text = rounds_page({HOSTILE: [row, row]})
    assert HOSTILE not in text
    assert html.escape(HOSTILE) in text


def test_a_pass_that_nobody_judged_is_not_said_to_be_without_evidence(tmp_path):
    """Where the suite was not sabotaged the row says so, instead of counting none."""
    left(tmp_path / "round-01")
    report = tmp_path / "round-01" / "data" / "report.json"
    document = json.loads(report.read_text())
    document["counts"]["worths"] = {"not judged": document["counts"]["outcomes"]["passed"]}
    report.write_text(json.dumps(document))
    text = rounds_page(environments(tmp_path))
    assert "passed, worth not judged" in text
    assert "with evidence" not in text
