"""Figures over the rounds show what was measured, and no more."""

from __future__ import annotations

import re

from lib.page.trends import HEIGHT, trends


def rows(*medians, asked=()):
    """Rounds of one figure with these medians; each interval is a tenth of it to both sides."""
    return [
        {
            "name": f"round-{number:02d}",
            "figures": {"f": ms},
            "intervals": {"f": ms and (ms * 0.9, ms * 1.1)},
            "asked": {"f": asked[number - 1] if asked else None},
        }
        for number, ms in enumerate(medians, start=1)
    ]


def heights(text):
    """How high above the lower edge each point is drawn."""
    return [HEIGHT - float(cy) for cy in re.findall(r'cy="([\d.]+)"', text)]


def test_noise_does_not_look_like_change():
    """Ten rounds that differ by a few per cent are drawn nearly level, as the axis begins at 0, each with its interval."""
    text = trends(rows(100, 103, 98, 101, 99, 102, 97, 100, 101, 100))
    assert max(heights(text)) - min(heights(text)) < 3
    assert text.count("<path ") == text.count("<circle ") == 10
    assert "least 97 ms (round-07), most 103 ms (round-02); measured in 10 of 10 rounds" in text
    assert "whether that is a change, <code>compare</code> says" in text


def test_a_round_that_measured_nothing_breaks_the_line():
    """No line leads across it, and it is counted."""
    text = trends(rows(10, 20, None, 10, 20))
    assert [len(line.split()) for line in re.findall(r'points="([^"]+)"', text)] == [2, 2]
    assert "measured in 4 of 5 rounds" in text
    assert trends(rows(10, None)) == ""


def test_what_was_measured_by_another_request_is_not_joined():
    """The health route after the protected one is another figure in all but its name."""
    text = trends(rows(10, 11, 2, 2, asked=("GET /me", "GET /me", "GET /health", "GET /health")))
    assert [len(line.split()) for line in re.findall(r'points="([^"]+)"', text)] == [2, 2]
    assert "by different requests (GET /me, GET /health), which are not joined" in text
