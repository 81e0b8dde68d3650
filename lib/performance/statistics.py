"""What a sample can carry: quantiles with intervals, objectives judged by the interval, two runs compared (pure).

Knows no clock and no network. Values are durations in milliseconds. Intervals are percentile bootstraps; where a resampled
quantile has a known distribution, that is used instead of drawing from it, so a figure's interval is free of chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log, log1p
from statistics import NormalDist
from typing import Any, Literal

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
CONFIDENCE = 0.95
ALPHA = 0.01
"""Two runs differ when chance alone would make such a difference in fewer than 1 of 100 comparisons."""
POWER = 0.999
"""More than the 99 of 100 that are promised, because the spread is an estimate itself."""
RELEVANT_CHANGE = 0.15
"""Two runs are called the same only when the interval of the change leaves no room for this much."""
NEGLIGIBLE = 0.1
"""A change of less than this is no news, however sure it is; clearly below the relevant one, which must be found."""
MAX_PAIRED = 2000
SHORTEST_MS = 1e-6

Judgement = Literal["met", "missed", "undecided", "not-measured"]
Change = Literal["better", "worse", "no-difference", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Quantiles and their intervals, keyed p50, p90, p95, p99; None where n cannot carry them."""

    n: int
    quantiles: Mapping[str, float | None]
    intervals: Mapping[str, tuple[float, float] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed from one run to the next.

    `change` is by how much a typical duration of the later run is longer (0.15: 15 % slower) with its 95 % `interval`;
    `p_value` is the
    permutation test's; `n_needed` is the size of each run at which a change of `RELEVANT_CHANGE` would be found.
    """

    verdict: Change
    because: str
    n: tuple[int, int]
    change: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    n_needed: int | None = None


def smallest_n(quantile: float) -> int:
    """The smallest sample whose largest value lies at or above the quantile with 95 % confidence: 5, 29, 59, 299 for p50, p90,
    p95, p99."""
    return ceil(log(1 - CONFIDENCE) / log(quantile))


def summary(values: Sequence[float]) -> Summary:
    """Quantiles of a sample, each with the interval that the bootstrap gives it."""
    import numpy

    ordered = numpy.sort(numpy.asarray(values, dtype=float))
    found = quantiles(ordered)
    return Summary(
        n=len(ordered),
        quantiles=found,
        intervals={name: None if found[name] is None else _interval(ordered, share) for name, share in QUANTILES.items()},
    )


def quantiles(values: Sequence[float]) -> dict[str, float | None]:
    """The quantiles of a sample, None where n cannot carry them."""
    import numpy

    return {
        name: float(numpy.quantile(values, share)) if len(values) >= smallest_n(share) else None
        for name, share in QUANTILES.items()
    }


def _interval(ordered: Any, share: float) -> tuple[float, float]:
    # The k-th smallest of n values drawn with replacement is the value at a Beta(k, n + 1 - k) distributed share of the sample.
    from scipy.special import betaincinv

    n = len(ordered)
    rank = min(max(share * n + 0.5, 1), n)
    tail = (1 - CONFIDENCE) / 2
    low, high = (min(int(position * n), n - 1) for position in betaincinv(rank, n + 1 - rank, (tail, 1 - tail)))
    return float(ordered[low]), float(ordered[high])


def limits_of(objective: float | Mapping[str, float]) -> dict[str, float]:
    """The limit in ms of each quantile that an objective names; a bare number is meant for the median."""
    wanted = objective if isinstance(objective, Mapping) else {"p50": objective}
    return {name: limit for name, limit in wanted.items() if name in QUANTILES}


def judge(found: Summary, objective: float | Mapping[str, float]) -> tuple[Judgement, str]:
    """Whether an objective is met, by the interval alone, and why in one sentence.

    Several quantiles: missed if one is, met if all are.
    """
    wanted = limits_of(objective)
    if found.n == 0:
        return "not-measured", "n = 0"
    judged = [_judge_one(found, name, limit) for name, limit in wanted.items()]
    verdicts = [verdict for verdict, _ in judged]
    verdict: Judgement = "missed" if "missed" in verdicts else "undecided" if "undecided" in verdicts else "met"
    return verdict, "; ".join(reason for one, reason in judged if one == verdict or verdict == "met")


def _judge_one(found: Summary, name: str, limit_ms: float) -> tuple[Judgement, str]:
    interval = found.intervals[name]
    if interval is None:
        # No quantile lies below a smaller one, so the median can miss an objective for p95 where p95 itself cannot be told.
        lower = [bounds[0] for other, bounds in found.intervals.items() if bounds and QUANTILES[other] < QUANTILES[name]]
        if lower and max(lower) > limit_ms:
            return "missed", f"{name} is at least {max(lower):.3g} ms, above {limit_ms:g} ms (n = {found.n})"
        return "undecided", f"n = {found.n} cannot carry {name}: {smallest_n(QUANTILES[name])} samples are needed"
    low, high = interval
    shown = f"95 % interval of {name} {low:.3g} … {high:.3g} ms, n = {found.n}"
    if high <= limit_ms:
        return "met", f"{shown}: all of it at or below {limit_ms:g} ms"
    if low > limit_ms:
        return "missed", f"{shown}: all of it above {limit_ms:g} ms"
    return "undecided", f"{shown}: {limit_ms:g} ms lies within it"


def compare(
    before: Sequence[float], after: Sequence[float], *, relevant: float = RELEVANT_CHANGE, resolution_ms: float = 0.0
) -> Comparison:
    """Two runs of one figure: by how much durations changed, how sure that is, and what may be said.

    The change is the median over all pairs of a later and an earlier duration (Hodges and Lehmann), on the logarithmic scale; the
    test is the permutation test of the ranks (Mann and Whitney), and the interval holds the changes that it would not reject at
    5 %.
    *worse* and *better* need the test; *no-difference* needs an interval inside ± `relevant`; everything between is *undecided*.
    Two runs minutes apart never meet quite the same machine: a change that the test finds is none all the same where the
    interval lies
    inside ± `NEGLIGIBLE`, or where the medians are closer than `resolution_ms` (the measuring floor).
    """
    import numpy
    from scipy.stats import mannwhitneyu

    n = (len(before), len(after))
    if min(n) < smallest_n(0.5):
        return Comparison(verdict="undecided", because=f"n = {n[0]} and {n[1]}: a median needs {smallest_n(0.5)} samples", n=n)
    half_width = float(NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * ((n[0] + n[1] + 1) / (12 * n[0] * n[1])) ** 0.5)
    shares = [min(max(share, 0.0), 1.0) for share in (0.5 - half_width, 0.5, 0.5 + half_width)]
    low, change, high = (float(ratio) - 1 for ratio in numpy.exp(numpy.quantile(_log_ratios(before, after), shares)))
    p_value = float(mannwhitneyu(before, after).pvalue)
    seen = Comparison(verdict="undecided", because="", n=n, change=change, interval=(low, high), p_value=p_value)
    if p_value <= ALPHA and max(-low, high) >= NEGLIGIBLE:
        difference_ms = abs(float(numpy.median(after) - numpy.median(before)))
        return _changed(seen, difference_ms, resolution_ms)
    return _unchanged(seen, needed_n([*before, *after], relevant), relevant)


def _changed(seen: Comparison, difference_ms: float, resolution_ms: float) -> Comparison:
    if difference_ms < resolution_ms:
        because = f"{_shown(seen)}; {difference_ms:.3g} ms is less than this client can tell apart ({resolution_ms:.3g} ms)"
        return replace(seen, verdict="no-difference", because=because)
    return replace(seen, verdict="worse" if (seen.change or 0) > 0 else "better", because=_shown(seen))


def _unchanged(seen: Comparison, needed: int, relevant: float) -> Comparison:
    low, high = seen.interval or (0.0, 0.0)
    if max(-low, high) < relevant:
        return replace(seen, verdict="no-difference", because=f"{_shown(seen)}: no room for {relevant:.0%}", n_needed=needed)
    because = f"{_shown(seen)}: {relevant:.0%} is not ruled out; about n = {needed} a run would tell"
    return replace(seen, because=because, n_needed=needed)


def _shown(seen: Comparison) -> str:
    low, high = seen.interval or (0.0, 0.0)
    return f"{seen.change:+.1%}, 95 % interval {low:+.1%} … {high:+.1%}, p = {seen.p_value:.3g}, n = {seen.n[0]} and {seen.n[1]}"


def _log_ratios(before: Sequence[float], after: Sequence[float]) -> Any:
    """The logarithm of each later duration over each earlier one; long runs are represented by as many of their quantiles."""
    import numpy

    old, new = (numpy.log(numpy.maximum(numpy.asarray(values, dtype=float), SHORTEST_MS)) for values in (before, after))
    shares = (numpy.arange(MAX_PAIRED) + 0.5) / MAX_PAIRED
    old, new = (numpy.quantile(values, shares) if len(values) > MAX_PAIRED else values for values in (old, new))
    return numpy.subtract.outer(new, old).ravel()


def needed_n(values: Sequence[float], relative_change: float = RELEVANT_CHANGE) -> int:
    """How many samples each of two runs needs to find a change of this size in 99 of 100 comparisons, at the spread seen in
    `values`.

    Noether's formula: what counts is how often a duration that grew so much exceeds one that did not.
    """
    shifted = _log_ratios(values, values) + log1p(relative_change)
    exceeds = float((shifted > 0).mean() + (shifted == 0).mean() / 2)
    reach = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)
    return max(smallest_n(0.5), ceil(reach**2 / (6 * max(exceeds - 0.5, 1e-3) ** 2)))


def drift(values: Sequence[float]) -> Comparison | None:
    """Whether the second half of a run, in the order measured, differs from the first; None below 20 values."""
    if len(values) < 20:
        return None
    middle = len(values) // 2
    return compare(values[:middle], values[middle:])
