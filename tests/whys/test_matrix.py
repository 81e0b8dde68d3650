"""The confusion matrix holds what is demanded of it, and the page is the one that the recordings give."""

from __future__ import annotations

from functools import cache

import pytest

from lib.parameters.loading import ROOT
from tests.whys import matrix
from tests.whys.closed_loop import ALL, MODES

documents = cache(matrix.documents)


@pytest.mark.parametrize("mode", MODES)
def test_nothing_wrong_is_claimed_and_nothing_is_missed(mode: str) -> None:
    """No cause is named that is not there, and the true one is never excluded."""
    assert not {matrix.judged(cause, documents()[mode][cause]) for cause in ALL} & {"wrong", "missed"}


@pytest.mark.parametrize("mode", ["alternatives", "words"])
def test_a_reader_is_soon_at_the_cause(mode: str) -> None:
    """With something to try, or with words, 95 of 100 causes are named, narrowed to four, or among the first two leads."""
    far = [cause for cause in ALL if not matrix.is_close(cause, documents()[mode][cause])]
    assert len(far) <= 0.05 * len(ALL), far


def test_with_alternatives_what_a_client_can_lift_is_named_or_narrowed() -> None:
    """Nothing wrong, nothing missed, and 95 of 100 named, narrowed, or left open only where no change of a client lifts it."""
    kept = documents()["alternatives"]
    assert not [cause for cause in ALL if matrix.judged(cause, kept[cause]) in ("wrong", "missed")]
    assert sum(matrix.is_told(cause, kept[cause]) for cause in ALL) >= 0.95 * len(ALL)


def test_with_neither_most_causes_are_named_or_led() -> None:
    """Without anything to try and without logs 60 of 100 causes are named, or something observed speaks for them."""
    silent = [cause for cause in ALL if matrix.judged(cause, documents()["neither"][cause]) == "held"]
    assert len(silent) <= 0.4 * len(ALL), silent


@pytest.mark.parametrize("mode", MODES)
def test_no_lead_without_an_observation(mode: str) -> None:
    """Each lead names observations of its own document, and says in words what they show."""
    for document in documents()[mode].values():
        known = {seen["id"] for seen in document["observations"]}
        assert all(lead["evidence"] and set(lead["evidence"]) <= known and lead["because"] for lead in document["leads"])


def test_the_page_is_what_the_recordings_give() -> None:
    """docs/confusion-matrix.md is written from the recordings and is of today."""
    assert (ROOT / "docs" / "confusion-matrix.md").read_text(encoding="utf-8") == matrix.text(documents())
