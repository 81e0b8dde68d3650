"""What a measurement found, and the document of it that the contract describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lib.facts import Exchange, Sample, plain
from lib.parameters.model import Parameters
from lib.performance.definitions import FIGURES, PHASES, Definition, definitions_of
from lib.performance.load import LoadResult
from lib.performance.statistics import Comparison, Summary, blocks_of, compare, drift, judge, limits_of, machine_of, summary

HEAVIEST_FIRST = ("load", "open", "closed")
NEVER_MS = 1e12
"""What a sample that failed counts as where an objective is judged."""
DECIMALS = 3
"""Documents carry microseconds; the raw samples carry everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One objective and what was measured of it. `loop` is where its samples come from: the heaviest loop that ran."""

    name: str
    objective_ms: float | Mapping[str, float]
    optional: bool = False
    summary: Summary
    loop: str
    verdict: str
    because: str
    asked: str | None = None
    """What was sent to measure it, without why; None where nothing was measured."""
    failed: int = 0
    """How many samples of the heaviest loop came to nothing; they are in no quantile and no interval."""

    def as_json(self) -> dict[str, Any]:
        """The figure as the contract has it."""
        quantiles = {f"{name}_ms": _rounded(self.summary.quantiles[name]) for name in ("p50", "p95", "p99")}
        return {
            "name": self.name,
            "n": self.summary.n,
            "failed": self.failed,
            **quantiles,
            "interval_ms": {name: _bounds(self.summary.intervals[name]) for name in ("p50", "p95")},
            "objective_ms": self.objective_ms,
            "optional": self.optional,
            "asked": self.asked,
            "verdict": self.verdict,
            "because": self.because,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """All samples of one run and what they say.

    `cold_ms` holds the very first try of each figure, apart from the samples; `dropped` counts warm-up samples; `notes` say per
    operation (request, ping, message) what was really done; `timelines` are the events of each conversation, in ms since the
    connection was asked for; `lateness_ms` is how late our own starts were in an open loop.
    """

    objectives: Mapping[str, float | Mapping[str, float]]
    samples: tuple[Sample, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    cold_ms: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)
    timelines: tuple[Mapping[str, float], ...] = ()
    lateness_ms: tuple[float, ...] = ()
    floor_ms: float | None = None
    load: LoadResult | None = None
    definitions: Mapping[str, Definition] = field(default_factory=lambda: FIGURES)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """One figure for each objective, in the objectives' order."""
        return tuple(self._figure(name, objective) for name, objective in self.objectives.items())

    @property
    def phases(self) -> dict[str, Summary]:
        """The stages of the messages' handshakes: DNS, connect, TLS, upgrade, first frame; n 0 for a stage that did not
        happen."""
        warm = {
            sample.trace_id
            for sample in self.samples
            if self.definitions[sample.figure].operation == "message" and not sample.warmup
        }
        accepted = [exchange for exchange in self.exchanges if exchange.status == 101 and exchange.trace_id in warm]
        found = {name: [getattr(exchange.phases, name) for exchange in accepted] for name in PHASES}
        return {name: summary([value for value in values if value is not None]) for name, values in found.items()}

    @property
    def dropped(self) -> dict[str, int]:
        """How many warm-up samples each figure's quantiles leave out."""
        return {name: sum(sample.warmup for sample in self.samples if sample.figure == name) for name in self.definitions}

    def loop_of(self, name: str) -> str:
        """The loop that a figure is judged on: load if it has such samples, else open, else closed."""
        have = {sample.loop for sample in self.samples if sample.figure == name and sample.ms is not None}
        return next((loop for loop in HEAVIEST_FIRST if loop in have), "closed")

    def values(self, name: str, loop: str | None = None) -> list[float]:
        """The durations behind a figure, in the order measured, warm-up and failures left out."""
        loop = loop or self.loop_of(name)
        mine = (sample for sample in self.samples if sample.figure == name and sample.loop == loop and not sample.warmup)
        return [sample.ms for sample in mine if sample.ms is not None]

    def blocks(self, name: str, loop: str | None = None) -> list[int]:
        """The block of each of the `values`, in the same order."""
        loop = loop or self.loop_of(name)
        mine = (sample for sample in self.samples if sample.figure == name and sample.loop == loop and not sample.warmup)
        return [sample.block for sample in mine if sample.ms is not None]

    def errors(self, name: str) -> list[str]:
        """Why samples of a figure failed, one text a sample."""
        return [sample.error for sample in self.samples if sample.figure == name and sample.error is not None]

    def loops(self) -> list[dict[str, Any]]:
        """Each figure in each loop that ran: what the closed loop reads beside what the open one does."""
        ran = [loop for loop in reversed(HEAVIEST_FIRST) if any(sample.loop == loop for sample in self.samples)]
        rows = [
            (name, loop, summary(self.values(name, loop))) for name in self.objectives for loop in ran if name in self.definitions
        ]
        return [
            {"figure": name, "loop": loop, "n": found.n, "per_s": self.rate_per_s(name, loop), **_quantiles(found)}
            for name, loop, found in rows
        ]

    def rate_per_s(self, name: str, loop: str) -> float | None:
        """How many answered samples a second were started, warm-up left out; None below two."""
        mine = (sample for sample in self.samples if sample.figure == name and sample.loop == loop and not sample.warmup)
        starts = sorted(sample.at for sample in mine if sample.ms is not None)
        span_s = (starts[-1] - starts[0]).total_seconds() if starts else 0.0
        return (len(starts) - 1) / span_s if span_s > 0 else None

    def drift(self) -> dict[str, Comparison]:
        """For each figure with enough samples: its second half against its first."""
        found = {name: drift(self.values(name)) for name in self.objectives}
        return {name: comparison for name, comparison in found.items() if comparison is not None}

    def against(
        self, earlier: Sequence[Mapping[str, Any]], asked: Mapping[str, str | None] | None = None
    ) -> dict[str, Comparison]:
        """Each figure against the rows of an earlier round's latency.parquet, in the heaviest loop that both have.

        `asked` is what that round sent for each; where it is something else, no difference is a change.
        """
        found = {}
        for name in self.objectives:
            taken = (row for row in earlier if row["figure"] == name and not row["warmup"])
            mine = [row for row in taken if row["ms"] is not None and row["ms"] == row["ms"]]
            had = {row.get("loop") for row in mine}
            loop = next((loop for loop in HEAVIEST_FIRST if loop in had and self.values(name, loop)), self.loop_of(name))
            rows = [row for row in mine if row.get("loop") == loop]
            before = blocks_of([row["ms"] for row in rows], [row.get("block") or 0 for row in rows])
            after = blocks_of(self.values(name, loop), self.blocks(name, loop))
            machine = (machine_of(rows), machine_of(self.rows()))
            seen = compare([before], [after], resolution_ms=self.floor_ms or 0.0, machine=machine)
            then, now = (asked or {}).get(name), self._asked(name) if name in self.definitions else None
            if then and now and then != now:
                because = f"measured by other means: {then}, now {now}, so that no difference is a change; {seen.because}"
                seen = replace(seen, verdict="undecided", because=because, rounds_needed=None)
            found[name] = seen
        return found

    def rows(self) -> list[dict[str, Any]]:
        """The samples as rows of latency.parquet."""
        return [plain(sample) for sample in self.samples]

    def as_json(self, environment: str) -> dict[str, Any]:
        """The contract's `performance` document."""
        phases = [{"name": name, "n": found.n, **_quantiles(found)} for name, found in self.phases.items()]
        figures = [figure.as_json() for figure in self.figures]
        return {
            "schema": 1,
            "environment": environment,
            "figures": figures,
            "phases": phases,
            "floor_ms": _rounded(self.floor_ms),
        }

    def _figure(self, name: str, objective: float | Mapping[str, float]) -> Figure:
        found, loop = summary(self.values(name), self.blocks(name)), self.loop_of(name)
        verdict, because, failed = self._judged(name, found, objective)
        because = self._because(name, found.n, because)
        optional = isinstance(objective, Mapping) and bool(objective.get("optional"))
        limits = limits_of(objective) if isinstance(objective, Mapping) else objective
        stated = {"verdict": verdict, "because": because, "asked": self._asked(name) if found.n else None}
        return Figure(name=name, objective_ms=limits, optional=optional, summary=found, loop=loop, failed=failed, **stated)

    def _judged(self, name: str, found: Summary, objective: float | Mapping[str, float]) -> tuple[str, str, int]:
        """The verdict, why, and how many failed: those are later than any objective, or answering a few alone would meet it.

        Missed is what the interval of the answered lies above: failures take a verdict back and make no such interval.
        """
        verdict, because = judge(found, objective)
        loop, answered, failed = self._heaviest(name)
        if verdict not in ("met", "undecided") or not failed:
            return verdict, because, failed
        counted, _ = judge(summary([*answered, *[NEVER_MS] * failed]), objective)
        if counted == "met":
            return verdict, because, failed
        where = f" in the {loop} loop" if loop != "closed" else ""
        alone = f"those that were answered alone: {verdict}, {because}"
        told = f"{failed} of {len(answered) + failed} failed{where}, and count as later than any objective ({alone})"
        return "undecided", told, failed

    def _heaviest(self, name: str) -> tuple[str, list[float], int]:
        """The heaviest loop that ran for a figure, answered or not: its name, what was answered there, how many failed."""
        mine = [sample for sample in self.samples if sample.figure == name and not sample.warmup]
        loop = next((loop for loop in HEAVIEST_FIRST if any(sample.loop == loop for sample in mine)), "closed")
        taken = [sample.ms for sample in mine if sample.loop == loop]
        answered = [ms for ms in taken if ms is not None]
        return loop, answered, len(taken) - len(answered)

    def _asked(self, name: str) -> str:
        """What a note says was sent: it goes on with why, behind a comma."""
        operation = self.definitions[name].operation
        return self.notes.get(operation, "").partition(", because")[0] or operation

    def _because(self, name: str, n: int, reason: str) -> str:
        if name not in self.definitions:
            return f"not measured: there is no figure of this name, only {', '.join(self.definitions)}; n = 0"
        operation, errors = self.definitions[name].operation, self.errors(name)
        if n == 0:
            return f"not measured: {errors[-1] if errors else self.notes.get(operation, 'nothing was sent')}, n = 0"
        remarks = [reason, self.notes.get(operation, "")]
        remarks += [f"{len(errors)} failed ({errors[-1]})"] if errors else []
        remarks += [self.stopped[operation]] if operation in self.stopped else []
        if self.loop_of(name) != "closed":
            remarks.append(f"{self.loop_of(name)} loop")
        return "; ".join(remark for remark in remarks if remark)


def not_measured(parameters: Parameters, because: str) -> Measurement:
    """The measurement of which nothing could be taken."""
    known = definitions_of(parameters.performance.figures)
    notes = {one.operation: because for one in known.values()}
    return Measurement(objectives=parameters.objectives, notes=notes, definitions=known)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _bounds(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(bound, DECIMALS) for bound in interval]


def _quantiles(found: Summary) -> dict[str, Any]:
    quantiles: dict[str, Any] = {f"{name}_ms": _rounded(found.quantiles[name]) for name in ("p50", "p95", "p99")}
    return {**quantiles, "interval_ms": {name: _bounds(found.intervals[name]) for name in ("p50", "p95")}}
