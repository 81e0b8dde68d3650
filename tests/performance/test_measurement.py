"""lib/performance/measurement.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lib.facts import Sample
from lib.performance import Measurement

AT = datetime(2026, 11, 24, tzinfo=UTC)


def samples(values, figure="api_response_ms", **more):
    """One sample for each value; None stands for a failure."""
    return [Sample(figure=figure, ms=ms, at=AT, error=None if ms is not None else "reset", **more) for ms in values]


def measurement(*groups, objectives=None):
    """A measurement with these samples."""
    return Measurement(
        objectives=objectives or {"api_response_ms": 100}, samples=tuple(sample for group in groups for sample in group)
    )


def test_warm_up_and_failures_count_in_no_quantile():
    """n is what was measured; failures are named beside the verdict."""
    found = measurement(samples([900.0] * 3, warmup=True), samples([10.0] * 6 + [None]))
    (figure,) = found.figures
    assert (figure.summary.n, figure.summary.quantiles["p50"]) == (6, 10.0)
    assert "1 failed (reset)" in figure.because
    assert found.dropped["api_response_ms"] == 3


def test_the_heaviest_loop_is_judged_and_the_others_are_shown():
    """An open loop that misses the objective decides, although the closed one would meet it."""
    found = measurement(samples([10.0] * 8), samples([300.0] * 8, loop="open"))
    assert found.figures[0].verdict == "missed"
    assert "open loop" in found.figures[0].because
    assert [(row["loop"], row["p50_ms"]) for row in found.loops()] == [("closed", 10.0), ("open", 300.0)]


def test_a_heavier_loop_without_a_success_does_not_hide_the_lighter_one():
    """Under load nothing was answered: the figure is that of the closed loop, and says so by its n."""
    found = measurement(samples([10.0] * 8), samples([None] * 5, loop="load"))
    assert (found.loop_of("api_response_ms"), found.figures[0].summary.n) == ("closed", 8)


@pytest.mark.parametrize(
    ("answered", "failed", "verdict"), [(30, 1, "met"), (7, 5, "undecided"), (4, 20, "undecided"), (30, 0, "met")]
)
def test_an_objective_is_not_met_by_the_few_that_were_answered(answered, failed, verdict):
    """What failed counts as later than any objective; the quantile stays that of what was answered, and n with it."""
    (figure,) = measurement(samples([10.0] * answered + [None] * failed)).figures
    assert (figure.verdict, figure.summary.n, figure.summary.quantiles["p50"] in (10.0, None)) == (verdict, answered, True)
    told = f"{failed} of {answered + failed} failed, and count as later than any objective"
    assert (told in figure.because) == (verdict != "met")


def test_what_nobody_answers_under_load_is_not_met():
    """The closed loop's quantile stands, and the load, in which each failed, takes the verdict back; nothing lies above."""
    (figure,) = measurement(samples([10.0] * 8), samples([None] * 5, loop="load")).figures
    assert (figure.verdict, figure.summary.quantiles["p50"]) == ("undecided", 10.0)
    assert (figure.failed, "5 of 5 failed in the load loop" in figure.because) == (5, True)


def test_the_document_is_the_contracts():
    """Exactly the keys of the contract, microseconds, null where n cannot carry a quantile."""
    document = measurement(samples([1.23456] * 30)).as_json("staging")
    assert set(document) == {"schema", "environment", "figures", "phases", "floor_ms"}
    (figure,) = document["figures"]
    named = {"name", "n", "p50_ms", "p95_ms", "p99_ms", "interval_ms", "objective_ms", "verdict", "because"} | {
        "optional",
        "asked",
        "failed",
    }
    assert set(figure) == named
    assert (figure["p50_ms"], figure["p95_ms"]) == (1.235, None)
    assert figure["interval_ms"] == {"p50": [1.235, 1.235], "p95": None}


@pytest.mark.parametrize(("factor", "verdict"), [(1.5, "worse"), (0.5, "better"), (1.0, "undecided")])
def test_this_round_against_the_last(factor, verdict):
    """The rows of an earlier round's latency.parquet, warm-up and failures left out."""
    before = measurement(samples([10.0 + number / 50 for number in range(40)] + [None]), samples([900.0], warmup=True))
    now = measurement(samples([(10.0 + number / 50) * factor for number in range(40)]))
    assert now.against(before.rows())["api_response_ms"].verdict == verdict


def test_rows_hold_what_a_table_can():
    """Moments as text, one row a sample, the reason of a failure."""
    row = measurement(samples([None])).rows()[0]
    assert row["at"] == "2026-11-24T00:00:00.000000Z"
    assert (row["ms"], row["error"], row["loop"]) == (None, "reset", "closed")


def test_another_request_than_in_the_round_before_is_no_change():
    """A route that had to stand in for another is not called slower or faster than it."""
    rows = [{**row, "ms": 1.0} for row in measurement(samples([1.0] * 30)).rows()]
    notes = {"request": "GET /health with the credential, because GET /me was refused (401)"}
    now = replace(measurement(samples([9.0] * 30)), notes=notes)
    assert now.against(rows)["api_response_ms"].verdict == "worse"
    found = now.against(rows, {"api_response_ms": "GET /me with the credential"})["api_response_ms"]
    assert (found.verdict, found.rounds_needed) == ("undecided", None)
    assert "GET /me with the credential, now GET /health with the credential" in found.because
