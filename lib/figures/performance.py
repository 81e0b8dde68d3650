"""Notebook 04: the figures against their objectives, how sure each is, and the pictures of one measurement.

Every function takes a `lib.performance.measurement.Measurement`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lib.figures.display.table import Prose, Stack, Table
from lib.figures.environment import opened
from lib.figures.performance_charts import distribution, distributions, message, phases, timeline
from lib.records.rounds_on_disk import Record

__all__ = ["advice", "answer", "change", "conditions", "definitions", "distribution", "distributions", "loops", "message"]
__all__ += ["objectives", "opened", "phases", "timeline"]

VERDICTS = {"missed": "Missed", "undecided": "Undecided", "not-measured": "Not measured", "met": "Met"}


def definitions(objectives: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> Table:
    """What each figure means and which objective it is held against, before anything is measured."""
    from lib.performance.definitions import definitions_of

    measurable, rows = definitions_of(own or {}), []
    for name, objective in objectives.items():
        known = measurable.get(name)
        what = (
            (known.sentence, known.starts, known.stops)
            if known
            else ("there is no figure of this name: it will not be measured", None, None)
        )
        rows.append((name, limits(objective), *what))
    unnamed = (name for name in own or {} if name not in objectives)
    rows += [(name, "none", "no objective names it: it will not be measured", None, None) for name in unnamed]
    return Table(rows, ["figure", "objective", "what it is", "its clock starts when", "its clock stops when"])


def answer(measured: Any) -> Prose:
    """Which objectives are met, missed, undecided or unmeasured; only a measured figure is ever met."""
    met = sum(figure.verdict == "met" for figure in measured.figures)
    sentences = [f"{met} of {len(measured.figures)} objectives are met, by the whole of their 95 % interval."]
    for verdict, words in VERDICTS.items():
        sentences += [f"{words}: {', '.join(names)}: {because}." for names, because in _alike(measured, verdict)]
    return Prose(sentences, heading="Answer")


def objectives(measured: Any) -> Table:
    """Each objective with its verdict, what the verdict rests on, and n; a dash where n cannot carry a quantile."""
    rows = [_row(figure) for figure in measured.figures]
    columns = {
        "name": "figure",
        "verdict": "verdict",
        "n": "n",
        "p50": "p50 (ms)",
        "interval": "95 % interval of p50 (ms)",
        "p95": "p95 (ms)",
    }
    columns |= {"p99": "p99 (ms)", "objective": "objective", "because": "because"}
    return Table(rows, columns, caption="Objectives", empty="The parameters name no objective.")


def conditions(measured: Any) -> Table:
    """What a reader must know to trust the figures: the client's own floor, warm-up, cold start, failures, drift within the
    run."""
    drifts = measured.drift()
    rows = []
    for figure in measured.figures:
        name, failed = figure.name, Counter(measured.errors(figure.name))
        rows.append(
            {
                "name": name,
                "n": figure.summary.n,
                "loop": figure.loop,
                "dropped": measured.dropped.get(name, 0),
                "cold": measured.cold_ms.get(name),
                "failed": ", ".join(f"{number} × {reason}" for reason, number in failed.most_common(3)) or "none",
                "drift": f"{drifts[name].verdict}: {drifts[name].because}" if name in drifts else "n too small to tell",
            }
        )
    columns = {
        "name": "figure",
        "n": "n",
        "loop": "loop",
        "dropped": "warm-up dropped",
        "cold": "very first try (ms)",
        "failed": "failed",
    }
    columns |= {"drift": "second half against first"}
    floor = "not measured" if measured.floor_ms is None else f"{measured.floor_ms:.3f} ms"
    return Table(rows, columns, caption=f"Measuring floor of this client on this machine: {floor} (a raw socket's echo)")


def loops(measured: Any) -> Stack:
    """The same figure in each loop that ran, what each loop can and cannot show, and how far apart they are."""
    rows = [row | {"interval": _interval(row["interval_ms"]["p50"])} for row in measured.loops()]
    columns = {
        "figure": "figure",
        "loop": "loop",
        "n": "n",
        "per_s": "answered, a second",
        "p50_ms": "p50 (ms)",
        "interval": "95 % interval of p50 (ms)",
        "p95_ms": "p95 (ms)",
        "p99_ms": "p99 (ms)",
    }
    table = Table(rows, columns, caption="By loop", empty="No sample was taken.")
    return Stack([Prose(_loop_sentences(measured, rows), bullets=True), table])


def _loop_sentences(measured: Any, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    from lib.performance.definitions import LOOPS

    ran = {row["loop"] for row in rows if row["n"]}
    said = [f"{loop.capitalize()} loop: {what}" for loop, what in LOOPS.items() if loop in ran]
    if "open" not in ran:
        said.append("The open loop has no sample here: it runs where `performance.rate_per_s` is set and the target answers.")
    if measured.lateness_ms:
        late = sorted(measured.lateness_ms)
        middle, worst = late[len(late) // 2], late[-1]
        said.append(f"Our own starts were late by {middle:.3g} ms at the median, {worst:.3g} ms at most (n = {len(late)}).")
    for name in measured.objectives:
        mine = {row["loop"]: row for row in rows if row["figure"] == name}
        both = [
            one
            for one in ("p99", "p95", "p50")
            if all(mine.get(loop, {}).get(f"{one}_ms") is not None for loop in ("closed", "open"))
        ]
        if both:
            closed, opened_ms = (mine[loop][f"{both[0]}_ms"] for loop in ("closed", "open"))
            said.append(f"{name}: {both[0]} is {closed:.3g} ms in the closed loop and {opened_ms:.3g} ms in the open one.")
    if measured.load is not None:
        load = measured.load
        asked = f"{load.users} users in {load.workers} process(es) for {load.duration_s:g} s"
        said.append(
            f"Load: {asked}: {load.requests_per_s:.3g} operations a second were answered after the ramp, {load.failures} failed."
        )
    return said


def change(measured: Any, earlier: Path | None) -> Table | Prose:
    """This round against the one in the folder `earlier`: an effect with its interval, never two bare numbers."""
    frame = Record(earlier).read_frame("latency") if earlier else None
    if frame is None:
        return Prose(["The round before left no samples to compare with, or there was none."])
    before = frame.to_dict("records")
    stated = Record(earlier).stated("performance").get("figures") if earlier else None
    asked = {figure.get("name"): figure.get("asked") for figure in stated or ()}
    rows = [
        {
            "name": name,
            "verdict": found.verdict,
            "change": None if found.change is None else f"{found.change:+.1%}",
            "interval": None if found.interval is None else f"{found.interval[0]:+.1%} … {found.interval[1]:+.1%}",
            "n": f"{found.n[0]} → {found.n[1]}",
            "because": found.because,
        }
        for name, found in measured.against(before, asked).items()
    ]
    columns = {
        "name": "figure",
        "verdict": "verdict",
        "change": "change of the median",
        "interval": "95 % interval",
        "n": "n",
        "because": "because",
    }
    return Table(rows, columns, caption="Against the round before")


def advice(measured: Any) -> Prose:
    """What to do next, one sentence a figure that is not met."""
    sentences = list(_advice(measured))
    return Prose(
        sentences or ["All objectives are met: keep this round as the one to compare the next with."],
        heading="What to do next",
        bullets=True,
    )


def limits(objective: float | Mapping[str, float]) -> str:
    """An objective in words; a bare number is meant for the median."""
    from lib.performance.statistics import limits_of

    return ", ".join(f"{name} ≤ {limit:g} ms" for name, limit in limits_of(objective).items())


def _advice(measured: Any) -> Iterable[str]:
    for names, because in _alike(measured, "not-measured"):
        yield f"{', '.join(names)}: make it measurable first ({because}); where the handshake is refused, notebook 02 says why."
    for names, because in _alike(measured, "undecided"):
        yield f"{', '.join(names)}: take more samples, performance.samples ({because})."
    for names, because in _alike(measured, "missed"):
        yield f"{', '.join(names)}: find where the time goes, in the phases and the message's timeline ({because})."


def _alike(measured: Any, verdict: str) -> Iterable[tuple[list[str], str]]:
    """Figures of one verdict, those with the same reason together."""
    groups: dict[str, list[str]] = {}
    for figure in measured.figures:
        if figure.verdict == verdict:
            groups.setdefault(figure.because.removeprefix("not measured: "), []).append(figure.name)
    return [(names, because) for because, names in groups.items()]


def _row(figure: Any) -> dict[str, Any]:
    found = figure.summary
    row = {name: found.quantiles[name] for name in ("p50", "p95", "p99")}
    row |= {"name": figure.name, "verdict": figure.verdict, "n": found.n, "interval": _interval(found.intervals["p50"])}
    return row | {"objective": limits(figure.objective_ms), "because": figure.because}


def _interval(bounds: Sequence[float] | None) -> str | None:
    return None if bounds is None else f"{bounds[0]:.3g} … {bounds[1]:.3g}"
