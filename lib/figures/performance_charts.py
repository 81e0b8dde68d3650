"""Notebook 04's charts: distributions with the objective drawn, the samples in time, phases stacked, one message from end to
end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from lib.figures.display.chart import BAD, PALETTE, Rule, Series
from lib.figures.display.plot import Plot
from lib.figures.display.table import Prose

PHASES = {"dns_ms": "DNS", "connect_ms": "connect", "tls_ms": "TLS", "upgrade_ms": "upgrade", "first_frame_ms": "first frame"}
MAX_HANDSHAKES = 12
ABOVE = 1.1


def distributions(measured: Any) -> Plot | Prose:
    """All figures on one axis: what share of the samples lies below each multiple of the objective (1: the objective itself)."""
    series = []
    for figure in measured.figures:
        values, limit = sorted(measured.values(figure.name)), limit_ms(figure.objective_ms)
        if values:
            hover = [f"{figure.name}: {value:.3g} ms" for value in values]
            name = f"{figure.name} (n = {len(values)})"
            series.append(Series(name=name, kind="step", x=[value / limit for value in values], y=_shares(values), hover=hover))
    if not series:
        return Prose(["Not measured: no figure has a sample (n = 0)."])
    return Plot(
        title="How do the samples lie against their objectives?",
        x_title="duration, as a multiple of the objective",
        y_title="share of samples at or below",
        series=series,
        rules=[Rule(at=1.0, text="objective")],
    )


def distribution(measured: Any, name: str | None = None) -> Plot | Prose:
    """One figure in milliseconds, with its objective; without a name the one that is worst against its objective."""
    figures = {figure.name: figure for figure in measured.figures if figure.summary.n}
    if not figures or (name is not None and name not in figures):
        return Prose([f"Not measured: {name or 'no figure'} has {'no' if name else 'a'} sample (n = 0)."])
    figure = (
        figures[name]
        if name
        else max(figures.values(), key=lambda one: median(measured.values(one.name)) / limit_ms(one.objective_ms))
    )
    values, wanted = sorted(measured.values(figure.name)), figure.objective_ms
    limits = wanted if isinstance(wanted, Mapping) else {"p50": wanted}
    return Plot(
        title=f"{figure.name}: {figure.verdict} (n = {len(values)}, {figure.loop} loop)",
        x_title="milliseconds",
        y_title="share of samples at or below",
        series=[Series(name=figure.name, kind="step", x=values, y=_shares(values))],
        rules=[Rule(at=limit, text=f"objective for {quantile}: {limit:g} ms") for quantile, limit in limits.items()],
        note=figure.because,
    )


def timeline(measured: Any) -> Plot | Prose:
    """Every sample at its moment; warm-up is grey and failures stand above all others, so that neither is mistaken for a
    result."""
    samples = sorted(measured.samples, key=lambda sample: sample.at)
    if not samples:
        return Prose(["Not measured: no sample was taken (n = 0)."])
    start = samples[0].at
    # A failure has no duration: at 0 ms it would look like the quickest of all.
    above = ABOVE * max((one.ms for one in samples if one.ms is not None), default=1.0)
    groups: dict[str, list[Any]] = {}
    for sample in samples:
        kind = "failed" if sample.ms is None else "warm-up, dropped" if sample.warmup else sample.figure
        groups.setdefault(kind, []).append(sample)
    series = []
    for place, (name, mine) in enumerate(sorted(groups.items(), key=lambda group: group[0] in {"failed", "warm-up, dropped"})):
        colour = {"failed": BAD, "warm-up, dropped": "#bbbbbb"}.get(name) or PALETTE[place % len(PALETTE)]
        hover = [f"{one.figure}: {one.error or f'{one.ms:.3g} ms'}" for one in mine]
        x, y = [(one.at - start).total_seconds() for one in mine], [above if one.ms is None else one.ms for one in mine]
        series.append(
            Series(
                name=f"{_where(name)} (n = {len(mine)})",
                kind="points",
                x=x,
                y=y,
                hover=hover,
                sizes=[6.0] * len(mine),
                colour=colour,
            )
        )
    began = start.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Plot(title="Each sample at its moment", x_title=f"seconds since {began}", y_title="milliseconds", series=series)


def _where(name: str) -> str:
    return "failed, above the others" if name == "failed" else name


def phases(measured: Any) -> Plot | Prose:
    """The accepted handshakes, each as its stages laid end to end: the first ones in order, the median of all on top."""
    accepted = [one.phases for one in measured.exchanges if one.kind == "handshake" and one.status == 101 and one.of == "sample"]
    if not accepted:
        return Prose(["Not measured: no handshake was accepted, so its stages have no durations (n = 0)."])
    rows = [{name: getattr(one, name) for name in PHASES} for one in accepted]
    middle = {
        name: median(values) if (values := [row[name] for row in rows if row[name] is not None]) else None for name in PHASES
    }
    lanes = {f"median of {len(rows)}": middle} | {
        f"handshake {number}": row for number, row in enumerate(rows[:MAX_HANDSHAKES], start=1)
    }
    series = []
    for place, (name, shown) in enumerate(PHASES.items()):
        lengths = [row[name] or 0.0 for row in lanes.values()]
        starts = [sum(row[before] or 0.0 for before in list(PHASES)[:place]) for row in lanes.values()]
        if any(lengths):
            hover = [f"{shown}: {length:.3g} ms" for length in lengths]
            series.append(
                Series(name=shown, kind="bars", x=lengths, y=list(lanes), start=starts, hover=hover, colour=PALETTE[place])
            )
    return Plot(
        title=f"Where does a handshake spend its time? (n = {len(rows)})",
        x_title="milliseconds since the connection was asked for",
        y_title="handshake",
        series=series,
        lanes=list(lanes),
    )


def message(measured: Any) -> Plot | Prose:
    """One message from the connection to `agent_completed`, the conversation of median length: events, and what each figure
    covers."""
    timelines = sorted((one for one in measured.timelines if one), key=lambda one: max(one.values()))
    if not timelines:
        return Prose(["Not measured: no conversation reached an event, so there is no message to draw (n = 0)."])
    events = sorted(timelines[len(timelines) // 2].items(), key=lambda event: event[1])
    x, lanes = [ms for _, ms in events], [name.replace("_", " ") for name, _ in events]
    before = [0.0, *x[:-1]]
    waits = [ms - earlier for ms, earlier in zip(x, before, strict=True)]
    return Plot(
        title=f"One message, from connection to answer (the median of {len(timelines)})",
        x_title="milliseconds since the connection was asked for",
        y_title="event",
        lanes=lanes,
        series=[
            Series(
                name="waited for it",
                kind="bars",
                x=waits,
                y=lanes,
                start=before,
                hover=[f"{wait:.3g} ms" for wait in waits],
                colour="#56b4e9",
            ),
            Series(name="seen", kind="points", x=x, y=lanes, labels=[f"{ms:.3g} ms" for ms in x], colour="#0072b2"),
        ],
    )


def limit_ms(objective: float | Mapping[str, float]) -> float:
    """The number that a figure is drawn against: the median's where there is one, else the first."""
    return float(objective if not isinstance(objective, Mapping) else objective.get("p50", next(iter(objective.values()))))


def _shares(values: Sequence[float]) -> list[float]:
    return [(place + 1) / len(values) for place in range(len(values))]
