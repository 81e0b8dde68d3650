"""One description of a chart, whoever draws it: series, rules and bands, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b6b6b")
"""Okabe and Ito's colours, which people with any colour vision can tell apart."""
GOOD, BAD, CALM = "#009e73", "#d55e00", "#6b6b6b"
TOP, BOTTOM = 90, 90
"""Margins in pixels: above are title and note, below the axis title and the legend."""
MAX_POINTS = 4000
"""More marks than this of one series are thinned evenly; the record holds them all."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """Marks of one kind. `y` holds numbers, or names of the chart's lanes; for `bars`, `x` holds lengths and `start` where each
    begins.

    `hover` says more about each mark; `labels` are written beside the marks; `sizes` are diameters of points in pixels.
    """

    name: str
    kind: Literal["line", "step", "points", "bars"]
    x: Sequence[float | None]
    y: Sequence[float | str | None]
    start: Sequence[float] = ()
    hover: Sequence[str] = ()
    labels: Sequence[str] = ()
    sizes: Sequence[float] = ()
    colour: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A line across the chart at one place of the x axis, such as an objective."""

    at: float
    text: str
    colour: str = BAD


@dataclass(frozen=True, kw_only=True)
class Band:
    """A shaded range of the x axis, such as what is not known about a clock."""

    low: float
    high: float
    text: str
    colour: str = "#e69f00"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart. Axis titles carry the unit; `lanes` makes the y axis one of names, top to bottom; `note` says the chart in
    words."""

    title: str
    x_title: str
    y_title: str
    series: Sequence[Series]
    lanes: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    bands: Sequence[Band] = ()
    note: str = ""

    @property
    def height(self) -> int:
        """Pixels; a chart of lanes grows with them."""
        return TOP + BOTTOM + (34 * max(2, len(self.lanes)) if self.lanes else 260)

    def colours(self) -> list[str]:
        """One colour a series, its own or the palette's next."""
        return [one.colour or PALETTE[position % len(PALETTE)] for position, one in enumerate(self.series)]

    def marks(self) -> list[Series]:
        """The series as they are drawn: without what is not a number, and thinned."""
        return [_thinned(one) for one in self.series]


def _thinned(series: Series) -> Series:
    kept = [
        place
        for place, (x, y) in enumerate(zip(series.x, series.y, strict=True))
        if _drawable(x) and (isinstance(y, str) or _drawable(y))
    ]
    if len(kept) > MAX_POINTS:
        step = (len(kept) - 1) / (MAX_POINTS - 1)
        kept = [kept[round(step * place)] for place in range(MAX_POINTS)]
    extras = {
        name: tuple(values[place] for place in kept)
        for name in ("start", "hover", "labels", "sizes")
        if (values := getattr(series, name))
    }
    x, y = (tuple(values[place] for place in kept) for values in (series.x, series.y))
    return Series(name=series.name, kind=series.kind, x=x, y=y, colour=series.colour, **extras)


def _drawable(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
