"""What a sample can carry: quantiles with intervals, objectives judged by the interval, two runs compared (pure).

Knows no clock and no network. Values are durations in milliseconds. Intervals are percentile bootstraps; where a resampled
quantile has a known distribution, that is used instead of drawing from it, so a figure's interval is free of chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, exp, expm1, log, log1p, sqrt
from statistics import NormalDist, median
from typing import Any, Literal

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
CONFIDENCE = 0.95
ALPHA = 0.01
"""Two runs differ when chance alone would make such a difference in fewer than 1 of 100 comparisons."""
POWER = 0.97
"""More than the 9 of 10 that are promised, because the spread is an estimate itself."""
BLOCKS = 8
BETWEEN_ROUNDS = 0.07
"""How much the logarithm of a figure differs between rounds of an unchanged system, where repeated rounds do not say."""
RELEVANT_CHANGE = 0.25
"""Two runs are called the same only when the interval of the change leaves no room for this much."""
NEGLIGIBLE = 0.1
"""A change of less than this is no news, however sure it is; clearly below the relevant one, which must be found."""
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
    `rounds_needed` is how many rounds of each run would find a change of `RELEVANT_CHANGE` in nine of ten comparisons.
    """

    verdict: Change
    because: str
    n: tuple[int, int]
    change: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    rounds_needed: int | None = None


def smallest_n(quantile: float) -> int:
    """The smallest sample whose largest value lies at or above the quantile with 95 % confidence: 5, 29, 59, 299 for p50, p90,
    p95, p99."""
    return ceil(log(1 - CONFIDENCE) / log(quantile))


def summary(values: Sequence[float], labels: Sequence[int] | None = None) -> Summary:
    """Quantiles of a sample, each with the interval that the bootstrap gives it; `labels` name the block of each value.

    Values of one block resemble each other, so the interval is that of as many independent values as they are worth.
    """
    import numpy

    ordered = numpy.sort(numpy.asarray(values, dtype=float))
    worth = effective_n(blocks_of(values, labels)) if labels is not None and len(values) else float(len(ordered))
    found = quantiles(ordered)
    return Summary(
        n=len(ordered),
        quantiles=found,
        intervals={name: None if found[name] is None else _interval(ordered, share, worth) for name, share in QUANTILES.items()},
    )


def quantiles(values: Sequence[float]) -> dict[str, float | None]:
    """The quantiles of a sample, None where n cannot carry them."""
    import numpy

    return {
        name: float(numpy.quantile(values, share)) if len(values) >= smallest_n(share) else None
        for name, share in QUANTILES.items()
    }


def effective_n(blocks: Sequence[Sequence[float]]) -> float:
    """How many independent values these are worth: fewer the more values of one block resemble each other (Kish's design effect
    of the intraclass correlation of the logarithms)."""
    import numpy

    logs = [numpy.log(numpy.maximum(block, SHORTEST_MS)) for block in blocks if len(block)]
    n, groups = sum(map(len, logs)), len(logs)
    if groups < 2 or n <= groups:
        return float(n)
    mean = float(numpy.mean(numpy.concatenate(logs)))
    between = sum(len(block) * (float(block.mean()) - mean) ** 2 for block in logs) / (groups - 1)
    within = sum(float(((block - block.mean()) ** 2).sum()) for block in logs) / (n - groups)
    size = n / groups
    alike = (between - within) / max(between + (size - 1) * within, 1e-18)
    return n / (1 + (size - 1) * min(max(alike, 0.0), 1.0))


def _interval(ordered: Any, share: float, worth: float) -> tuple[float, float]:
    # The k-th smallest of n values drawn with replacement is the value at a Beta(k, n + 1 - k) distributed share of the sample.
    from scipy.special import betaincinv

    size, n = len(ordered), worth
    rank = min(max(share * n + 0.5, 1), n)
    tail = (1 - CONFIDENCE) / 2
    low, high = (min(int(position * size), size - 1) for position in betaincinv(rank, n + 1 - rank, (tail, 1 - tail)))
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


