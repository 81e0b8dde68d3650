"""Charts: a plotly document and a still picture of the same marks, and nothing that a server said acts as markup."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from lib.figures.display.chart import MAX_POINTS, Band, Rule, Series
from lib.figures.display.plot import Plot
from lib.figures.display.svg import ticks

HOSTILE = "<a href='javascript:x'>&</a>"
SVG = "{http://www.w3.org/2000/svg}"


def chart(**changes) -> Plot:
    """A chart with one step line, a rule and a band."""
    series = [Series(name="api", kind="step", x=[1.0, 2.0, 5.0], y=[0.3, 0.6, 1.0])]
    given = {"series": series, "rules": [Rule(at=4, text="objective 4 ms")], "bands": [Band(low=1, high=2, text="p50")]}
    return Plot(title="How long? (n = 3)", x_title="milliseconds", y_title="share", **(given | changes))


def lanes(**changes) -> Plot:
    """A chart of lanes with a bar and a point."""
    bar = Series(name="client", kind="bars", x=[10.0], y=["client"], start=[0.0], labels=["handshake"], hover=[HOSTILE])
    point = Series(name="log", kind="points", x=[3.0], y=["edge"], labels=[HOSTILE], sizes=[12.0])
    return Plot(
        **({"title": HOSTILE, "x_title": "ms", "y_title": "who", "lanes": ["client", "edge"], "series": [bar, point]} | changes)
    )


@pytest.mark.parametrize(
    "shown", [chart(), lanes(), chart(series=[]), lanes(series=[], lanes=[])], ids=["line", "lanes", "empty", "bare"]
)
def test_plotly_accepts_every_chart(shown):
    """The plain document is one that plotly itself finds valid."""
    import plotly.graph_objects as go

    assert go.Figure(json.loads(json.dumps(shown.plotly(), allow_nan=False)))


@pytest.mark.parametrize(
    "shown", [chart(), lanes(), chart(series=[]), lanes(series=[], lanes=[])], ids=["line", "lanes", "empty", "bare"]
)
def test_the_picture_is_wellformed_and_inside_its_frame(shown):
    """The SVG parses, and no mark lies outside of it."""
    picture = ElementTree.fromstring(shown.svg())  # noqa: S314 - our own text
    places = [float(text.get("x")) for text in picture.iter(f"{SVG}text")]
    assert all(0 <= place <= float(picture.get("width")) for place in places)


def test_a_server_s_words_are_no_markup():
    """Titles, hovers and labels are escaped in both forms."""
    assert "<a href" not in lanes().svg()
    assert "<a href" not in json.dumps(lanes().plotly())


def test_the_objective_is_drawn_and_said():
    """A rule appears as a line in the picture, as a shape in plotly and as a line of text."""
    assert "objective 4 ms" in chart().svg()
    assert chart().plotly()["layout"]["shapes"][0]["x0"] == 4
    assert "line at 4: objective 4 ms" in repr(chart())


def test_what_is_no_number_is_not_drawn():
    """A missing or infinite value leaves its mark out, in both forms."""
    gaps = chart(series=[Series(name="a", kind="line", x=[1.0, None, 3.0, float("nan")], y=[1.0, 2.0, 3.0, 4.0])])
    assert gaps.plotly()["data"][0]["x"] == [1.0, 3.0]


def test_long_series_are_thinned():
    """More marks than a page can carry are thinned evenly, the first and last kept."""
    long = chart(series=[Series(name="a", kind="line", x=list(map(float, range(50_000))), y=[1.0] * 50_000)])
    x = long.plotly()["data"][0]["x"]
    assert (len(x), x[0], x[-1]) == (MAX_POINTS, 0.0, 49_999.0)


def test_a_notebook_carries_no_plotly_library():
    """The bundle holds the document, the picture and the words, and is small."""
    bundle = chart()._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"}
    assert len(json.dumps(bundle)) < 20_000


@pytest.mark.parametrize(("low", "high", "expected"), [(0, 10, [0, 2, 4, 6, 8, 10]), (0, 0, [0]), (-1, 1, [-1, -0.5, 0, 0.5, 1])])
def test_ticks_are_round_numbers(low, high, expected):
    """Axes are labelled at numbers that people read."""
    assert ticks(low, high) == expected


def test_a_long_legend_stays_inside_the_picture():
    """Names that do not fit beside each other go on in a second line."""
    many = chart(
        series=[Series(name=f"message_processing_ms {number} (n = 30)", kind="line", x=[1.0], y=[1.0]) for number in range(5)]
    )
    texts = [text for text in ElementTree.fromstring(many.svg()).iter(f"{SVG}text") if "(n = 30)" in (text.text or "")]  # noqa: S314 - our own
    assert len({text.get("y") for text in texts}) == 2
    assert max(float(text.get("x")) + 6.4 * len(text.text) for text in texts) <= 860
