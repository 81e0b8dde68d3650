"""The servers' clock minus ours, with bounds: a request reached the server after we sent it and was over before we had the
answer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lib.logs.correlation.requests import Key, Span

MAX_SKEW_US = 300_000_000
SLACK_US = 2_000
"""Stamps are rounded, and a server may stamp a little before or after the moment that it means."""
APART_US = 500_000
"""Peaks nearer to each other than this are one."""
_MAX_VOTES = 2_000
_DISSENTERS = 10
"""One exchange in so many may contradict the bounds: on a busy machine some stamps are later than what they are stamps of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """How far the servers' clock is ahead of ours, in milliseconds; `n` exchanges agree on one that lies between the bounds.

    `rival_n` is how many agree on the next best, separate difference: close to `n`, the estimate is one of several.
    """

    estimate_ms: float
    low_ms: float
    high_ms: float
    n: int
    rival_n: int = 0

    @property
    def is_ambiguous(self) -> bool:
        """Whether another clock difference explains nearly as many exchanges."""
        return self.rival_n * 5 > self.n * 4

    def as_json(self) -> dict[str, float]:
        """The contract's `skew_ms`."""
        return {"estimate": round(self.estimate_ms, 3), "low": round(self.low_ms, 3), "high": round(self.high_ms, 3), "n": self.n}


@dataclass(frozen=True, slots=True)
class _Vote:
    voter: int
    low: int
    high: int
    weight: float


def from_pairs(pairs: Iterable[tuple[Span, Sequence[Span]]]) -> Skew | None:
    """From exchanges and the request entries that are certainly theirs; None without any."""
    votes = []
    for number, (exchange, entries) in enumerate(pairs):
        bounds = [_bounds(exchange, entry) for entry in entries]
        votes.append(_Vote(number, max(low for low, _ in bounds), min(high for _, high in bounds), 1.0))
    # A client that gave up before the server was done bounds nothing: its two edges contradict each other.
    return _decided([vote for vote in votes if vote.low <= vote.high])


def from_windows(exchanges: Sequence[tuple[Key, Span]], entries: Sequence[tuple[Key, Span]]) -> Skew | None:
    """From requests that look alike: each exchange votes for every difference at which some entry could be its own.

    An exchange that resembles many entries has a small voice at each; None when nothing resembles anything.
    """
    by_key: dict[Key, list[Span]] = defaultdict(list)
    for key, span in entries:
        by_key[key].append(span)
    starts = {key: sorted(by_key[key], key=lambda span: span.start_us) for key in by_key}
    votes: list[_Vote] = []
    for number, (key, exchange) in enumerate(exchanges):
        candidates = starts.get(key, [])
        first = bisect_left(candidates, exchange.start_us - MAX_SKEW_US, key=lambda span: span.start_us)
        last = bisect_right(candidates, exchange.start_us + MAX_SKEW_US, key=lambda span: span.start_us)
        chosen = [bounds for entry in candidates[first:last] if (bounds := _bounds(exchange, entry))[0] <= bounds[1]]
        step = max(1, len(chosen) // _MAX_VOTES)
        votes += [_Vote(number, low, high, 1.0 / len(chosen[::step])) for low, high in chosen[::step]]
    return _decided(votes)


def _bounds(exchange: Span, entry: Span) -> tuple[int, int]:
    over_us = entry.start_us if entry.is_open else entry.end_us
    return over_us - exchange.end_us - SLACK_US, entry.start_us - exchange.start_us + SLACK_US


def _decided(votes: Sequence[_Vote]) -> Skew | None:
    if not votes:
        return None
    low, high, n = _agreed(votes, _peak(votes))
    # What overlaps the neighbourhood is the same difference told less exactly; a rival lies elsewhere.
    elsewhere = [vote for vote in votes if vote.high < low - APART_US or vote.low > high + APART_US]
    rival_n = _agreed(elsewhere, _peak(elsewhere))[2] if elsewhere else 0
    return Skew(estimate_ms=(low + high) / 2000, low_ms=low / 1000, high_ms=high / 1000, n=n, rival_n=rival_n)


def _agreed(votes: Sequence[_Vote], near: tuple[int, int]) -> tuple[int, int, int]:
    """The stretch around a peak that nearly all exchanges allow, each counted once, and how many allow its best part.

    Any entry that could be an exchange's widens what it allows, so the true difference stays inside the bounds.
    """
    allowed: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for vote in votes:
        if vote.high >= near[0] - APART_US and vote.low <= near[1] + APART_US:
            allowed[vote.voter].append((vote.low, vote.high))
    steps: dict[int, int] = defaultdict(int)
    for ranges in allowed.values():
        for low, high in _merged(ranges):
            steps[low] += 1
            steps[high + 1] -= 1
    levels, level = [], 0
    for at, until in pairwise(sorted(steps)):
        level += steps[at]
        levels.append((level, at, until - 1))
    most = max(level for level, _, _ in levels)
    wide = [(at, until) for level, at, until in levels if level >= most - max(most // _DISSENTERS, int(most >= _DISSENTERS // 2))]
    return min(at for at, _ in wide), max(until for _, until in wide), most


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _peak(votes: Sequence[_Vote]) -> tuple[int, int]:
    """The stretch that the most weight agrees on; of equals the one nearest to no difference at all."""
    edges = sorted([(vote.low, 0, vote.weight) for vote in votes] + [(vote.high, 1, -vote.weight) for vote in votes])
    best, level, found = 0.0, 0.0, (0, 0)
    for number, (at, closes, weight) in enumerate(edges):
        level += weight
        if closes or level < best - 1e-9:
            continue
        until = next(edge for edge, is_end, _ in edges[number + 1 :] if is_end)
        if level > best + 1e-9 or abs(at) < abs(found[0]):
            best, found = level, (at, until)
    return found
