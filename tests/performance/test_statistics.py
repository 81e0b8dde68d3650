"""lib/performance/statistics.py."""

from __future__ import annotations

import numpy
import pytest

from lib.performance.statistics import compare, drift, judge, needed_n, smallest_n, summary


@pytest.fixture(scope="module")
def recorded():
    """Durations with the skew and the outliers of a real service."""
    draws = numpy.random.default_rng(5)
    return numpy.where(draws.random(400) < 0.04, 60, 20) + draws.gamma(2.0, 2.5, 400)


def test_a_quantile_is_stated_only_from_its_smallest_n():
    """p50, p90, p95 and p99 need 5, 29, 59 and 299 samples; one fewer leaves them null."""
    for name, share, n in (("p50", 0.5, 5), ("p90", 0.9, 29), ("p95", 0.95, 59), ("p99", 0.99, 299)):
        assert smallest_n(share) == n
        assert summary(range(n)).quantiles[name] is not None
        assert summary(range(n - 1)).quantiles[name] is None
        assert summary(range(n - 1)).intervals[name] is None


def test_nothing_measured_gives_no_number_at_all():
    """n = 0: every quantile and interval is null."""
    found = summary([])
    assert found.n == 0
    assert {*found.quantiles.values(), *found.intervals.values()} == {None}


@pytest.mark.parametrize(("n", "name", "truth"), [(5, "p50", 1.0), (30, "p50", 1.0), (100, "p95", 1.638), (400, "p99", 2.009)])
def test_an_interval_covers_the_truth_as_often_as_it_says(n, name, truth):
    """Of 300 samples with a known quantile, about 95 % have it inside their interval."""
    draws = numpy.random.default_rng(n)
    covered = sum(low <= truth <= high for low, high in (summary(draws.lognormal(0, 0.3, n)).intervals[name] for _ in range(300)))
    assert covered / 300 == pytest.approx(0.95, abs=0.045)


def test_the_same_sample_gives_the_same_digits(recorded):
    """Order and repetition change nothing: no chance is involved."""
    assert summary(recorded) == summary(recorded[::-1])


@pytest.mark.parametrize(("objective", "verdict"), [(130, "met"), (100, "missed"), (115, "undecided")])
def test_an_objective_is_judged_by_the_interval_alone(objective, verdict):
    """All of it at or below: met; all above: missed; between: undecided."""
    found = summary(numpy.linspace(105, 125, 30))
    assert judge(found, objective)[0] == verdict


def test_an_objective_for_p95_is_not_decided_by_a_sample_that_cannot_carry_it():
    """30 fast samples leave p95 open, 59 decide it."""
    assert judge(summary([1.0] * 58), {"p95": 150})[0] == "undecided"
    assert judge(summary([1.0] * 59), {"p95": 150})[0] == "met"


def test_a_median_above_the_objective_settles_p95_too():
    """p95 cannot be below p50, so a few slow samples are enough to miss it."""
    verdict, because = judge(summary([200.0] * 10), {"p95": 150})
    assert verdict == "missed"
    assert "n = 10" in because


def test_of_several_objectives_one_missed_is_missed():
    """p50 met and p95 missed is missed, and the reason is p95's."""
    found = summary([10.0] * 80 + [200.0] * 20)
    verdict, because = judge(found, {"p50": 50, "p95": 150})
    assert verdict == "missed"
    assert "p95" in because
    assert "p50" not in because


def test_two_runs_without_a_change_show_no_difference(recorded):
    """At the n stated as needed, at least 95 of 100 comparisons of like with like say no-difference."""
    draws, n = numpy.random.default_rng(1), needed_n(recorded, 0.15)
    verdicts = [compare(draws.choice(recorded, n), draws.choice(recorded, n)).verdict for _ in range(100)]
    assert verdicts.count("no-difference") >= 95


def test_a_slowdown_of_fifteen_percent_is_found(recorded):
    """At the n stated as needed from the spread of 30 samples, at least 95 of 100 comparisons say worse; a speed-up says
    better."""
    draws = numpy.random.default_rng(2)
    n = needed_n(recorded[:30], 0.15)
    verdicts = [compare(draws.choice(recorded, n), draws.choice(recorded, n) * 1.15).verdict for _ in range(100)]
    assert verdicts.count("worse") >= 95
    assert compare(recorded * 1.15, recorded).verdict == "better"


def test_a_change_too_small_to_matter_is_none():
    """Two runs minutes apart differ a little; an interval that lies inside ± 10 % says so and raises no alarm."""
    steady = numpy.linspace(100.0, 104.0, 30)
    found = compare(steady, steady * 1.04)
    assert found.p_value < 0.001
    assert (found.verdict, found.because.endswith("no room for 15%")) == ("no-difference", True)
    assert compare(steady, steady * 1.2).verdict == "worse"


def test_few_samples_are_undecided_and_say_how_many_it_takes():
    """Not finding a difference is not finding that there is none."""
    found = compare([20, 24, 30, 45, 28, 22, 61], [23, 21, 29, 48, 33, 25, 58])
    assert found.verdict == "undecided"
    assert str(found.n_needed) in found.because


def test_the_interval_holds_the_true_change(recorded):
    """A slowdown by 15 % lies within the interval in about 95 of 100 comparisons."""
    draws = numpy.random.default_rng(3)
    intervals = [compare(draws.choice(recorded, 60), draws.choice(recorded, 60) * 1.15).interval for _ in range(100)]
    assert sum(low <= 0.15 <= high for low, high in intervals) >= 88


def test_a_difference_below_the_floor_is_none():
    """Two values that the client cannot tell apart are not called better or worse, however many there are."""
    before, after = [0.10] * 300, [0.13] * 300
    assert compare(before, after).verdict == "worse"
    assert compare(before, after, resolution_ms=0.05).verdict == "no-difference"


def test_nothing_on_one_side_is_undecided():
    """A figure that was not measured in one of two rounds has no change."""
    found = compare([], [1.0] * 30)
    assert found.verdict == "undecided"
    assert found.change is None


def test_a_run_that_slows_down_shows_drift(recorded):
    """The second half against the first; too few samples say nothing."""
    draws = numpy.random.default_rng(4)
    steady = draws.choice(recorded, 300)
    assert drift(steady).verdict in {"no-difference", "undecided"}
    assert drift(steady * numpy.linspace(1, 1.6, 300)).verdict == "worse"
    assert drift(steady[:19]) is None
