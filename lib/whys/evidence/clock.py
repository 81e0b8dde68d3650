"""The server's clock against ours, from the Date headers of its answers, with bounds."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

from lib.facts import Observation
from lib.whys.evidence.observations import ObservationLog

NEAR_S = 1.5
"""Within so much of ours a clock agrees: a Date header counts whole seconds."""


def offset_bounds(log: ObservationLog) -> tuple[float, float, tuple[str, ...]] | None:
    """By how many seconds the server's clock is ahead of ours, at least and at most, and the observations that bound it."""
    low, high, by = float("-inf"), float("inf"), []
    for seen in log.all:
        try:
            said = parsedate_to_datetime(seen.headers["date"])
        except (KeyError, ValueError, TypeError):
            continue
        if seen.at is None or said.tzinfo is None:
            continue
        ended = seen.at + timedelta(milliseconds=seen.elapsed_ms or 0)
        low = max(low, (said - ended).total_seconds())
        high = min(high, (said - seen.at).total_seconds() + 1)
        by.append(seen.id)
    return (low, high, tuple(by)) if by and low <= high else None


def skew_s(log: ObservationLog) -> tuple[float, float]:
    """By how many seconds the server's clock is ahead of ours, give or take; 0, 0 where its Date headers allow for none."""
    bounds = offset_bounds(log)
    if bounds is None or bounds[0] <= 0 <= bounds[1]:
        return 0.0, 0.0
    return round((bounds[0] + bounds[1]) / 2, 3), round((bounds[1] - bounds[0]) / 2, 3)


def observation(log: ObservationLog) -> Observation | None:
    """The clock difference as an offline observation, None where no answer carries a Date."""
    bounds = offset_bounds(log)
    if bounds is None:
        return None
    low, high, by = bounds
    agree = low > -NEAR_S and high < NEAR_S + 1
    words = f"the server's Date header is between {low:.1f} s and {high:.1f} s ahead of our clock ({', '.join(by)})"
    number = 1 + sum(seen.kind == "offline" for seen in log.all)
    return Observation(
        id=f"o{number}",
        kind="offline",
        factors={"clock": "server against client"},
        body_excerpt=words,
        finding={"low_s": low, "high_s": high, "agree": agree},
        at=log.all[-1].at,
    )
