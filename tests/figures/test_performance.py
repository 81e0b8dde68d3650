"""Notebook 04's tables and charts: verdicts by the interval, n everywhere, and nothing drawn that was not measured."""

from __future__ import annotations

import pytest

from lib.facts import Exchange, Phases, Sample
from lib.figures import performance as show
from lib.parameters.model import FigureSettings
from lib.performance.measurement import Measurement
from lib.records.rounds_on_disk import Record

OBJECTIVES = {"api_response_ms": 100.0, "websocket_latency_ms": {"p95": 150.0}}
STEPS = [
    show.answer,
    show.objectives,
    show.conditions,
    show.distributions,
    show.distribution,
    show.timeline,
    show.phases,
    show.message,
]
STEPS += [show.loops, show.advice]


@pytest.fixture
def measured(samples) -> Measurement:
    """Thirty API responses about 50 ms, and a WebSocket that was refused three times."""
    api = [
        Sample(figure="api_response_ms", ms=50 + number % 7, at=samples.later(number / 10), warmup=number < 3)
        for number in range(33)
    ]
    pings = [
        Sample(figure="websocket_latency_ms", ms=None, at=samples.later(4 + number), error="refused (403)") for number in range(3)
    ]
    return Measurement(objectives=OBJECTIVES, samples=(*api, *pings), cold_ms={"api_response_ms": 90.0}, floor_ms=0.1)


@pytest.fixture
def nothing() -> Measurement:
    """A measurement that got no sample at all."""
    return Measurement(objectives=OBJECTIVES)


def handshake(samples, number: int) -> Exchange:
    """An accepted handshake with its stages."""
    phases = Phases(dns_ms=0.5, connect_ms=1.0 + number, upgrade_ms=2.0, first_frame_ms=3.0)
    return samples.exchange(f"h{number}", of="sample", status=101, rung="session", phases=phases)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_every_step_shows_any_measurement(measured, nothing, step):
    """A finding never raises, and an empty measurement is a finding."""
    assert repr(step(measured))
    assert repr(step(nothing))


def test_the_answer_gives_verdict_interval_and_n(measured):
    """Met by the whole interval; unmeasured with the reason and n = 0."""
    text = repr(show.answer(measured))
    assert "1 of 2 objectives are met" in text
    assert "n = 30: all of it at or below 100 ms" in text
    assert "Not measured: websocket_latency_ms: refused (403), n = 0" in text


def test_an_unmeasured_figure_shows_no_number(measured):
    """All its quantiles are dashes."""
    row = next(row for row in show.objectives(measured).rows if row["name"] == "websocket_latency_ms")
    assert (row["n"], row["p50"], row["p95"], row["p99"], row["interval"]) == (0, None, None, None, None)


def test_the_objective_is_drawn(measured):
    """In multiples it is 1; in milliseconds it is itself, with the quantile that it is meant for."""
    assert show.distributions(measured).rules[0].at == 1.0
    assert show.distribution(measured).rules[0].at == 100.0
    assert "n = 30" in show.distribution(measured).title


def test_failures_and_warm_up_are_apart_from_the_samples(measured):
    """Neither is mistaken for a result."""
    series = show.timeline(measured).series
    names = [one.name for one in series]
    heights = {one.name.partition(" (")[0]: one.y for one in series}
    assert min(heights["failed, above the others"]) > max(heights["api_response_ms"])
    assert sorted(names) == ["api_response_ms (n = 30)", "failed, above the others (n = 3)", "warm-up, dropped (n = 3)"]


def test_phases_are_laid_end_to_end(samples):
    """Each stage begins where the one before ended, and the median of all stands on top."""
    measurement = Measurement(objectives=OBJECTIVES, exchanges=tuple(handshake(samples, number) for number in range(3)))
    chart = show.phases(measurement)
    assert chart.lanes[0] == "median of 3"
    ends = [start + length for series in chart.series for start, length in zip(series.start[:1], series.x[:1], strict=True)]
    starts = [series.start[0] for series in chart.series]
    assert starts == [0.0, *ends[:-1]]


def test_one_message_is_drawn_by_its_events():
    """Each event waits from the one before it."""
    chart = show.message(
        Measurement(objectives=OBJECTIVES, timelines=({"connected": 2.0, "agent_started": 5.0, "agent_completed": 40.0},))
    )
    assert list(chart.lanes) == ["connected", "agent started", "agent completed"]
    assert list(chart.series[0].x) == [2.0, 3.0, 35.0]


def test_the_round_before_is_compared_by_an_interval(measured, tmp_path):
    """One pair of like rounds leaves a quarter open; without an earlier round there is nothing to compare."""
    Record(tmp_path).write_frame("latency", measured.rows())
    row = next(row for row in show.change(measured, tmp_path).rows if row["name"] == "api_response_ms")
    assert (row["verdict"], row["n"]) == ("undecided", "30 → 30")
    assert "there was none" in repr(show.change(measured, None))


def test_advice_follows_the_verdict(measured):
    """What is not measured is to be made measurable; what is met needs nothing."""
    assert "make it measurable first (refused (403), n = 0)" in repr(show.advice(measured))
    assert "api_response_ms" not in repr(show.advice(measured))


def test_every_objective_is_defined_before_the_run():
    """A name that no figure has is said not to be measured."""
    rows = show.definitions({"api_response_ms": 100, "made_up_ms": 5}).rows
    assert rows[0][3].startswith("the request is handed")
    assert "will not be measured" in rows[1][2]


def test_a_figure_of_ones_own_is_defined_and_one_without_an_objective_is_said():
    """What it is and where its clock starts; without an objective it is not measured, and that is said before the run."""
    own = {"login_ms": FigureSettings(request="POST /login"), "idle_ms": FigureSettings(until="idle")}
    login, idle = show.definitions({"login_ms": 300}, own).rows
    assert "POST /login" in login[2]
    assert idle[:3] == ("idle_ms", "none", "no objective names it: it will not be measured")
