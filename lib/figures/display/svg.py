"""A chart as SVG: the still picture for readers without plotly. Pure arithmetic, no library."""

from __future__ import annotations

import math
from typing import Any

from lib.figures.display.chart import Chart, Series
from lib.figures.display.table import as_html

WIDTH = 860
_TOP, _RIGHT = 74, 24
_CHARACTER = 6.4
"""Width of a character of the 12-pixel font, on average; enough to keep names from being cut."""


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers within a range, about as many as asked for."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 12) for place in range(first, math.floor(high / step + 1e-9) + 1)]


class PlotArea:
    """Where the numbers of a chart lie in the picture."""

    def __init__(self, chart: Chart, series: list[Series]):
        self.lanes = list(chart.lanes)
        self.left = 24 + min(260, _CHARACTER * max((len(lane) for lane in self.lanes), default=8)) + 20
        self.right = WIDTH - _RIGHT
        self.top, self.bottom = _TOP, chart.height - 74
        xs = [value for one in series for value in _extent(one)]
        xs += [rule.at for rule in chart.rules] + [edge for band in chart.bands for edge in (band.low, band.high)]
        self.low_x, self.high_x = _padded(xs, from_zero=bool(xs) and 0 <= min(xs) < 0.5 * max(xs))
        ys = [value for one in series for value in one.y if not isinstance(value, str) and value is not None]
        self.low_y, self.high_y = _padded(ys, from_zero=bool(ys) and min(ys) >= 0)

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return round(self.left + (value - self.low_x) / (self.high_x - self.low_x) * (self.right - self.left), 1)

    def y(self, value: Any) -> float:
        """Pixels from the top, of a number or of a lane."""
        if self.lanes:
            place = self.lanes.index(value) if value in self.lanes else len(self.lanes) - 1
            return round(self.top + (place + 0.5) / len(self.lanes) * (self.bottom - self.top), 1)
        return round(self.bottom - (value - self.low_y) / (self.high_y - self.low_y) * (self.bottom - self.top), 1)


def drawn(chart: Chart) -> str:
    """The whole picture."""
    series = chart.marks()
    area = PlotArea(chart, series)
    parts = [*_bands(chart, area), *_axes(chart, area)]
    for one, colour in zip(series, chart.colours(), strict=True):
        parts += _marks(one, colour, area)
    parts += [*_rules(chart, area), *_legend(chart)]
    style = "font-family:system-ui,sans-serif;font-size:12px;background:#fff"
    size = f'width="{WIDTH}" height="{chart.height}" viewBox="0 0 {WIDTH} {chart.height}"'
    alt = f"<title>{as_html(chart.title)}</title><desc>{as_html(chart.note)}</desc>"
    paper = f'<rect width="{WIDTH}" height="{chart.height}" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} style="{style}">{alt}{paper}{"".join(parts)}</svg>'


def _extent(series: Series) -> list[float]:
    if series.kind == "bars":
        return [edge for length, start in zip(series.x, series.start, strict=True) for edge in (start, start + (length or 0))]
    return [value for value in series.x if value is not None]


def _padded(values: list[Any], *, from_zero: bool) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = (0.0 if from_zero else min(values)), max(values)
    pad = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return (low if from_zero else low - pad), high + pad


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#222", size: int = 12, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" font-size="{size}"{more}>{as_html(text)}</text>'


def _axes(chart: Chart, area: PlotArea) -> list[str]:
    parts = [
        _text(12, 20, chart.title, size=15, more=' font-weight="600"'),
        _text(12, 38, chart.note[:140], size=11, colour="#6b6b6b"),
    ]
    for value in ticks(area.low_x, area.high_x):
        x = area.x(value)
        parts.append(f'<line x1="{x}" x2="{x}" y1="{area.top}" y2="{area.bottom}" stroke="#e5e5e5"/>')
        parts.append(_text(x, area.bottom + 16, f"{value:g}", anchor="middle", size=11))
    for value in chart.lanes or ticks(area.low_y, area.high_y, 5):
        y = area.y(value)
        parts.append(f'<line x1="{area.left}" x2="{area.right}" y1="{y}" y2="{y}" stroke="#e5e5e5"/>')
        parts.append(_text(area.left - 8, y + 4, value if isinstance(value, str) else f"{value:g}", anchor="end", size=11))
    middle = (area.top + area.bottom) / 2
    parts.append(
        f'<polyline fill="none" stroke="#999" points="{area.left},{area.top} {area.left},{area.bottom} '
        f'{area.right},{area.bottom}"/>'
    )
    parts.append(_text((area.left + area.right) / 2, area.bottom + 34, chart.x_title, anchor="middle"))
    parts.append(_text(14, middle, chart.y_title, anchor="middle", more=f' transform="rotate(-90 14 {middle})"'))
    return parts


