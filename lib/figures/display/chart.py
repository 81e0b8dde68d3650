"""What every figure room draws with: one description of a chart, shown by plotly where there is plotly and as SVG elsewhere.

A figure is a plain plotly document, so that nothing here imports plotly and no notebook carries plotly.js: JupyterLab has it
built in, and the record's page brings it once. The SVG beside it is what GitHub and a reader without scripts see.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lib.figures.display.svg import drawn
from lib.figures.display.table import as_html, text_of

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b6b6b")
"""Okabe and Ito's colours, which people with any colour vision can tell apart."""
GOOD, BAD, CALM = "#009e73", "#d55e00", "#6b6b6b"
_TOP, _BOTTOM = 90, 90
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


@dataclass(frozen=True, kw_only=True, repr=False)
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
        return _TOP + _BOTTOM + (34 * max(2, len(self.lanes)) if self.lanes else 260)

    def colours(self) -> list[str]:
        """One colour a series, its own or the palette's next."""
        return [one.colour or PALETTE[position % len(PALETTE)] for position, one in enumerate(self.series)]

    def marks(self) -> list[Series]:
        """The series as they are drawn: without what is not a number, and thinned."""
        return [_thinned(one) for one in self.series]

    def plotly(self) -> dict[str, Any]:
        """The chart as a plotly document, every text escaped."""
        traces = [_trace(one, colour) for one, colour in zip(self.marks(), self.colours(), strict=True)]
        # No toolbar: it offers to send the figure to a foreign server.
        return {"data": traces, "layout": self._layout(), "config": {"displayModeBar": False}}

    def _layout(self) -> dict[str, Any]:
        line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
        shapes = [
            line | {"x0": rule.at, "x1": rule.at, "line": {"color": rule.colour, "width": 2, "dash": "dash"}}
            for rule in self.rules
        ]
        shapes += [
            {
                "type": "rect",
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "x0": band.low,
                "x1": band.high,
                "fillcolor": band.colour,
                "opacity": 0.2,
            }
            | {"line": {"width": 0}, "layer": "below"}
            for band in self.bands
        ]
        words = [(rule.at, rule.text, rule.colour) for rule in self.rules]
        words += [((band.low + band.high) / 2, band.text, CALM) for band in self.bands]
        note = {"yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False}
        axis = {"showline": True, "linecolor": "#999", "gridcolor": "#e5e5e5", "zeroline": False, "automargin": True}
        lanes = {"type": "category", "categoryorder": "array", "categoryarray": [as_html(lane) for lane in self.lanes]}
        names = {"range": [len(self.lanes) - 0.5, -0.5]} | lanes if self.lanes else {}
        return {
            "title": {
                "text": as_html(self.title),
                "subtitle": {"text": as_html(self.note)},
                "x": 0,
                "xanchor": "left",
                "font": {"size": 15},
            },
            "showlegend": True,
            "height": self.height,
            "margin": {"l": 60, "r": 30, "t": _TOP, "b": _BOTTOM},
            "paper_bgcolor": "#fff",
            "plot_bgcolor": "#fff",
            "barmode": "overlay",
            "hovermode": "closest",
            "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#222"},
            # Below the axis title, in shares of the plotting area's height.
            "legend": {"orientation": "h", "x": 0, "y": -62 / (self.height - _TOP - _BOTTOM), "yanchor": "top"},
            "xaxis": axis | {"title": {"text": as_html(self.x_title)}},
            "yaxis": axis | {"title": {"text": as_html(self.y_title)}} | names,
            "shapes": shapes,
            "annotations": [
                note | {"x": at, "text": as_html(text), "font": {"color": colour, "size": 11}} for at, text, colour in words
            ],
        }

    def svg(self) -> str:
        """The chart as a picture of its own, without scripts."""
        return drawn(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"application/vnd.plotly.v1+json": self.plotly(), "image/svg+xml": self.svg(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        lines = [text_of(self.title), f"x: {text_of(self.x_title)}; y: {text_of(self.y_title)}"]
        lines += [f"- {text_of(one.name)}: {len(one.x)} marks" for one in self.series]
        lines += [f"- line at {text_of(rule.at)}: {text_of(rule.text)}" for rule in self.rules]
        lines += [f"- band from {text_of(band.low)} to {text_of(band.high)}: {text_of(band.text)}" for band in self.bands]
        return "\n".join([*lines, *([text_of(self.note)] if self.note else [])])


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
    return Series(name=series.name, kind=series.kind, x=x, y=y, colour=series.colour, **extras)  # type: ignore[arg-type]


def _drawable(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _trace(series: Series, colour: str) -> dict[str, Any]:
    y = [as_html(value) if isinstance(value, str) else value for value in series.y]
    hover = [as_html(text) for text in series.hover]
    trace: dict[str, Any] = {"name": as_html(series.name), "x": list(series.x), "y": y}
    trace |= {"hovertext": hover, "hoverinfo": "text"} if hover else {"hoverinfo": "x+y+name"}
    labels = [as_html(text) for text in series.labels]
    if series.kind == "bars":
        text = {"text": labels, "textposition": "inside", "insidetextanchor": "middle"} if labels else {}
        return (
            trace
            | text
            | {"type": "bar", "orientation": "h", "base": list(series.start), "marker": {"color": colour}, "width": 0.55}
        )
    if series.kind == "points":
        text = {"text": labels, "textposition": _beside(series.x), "cliponaxis": False} if labels else {}
        sizes = list(series.sizes) or 8
        marker = {"color": colour, "size": sizes, "opacity": 0.85}
        return trace | text | {"type": "scatter", "mode": "markers+text" if labels else "markers", "marker": marker}
    return trace | {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": colour, "width": 2, "shape": "hv" if series.kind == "step" else "linear"},
    }


def _beside(x: Sequence[float | None]) -> list[str]:
    """Where labels find room: to the right of marks in the left half, to the left of the others."""
    known = [value for value in x if value is not None]
    middle = (min(known) + max(known)) / 2 if known else 0.0
    return ["middle left" if value is not None and value > middle else "middle right" for value in x]
