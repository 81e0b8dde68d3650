"""Figures over the rounds: each median with its interval on an axis that begins at 0, so that noise does not look like change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lib.redaction.visible import in_html

WIDTH, HEIGHT, EDGE = 220, 44, 6
CHANGED = "whether that is a change, <code>compare</code> says: rounds of an unchanged system differ too"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One round's median in ms with its interval, and what was asked to measure it; ms None where it was not measured."""

    round: str
    ms: float | None = None
    interval: tuple[float, float] | None = None
    asked: str | None = None


def trends(rows: Sequence[Mapping[str, Any]]) -> str:
    """All figures that two rounds or more have measured; `rows` are the overview's, the oldest first."""
    names = dict.fromkeys(name for row in rows for name in row["figures"])
    shown = "".join(_trend(name, [_point(row, name) for row in rows]) for name in names)
    note = f"<p>Bars are 95 % intervals within a round; {CHANGED}.</p>"
    return f'<h3>Medians over the rounds</h3>{note}<div class="trends">{shown}</div>' if shown else ""


def _point(row: Mapping[str, Any], name: str) -> Point:
    interval = (row.get("intervals") or {}).get(name)
    asked = (row.get("asked") or {}).get(name)
    return Point(round=row["name"], ms=row["figures"].get(name), interval=interval and tuple(interval), asked=asked)


def _trend(name: str, points: Sequence[Point]) -> str:
    known = [(place, point, point.ms) for place, point in enumerate(points) if point.ms is not None]
    if len(known) < 2:
        return ""
    top = max(max(ms, point.interval[1] if point.interval else 0.0) for _, point, ms in known) or 1.0
    step = (WIDTH - 2 * EDGE) / max(len(points) - 1, 1)

    def at(ms: float) -> float:
        return HEIGHT - EDGE - ms / top * (HEIGHT - 2 * EDGE)

    drawn = []
    for place, point, ms in known:
        x, said = EDGE + place * step, in_html(f"{point.round} {_in_words(point)}")
        low, high = point.interval or (ms, ms)
        drawn.append(f'<path d="M{x:.1f},{at(low):.1f}V{at(high):.1f}" stroke="currentColor" stroke-width="1" opacity=".5"/>')
        drawn.append(f'<circle cx="{x:.1f}" cy="{at(ms):.1f}" r="2.5" fill="currentColor"><title>{said}</title></circle>')
    lines = [" ".join(f"{EDGE + place * step:.1f},{at(ms):.1f}" for place, ms in run) for run in _unbroken(points)]
    joined = "".join(f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.5"/>' for line in lines)
    said = _caption([point for _, point, _ in known], len(points))
    told = in_html(f"{name}: {said}")
    drawing = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{told}">'
        f"{joined}{''.join(drawn)}</svg>"
    )
    return f"<figure>{drawing}<figcaption>{told}</figcaption></figure>"


def _unbroken(points: Sequence[Point]) -> Iterator[list[tuple[int, float]]]:
    """What may be joined: neighbours that were measured, by the same request."""
    for key, run in groupby(enumerate(points), key=lambda one: (one[1].ms is not None, one[1].asked)):
        if key[0]:
            yield [(place, point.ms) for place, point in run if point.ms is not None]


def _caption(known: Sequence[Point], rounds: int) -> str:
    first, last = known[0], known[-1]
    least, most = (pick(known, key=lambda point: point.ms or 0.0) for pick in (min, max))
    said = f"{first.round} {_in_words(first)}, {last.round} {_in_words(last)}"
    said += f"; least {least.ms:.3g} ms ({least.round}), most {most.ms:.3g} ms ({most.round})" if len(known) > 2 else ""
    asked = list(dict.fromkeys(point.asked for point in known if point.asked))
    said += f"; by different requests ({', '.join(asked)}), which are not joined" if len(asked) > 1 else ""
    return f"{said}; measured in {len(known)} of {rounds} rounds"


def _in_words(point: Point) -> str:
    spread = f" ({point.interval[0]:.3g} … {point.interval[1]:.3g})" if point.interval else ""
    return f"{point.ms:.3g} ms{spread}"