def _marks(series: Series, colour: str, area: PlotArea) -> list[str]:
    hover = [f"<title>{as_html(text)}</title>" for text in series.hover] or [""] * len(series.x)
    labels = list(series.labels) or [""] * len(series.x)
    rows = zip(series.x, series.y, hover, labels, strict=True)
    if series.kind == "bars":
        return [part for start, row in zip(series.start, rows, strict=True) for part in _bar(area, colour, start, *row)]
    if series.kind == "points":
        sizes = list(series.sizes) or [8.0] * len(series.x)
        parts = [
            f'<circle cx="{area.x(x)}" cy="{area.y(y)}" r="{size / 2:.1f}" fill="{colour}" fill-opacity="0.85">{said}</circle>'
            for size, (x, y, said, _) in zip(sizes, rows, strict=True)
        ]
        return parts + [_label(area, x, y, text) for x, y, text in zip(series.x, series.y, labels, strict=True) if text]
    points = [(area.x(x), area.y(y)) for x, y in zip(series.x, series.y, strict=True)]
    if series.kind == "step":
        points = [
            corner for place, (x, y) in enumerate(points) for corner in ([(x, points[place - 1][1])] if place else []) + [(x, y)]
        ]
    path = " ".join(f"{x},{y}" for x, y in points)
    return [f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>'] if points else []


def _label(area: PlotArea, x: Any, y: Any, text: str) -> str:
    """A word beside a mark, on the side that has room."""
    left = area.x(x) > (area.left + area.right) / 2
    return _text(area.x(x) + (-9 if left else 9), area.y(y) + 4, text, size=11, anchor="end" if left else "start")


def _bar(area: PlotArea, colour: str, start: float, length: Any, lane: Any, said: str, label: str) -> list[str]:
    left, width = area.x(start), max(1.5, area.x(start + length) - area.x(start))
    y = area.y(lane)
    parts = [f'<rect x="{left}" y="{y - 9}" width="{width:.1f}" height="18" fill="{colour}">{said}</rect>']
    if label and width > _CHARACTER * len(label):
        parts.append(_text(left + width / 2, y + 4, label, anchor="middle", colour="#fff", size=11))
    return parts


def _rules(chart: Chart, area: PlotArea) -> list[str]:
    parts = []
    for rule in chart.rules:
        x = area.x(rule.at)
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{area.top}" y2="{area.bottom}" stroke="{rule.colour}" stroke-width="2" '
            'stroke-dasharray="6 4"/>'
        )
        parts.append(_word(area, x, rule.text, rule.colour))
    return parts


def _bands(chart: Chart, area: PlotArea) -> list[str]:
    parts = []
    for band in chart.bands:
        left, width = area.x(band.low), max(1.0, area.x(band.high) - area.x(band.low))
        place = f'x="{left}" y="{area.top}" width="{width:.1f}" height="{area.bottom - area.top}"'
        parts.append(f'<rect {place} fill="{band.colour}" fill-opacity="0.2"/>')
        parts.append(_word(area, left + width / 2, band.text, "#6b6b6b"))
    return parts


def _word(area: PlotArea, x: float, text: str, colour: str) -> str:
    half = _CHARACTER * len(text) / 2
    middle = min(max(x, half + 6), WIDTH - half - 6)
    return _text(round(middle, 1), area.top - 6, text, anchor="middle", colour=colour, size=11)


def _legend(chart: Chart) -> list[str]:
    """One entry a series, in two lines where one is too short."""
    widths = [34 + _CHARACTER * len(one.name) for one in chart.series]
    parts, x, y = [], 24.0, chart.height - (26 if sum(widths) > WIDTH - 24 else 12)
    for one, colour, width in zip(chart.series, chart.colours(), widths, strict=True):
        if x > 24 and x + width > WIDTH:
            x, y = 24.0, y + 16
        parts.append(f'<rect x="{x}" y="{y - 10}" width="11" height="11" fill="{colour}"/>')
        parts.append(_text(x + 16, y, one.name, size=11))
        x += width
    return parts
