"""bench/table.py: a ratio is held to its goal, and both sides take turns."""

from __future__ import annotations

import pytest

from bench.table import Row, compared, markdown, missed


@pytest.mark.parametrize(
    ("ratio", "goal", "reached"),
    [
        (0.9, "≤ 1", True),
        (1.1, "≤ 1", False),
        (3, "≥ 2.5", True),
        (0.7, "1 ± 0.25", False),
        (1.2, "1 ± 0.25", True),
        (9, "", None),
    ],
)
def test_a_goal_is_reached_or_missed(ratio, goal, reached):
    """At most, at least, about one; without a goal neither."""
    row = Row(what="w", ours="1 ms", peer="2 ms", ratio=ratio, goal=goal, n=5)
    assert row.reached is reached
    assert missed([row]) == ([row] if reached is False else [])


def test_both_sides_take_turns():
    """Five pairs, each side first in turn, so that a machine that slows down slows both."""
    order = []
    row = compared(
        "w", lambda: order.append("a") or 1.0, lambda: order.append("b") or 2.0, unit="ms", goal="≤ 0.6", peer_name="p"
    )
    assert "".join(order) == "abbaabbaab"
    assert (row.ratio, row.n) == (0.5, 5)
    assert "| 0.50 | ≤ 0.6 | yes | 5 |" in markdown([row])
