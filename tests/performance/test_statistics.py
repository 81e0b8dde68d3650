"""lib/performance/statistics.py."""

from __future__ import annotations

import numpy
import pytest

from lib.performance.statistics import blocks_of, compare, drift, effective_n, judge, smallest_n, summary


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


def rounds(draws, recorded, count=1, *, moods=0.0, factor=1.0):
    """Rounds of eight blocks of four durations; `moods` is how much the machine differs from block to block."""
    return [
        [(draws.choice(recorded, 4) * factor * numpy.exp(draws.normal(0, moods))).tolist() for _ in range(8)]
        for _ in range(count)
    ]


@pytest.mark.parametrize("moods", [0.0, 0.2, 0.5])
def test_identical_rounds_are_not_called_different(recorded, moods):
    """Whatever the machine's moods, at most 5 of 100 pairs of like rounds are better or worse."""
    draws = numpy.random.default_rng(1)
    verdicts = [compare(rounds(draws, recorded, moods=moods), rounds(draws, recorded, moods=moods)).verdict for _ in range(100)]
    assert verdicts.count("better") + verdicts.count("worse") <= 5


@pytest.mark.parametrize("moods", [0.0, 0.2])
def test_a_quarter_slower_is_found_with_the_rounds_that_it_asks_for(recorded, moods):
    """In at least 90 of 100 comparisons, each with as many rounds as a first pair said; a speed-up is better."""
    draws = numpy.random.default_rng(2)
    first = compare(rounds(draws, recorded, moods=moods), rounds(draws, recorded, moods=moods))
    count = max(first.rounds_needed, 2)
    sides = [
        (rounds(draws, recorded, count, moods=moods), rounds(draws, recorded, count, moods=moods, factor=1.25))
        for _ in range(100)
    ]
    assert sum(compare(*side).verdict == "worse" for side in sides) >= 90
    assert sum(compare(after, before).verdict == "better" for before, after in sides) >= 90


def test_an_undecided_comparison_says_how_many_rounds_would_tell(recorded):
    """Not finding a difference is not finding that there is none."""
    draws = numpy.random.default_rng(3)
    found = compare(rounds(draws, recorded, moods=0.5), rounds(draws, recorded, moods=0.5))
    assert found.verdict == "undecided"
    assert f"{found.rounds_needed} rounds of each would tell" in found.because


def test_no_difference_is_not_said_across_machines_that_differ():
    """The same durations on a machine twice as fast may hide a system that became slower."""
    rounds = [[[10.0, 10.1]] * 8] * 8
    assert compare(rounds, rounds, machine=(0.5, 0.55)).verdict == "no-difference"
    found = compare(rounds, rounds, machine=(0.5, 0.25))
    assert (found.verdict, "may hide a difference" in found.because) == ("undecided", True)


@pytest.mark.parametrize(("samples", "said"), [(4, "a median needs 5 samples"), (6, "needs 2 blocks of each")])
def test_what_is_too_little_says_what_would_be_enough(samples, said):
    """Too few samples, or all of them in one block."""
    found = compare([[[1.0] * samples]], [[[1.0] * samples]])
    assert (found.verdict, said in found.because) == ("undecided", True)


def test_a_slower_machine_is_not_a_slower_system():
    """Where a fixed piece of work took as much longer on the machine itself, the change is nobody's finding."""
    before, after = [[[10.0, 10.1]] * 8] * 3, [[[14.0, 14.1]] * 8] * 3
    assert compare(before, after).verdict == "worse"
    found = compare(before, after, machine=(0.5, 0.7))
    assert (found.verdict, "a fixed piece of work took" in found.because) == ("undecided", True)


def test_a_difference_below_the_floor_is_none():
    """Two values that the client cannot tell apart are not called better or worse, however many there are."""
    before, after = [[[0.10] * 4] * 8] * 3, [[[0.14] * 4] * 8] * 3
    assert compare(before, after).verdict == "worse"
    assert compare(before, after, resolution_ms=0.05).verdict == "no-difference"


def test_blocks_are_those_that_were_labelled_or_parts_of_the_order():
    """Labels group; without them the order is cut into at most eight parts of two or more."""
    assert blocks_of([1, 2, 3], [0, 1, 0]) == [[1, 3], [2]]
    assert [len(block) for block in blocks_of(range(30))] == [3, 4, 4, 4, 3, 4, 4, 4]
    assert blocks_of([1.0]) == [[1.0]]


def test_values_of_one_block_that_are_alike_are_worth_fewer(recorded):
    """Eight blocks of equal values are worth eight, not eighty, and widen the interval; mixed ones are worth all."""
    alike = [[float(10 + place)] * 10 for place in range(8)]
    assert effective_n(alike) == pytest.approx(8, abs=0.1)
    assert effective_n(blocks_of(recorded)) > 300
    flat, labels = [ms for block in alike for ms in block], [place for place in range(8) for _ in range(10)]
    wide, narrow = summary(flat, labels).intervals["p50"], summary(flat).intervals["p50"]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_nothing_on_one_side_is_undecided():
    """A figure that was not measured in one of two rounds has no change."""
    found = compare([[]], [blocks_of([1.0] * 30)])
    assert found.verdict == "undecided"
    assert found.change is None


def test_a_run_that_slows_down_shows_drift(recorded):
    """The second half against the first; too few samples say nothing."""
    draws = numpy.random.default_rng(4)
    steady = draws.choice(recorded, 300)
    assert drift(steady).verdict in {"no-difference", "undecided"}
    assert drift(steady * numpy.linspace(1, 3, 300)).verdict == "worse"
    assert drift(steady[:19]) is None
