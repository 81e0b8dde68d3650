"""lib/performance/ledger.py."""

from __future__ import annotations

import pytest

from lib.performance.ledger import Book, ledger, without_asserted
from lib.performance.statistics import summary

REPORTED = {
    "api_response_ms": 85,
    "websocket_latency_ms": 42,
    "agent_startup_ms": 380,
    "message_processing_ms": 165,
    "total_request_ms": 872,
}


def book(values, name="round-01", figure="api_response_ms", **changes):
    """A round's document and raw rows that agree."""
    found = summary(values)
    stated = {"name": figure, "n": found.n, **{f"{q}_ms": found.quantiles[q] for q in ("p50", "p95", "p99")}}
    rows = [{"figure": figure, "ms": value, "loop": "closed", "warmup": False} for value in values]
    rows.append({"figure": figure, "ms": 900.0, "loop": "closed", "warmup": True})
    return Book(round=name, document={"figures": [stated | changes]}, raw="data/latency.parquet", rows=rows)


def test_figures_that_follow_from_their_raw_samples_are_measured():
    """Same n, same digits: the ledger names the raw file."""
    (entry,) = ledger([book([3.0, 1.0, 2.0, 5.5, 4.0])])
    assert (entry.label, entry.value_ms, entry.raw) == ("measured", 3.0, "data/latency.parquet")


def test_a_report_of_numbers_without_samples_is_not_a_measurement():
    """85, 42, 380, 165 and 872 ms as the original report had them: five entries, none measured."""
    entries = ledger(
        [Book(round="original", document={"figures": [{"name": name, "p50_ms": ms} for name, ms in REPORTED.items()]})]
    )
    assert {entry.label for entry in entries} == {"not a measurement"}
    assert len(entries) == 5
    assert "n = 0" in entries[0].because


@pytest.mark.parametrize(
    ("changes", "because"),
    [({"p50_ms": 2.5}, "other digits"), ({"n": 6}, "not 6"), ({"n": 0}, "n = 0"), ({"p95_ms": 5.4}, "other digits")],
)
def test_a_figure_that_does_not_follow_from_its_samples_is_found(changes, because):
    """A number edited in the document, an n that is not there."""
    (entry,) = ledger([book([3.0, 1.0, 2.0, 5.5, 4.0], **changes)])
    assert entry.label == "not a measurement"
    assert because in entry.because


def test_identical_digits_across_rounds_are_found():
    """A copied round is no second measurement; which of the two was copied cannot be told."""
    values = [3.0, 1.0, 2.0, 5.5, 4.0]
    entries = ledger([book(values), book(values, name="round-02"), book([3.1, 1.0, 3.2, 5, 4], name="round-03")])
    assert [entry.label for entry in entries] == ["not a measurement", "not a measurement", "measured"]
    assert "round-02" in entries[0].because


def test_nothing_measured_and_nothing_said_is_no_accusation():
    """n = 0 with null figures is not a measurement, and not the same digits as another n = 0."""
    entries = ledger([book([]), book([], name="round-02")])
    assert [entry.because for entry in entries] == ["n = 0", "n = 0"]


def test_an_asserted_figure_is_stated_nowhere():
    """What the ledger calls no measurement loses its digits and its verdict, and says why; what was measured stays as it is."""
    copied, own = (
        book([3.0, 1.0, 2.0, 5.5, 4.0], verdict="met"),
        book([9.0, 8.0, 7.0, 9.5, 8.5], figure="total_request_ms", verdict="met"),
    )
    document = {"figures": [*copied.document["figures"], *own.document["figures"]]}
    mine = Book(round="round-02", document=document, raw=own.raw, rows=[*copied.rows, *own.rows])
    first, second = without_asserted(document, [entry for entry in ledger([copied, mine]) if entry.round == "round-02"])[
        "figures"
    ]
    assert (first["n"], first["p50_ms"], first["verdict"]) == (0, None, "not-measured")
    assert "not a measurement: the same digits as in round-01" in first["because"]
    assert second == own.document["figures"][0]