def blocks_of(values: Sequence[float], labels: Sequence[int] | None = None) -> list[list[float]]:
    """The values by block: as labelled, or in the order measured cut into `BLOCKS` parts where nothing was labelled."""
    if labels is not None and len(set(labels)) > 1:
        found: dict[int, list[float]] = {}
        for value, label in zip(values, labels, strict=True):
            found.setdefault(label, []).append(value)
        return list(found.values())
    count = max(min(BLOCKS, len(values) // 2), 1)
    bounds = [len(values) * place // count for place in range(count + 1)]
    return [list(values[low:high]) for low, high in pairwise(bounds) if high > low]


def machine_of(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """What the machine was like beside these samples (rows of latency.parquet): the median of a fixed piece of work, in ms.

    None where it was not measured, as in records of earlier versions.
    """
    known = [row["machine_ms"] for row in rows if row.get("machine_ms") and row["machine_ms"] == row["machine_ms"]]
    return median(known) if known else None


def compare(
    before: Sequence[Sequence[Sequence[float]]],
    after: Sequence[Sequence[Sequence[float]]],
    *,
    relevant: float = RELEVANT_CHANGE,
    resolution_ms: float = 0.0,
    machine: tuple[float | None, float | None] = (None, None),
) -> Comparison:
    """Two runs of one figure, each given as rounds of blocks of durations: by how much they differ, and what may be said.

    Samples that lie close together share the machine's mood, so a block counts once, by its median; and two rounds minutes apart
    never meet quite the same machine, so each round adds `BETWEEN_ROUNDS` of its own, or as much as repeated rounds show. The
    change is the difference of the mean logarithms of the block medians, its interval Student's (Welch's degrees of freedom).
    *worse* and *better* need a change of `NEGLIGIBLE` or more, sure at `ALPHA`, that is not the machine's own
    (`machine`: how long a fixed piece of work took beside each run); *no-difference* needs as sure an interval inside
    ± `relevant`, on a machine that differs by less than that; else *undecided*.
    """
    from scipy.stats import t as student

    sides = [_Side(rounds) for rounds in (before, after)]
    n = (sides[0].n, sides[1].n)
    if short := _too_little(sides):
        return Comparison(verdict="undecided", because=f"n = {n[0]} and {n[1]}: {short}", n=n)
    change, variance = sides[1].mean - sides[0].mean, sides[0].variance + sides[1].variance
    freedom = max(variance**2 / max(sum(side.variance**2 / (len(side.medians) - 1) for side in sides), 1e-18), 1.0)
    if max(side.rounds for side in sides) > 1:  # the differences between rounds are then known as well as that many rounds tell
        freedom = min(freedom, float(sum(side.rounds for side in sides) - 2 or 1))
    reach = {level: float(student.ppf(1 - level / 2, freedom)) * sqrt(variance) for level in (1 - CONFIDENCE, ALPHA)}
    low, high = expm1(change - reach[1 - CONFIDENCE]), expm1(change + reach[1 - CONFIDENCE])
    p_value = float(2 * student.sf(abs(change) / sqrt(variance), freedom))
    rounds = _rounds_needed(sides, relevant)
    seen = Comparison(
        verdict="undecided", because="", n=n, change=expm1(change), interval=(low, high), p_value=p_value, rounds_needed=rounds
    )
    if p_value <= ALPHA and abs(change) >= log1p(NEGLIGIBLE):
        difference_ms = abs(sides[1].typical_ms - sides[0].typical_ms)
        return _changed(seen, difference_ms, resolution_ms, _machine(machine))
    room = max(abs(expm1(change - reach[ALPHA])), abs(expm1(change + reach[ALPHA])))
    return _unchanged(seen, room, relevant, _machine(machine))


class _Side:
    """One run as its block medians on the logarithmic scale; `variance` is that of their mean."""

    def __init__(self, rounds: Sequence[Sequence[Sequence[float]]]):
        import numpy

        kept = [[block for block in blocks if len(block)] for blocks in rounds]
        logs = [[log(max(float(numpy.median(block)), SHORTEST_MS)) for block in blocks] for blocks in kept if blocks]
        self.n = sum(len(block) for blocks in kept for block in blocks)
        self.medians = [value for blocks in logs for value in blocks]
        self.rounds = max(len(logs), 1)
        self.mean = float(numpy.mean(self.medians)) if self.medians else 0.0
        self.typical_ms = exp(self.mean)
        within = [float(numpy.var(blocks, ddof=1)) for blocks in logs if len(blocks) > 1]
        self.of_block = float(numpy.mean(within)) if within else 0.0
        per_round = len(self.medians) / self.rounds or 1
        means = [float(numpy.mean(blocks)) for blocks in logs]
        seen = float(numpy.var(means, ddof=1)) - self.of_block / per_round if len(means) > 2 else 0.0
        self.of_round = max(seen, BETWEEN_ROUNDS**2)
        self.variance = self.of_block / max(len(self.medians), 1) + self.of_round / self.rounds
        self.blocks_a_round = per_round


def _too_little(sides: Sequence[_Side]) -> str | None:
    """What is missing before anything can be said at all, and where it comes from."""
    if min(side.n for side in sides) < smallest_n(0.5):
        return f"a median needs {smallest_n(0.5)} samples of each (performance.samples)"
    if min(len(side.medians) for side in sides) < 2:
        return "how much it varies needs 2 blocks of each, which 4 samples in a row give (performance.samples)"
    return None


def _rounds_needed(sides: Sequence[_Side], relevant: float) -> int:
    """How many rounds of each run would find a change of this size in `POWER` of the comparisons, at the spread seen."""
    of_one_round = sum(side.of_block / side.blocks_a_round + side.of_round for side in sides)
    reach = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)
    return max(ceil(of_one_round * (reach / log1p(relevant)) ** 2), 1)


def _machine(beside: tuple[float | None, float | None]) -> float:
    """By how much the machine itself was slower (above 0) in the later run, on the logarithmic scale."""
    before, after = beside
    return log(after / before) if before and after else 0.0


def _changed(seen: Comparison, difference_ms: float, resolution_ms: float, machine: float) -> Comparison:
    if difference_ms < resolution_ms:
        because = f"{_shown(seen)}; {difference_ms:.3g} ms is less than this client can tell apart ({resolution_ms:.3g} ms)"
        return replace(seen, verdict="no-difference", because=because)
    change = log1p(seen.change or 0.0)
    if machine * change > 0 and abs(machine) >= abs(change) / 2:
        because = f"{_shown(seen)}; but a fixed piece of work took {expm1(machine):+.0%} on this machine as well; {_more(seen)}"
        return replace(seen, because=because)
    return replace(seen, verdict="worse" if change > 0 else "better", because=_shown(seen))


def _unchanged(seen: Comparison, room: float, relevant: float, machine: float) -> Comparison:
    if room < relevant and abs(machine) >= log1p(relevant):
        because = f"{_shown(seen)}; but a fixed piece of work took {expm1(machine):+.0%}, which may hide a difference"
        return replace(seen, because=f"{because}; {_more(seen)}")
    if room < relevant:
        return replace(seen, verdict="no-difference", because=f"{_shown(seen)}: no room for {relevant:.0%}")
    return replace(seen, because=f"{_shown(seen)}: {relevant:.0%} is not ruled out; {_more(seen)}")


def _more(seen: Comparison) -> str:
    count = max(seen.rounds_needed or 1, 2)
    return f"{count} rounds of each would tell (run a number again: the earlier ones are kept and counted)"


def _shown(seen: Comparison) -> str:
    low, high = seen.interval or (0.0, 0.0)
    return f"{seen.change:+.1%}, 95 % interval {low:+.1%} … {high:+.1%}, p = {seen.p_value:.3g}, n = {seen.n[0]} and {seen.n[1]}"


def drift(values: Sequence[float]) -> Comparison | None:
    """Whether the second half of a run, in the order measured, differs from the first; None below 20 values."""
    if len(values) < 20:
        return None
    middle = len(values) // 2
    return compare([blocks_of(values[:middle])], [blocks_of(values[middle:])])
