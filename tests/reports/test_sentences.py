"""lib/reports/sentences.py: a sentence carries what it rests on."""

from __future__ import annotations

from lib.reports.sentences import MAX_EVIDENCE, cases_of, say


def test_a_sentence_names_each_id_once_and_counts_them() -> None:
    """Ids keep their order, and stand there once."""
    assert say("It broke.", ["h2", "h1", "h2"]) == {"text": "It broke.", "evidence": ["h2", "h1"], "evidence_n": 2}


def test_more_evidence_than_can_be_read_is_counted() -> None:
    """Of many ids the first are named, and all are counted."""
    said = say("Often.", (f"h{number}" for number in range(50)))
    assert (len(said["evidence"]), said["evidence_n"]) == (MAX_EVIDENCE, 50)


def test_a_round_without_a_suite_has_no_cases() -> None:
    """Neither an absent document nor an empty one is an obstacle."""
    assert (cases_of(None), cases_of({}), cases_of({"cases": [{"name": "a"}]})) == ([], [], [{"name": "a"}])
