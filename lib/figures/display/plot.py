"""What every figure room shows: a chart, drawn by plotly where there is plotly and as SVG elsewhere.

A figure is a plain plotly document, so that nothing here imports plotly and no notebook carries plotly.js: JupyterLab has it
built in, and the record's page brings it once. The SVG beside it is what GitHub and a reader without scripts see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib.figures.display.chart import BOTTOM, CALM, TOP, Chart, Series
from lib.figures.display.svg import drawn
from lib.figures.display.table import as_html, text_of


@dataclass(frozen=True, kw_only=True, repr=False)
class Plot(Chart):
    """A chart that shows itself wherever it is displayed."""

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
            "margin": {"l": 60, "r": 30, "t": TOP, "b": BOTTOM},
            "paper_bgcolor": "#fff",
            "plot_bgcolor": "#fff",
            "barmode": "overlay",
            "hovermode": "closest",
            "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#222"},
            # Below the axis title, in shares of the plotting area's height.
            "legend": {"orientation": "h", "x": 0, "y": -62 / (self.height - TOP - BOTTOM), "yanchor": "top"},
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


def _trace(series: Series, colour: str) -> dict[str, Any]:
    y = [as_html(value) if isinstance(value, str) else value for value in series.y]
    hover = [as_html(text) for text in series.hover]
    trace: dict[str, Any] = {"name": as_html(series.name), "x": list(series.x), "y": y}
    trace |= {"hovertext": hover, "hoverinfo": "text"} if hover else {"hoverinfo": "x+y+name"}
    labels = [as_html(text) for text in series.labels]
    if series.kind == "bars":
        text: dict[str, Any] = {"text": labels, "textposition": "inside", "insidetextanchor": "middle"} if labels else {}
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
