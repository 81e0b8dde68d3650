"""Which of like entries belongs to which of like exchanges: one to one within a log, each with a confidence, or to none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median
from typing import Any

_DELAYS = ("delta_us", "end_delta_us")
_JITTER_US = 1_000
_SURE_ENOUGH = 0.6
"""Below this another pair is nearly as likely, and none is better than a wrong one; above a half, so that pairs are one to
one."""
_MOST_PASSES = 50
_LATE = 0.6
"""What a pair is worth at the most whose entry ends when the client had its answer already: it may be another's."""
_LEFT_OVER = 0.75
"""What a pair is worth at the most after others were paired, each of them with a doubt of its own."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that belongs to an exchange; `confidence` is 1 for a trace id."""

    exchange: str
    log_name: str
    insert_id: str
    layer: str
    confidence: float


def one_to_one(near: Sequence[Row]) -> list[Match]:
    """The pairs whose delays are most like those of the uncontested ones.

    No entry and no exchange comes twice within a log: of two that contend for one, at most one is clearly nearer. What is
    paired contends for nothing else. Where as many entries as exchanges are left that contend for each other alone, they
    belong together, and the order in which they come says which to which.
    """
    by_log: dict[str, list[Row]] = defaultdict(list)
    for row in near:
        by_log[row["log_name"]].append(row)
    return [match for rows in by_log.values() for match in _matches(rows)]


def _matches(rows: Sequence[Row]) -> Iterator[Match]:
    uncontested = [row for row in rows if row["rivals"] == 1 and row["claimants"] == 1] or rows
    usual = tuple(median(row[name] for row in uncontested) for name in _DELAYS)
    far = {
        id(row): sum(abs(row[name] - middle) for name, middle in zip(_DELAYS, usual, strict=True)) + _JITTER_US for row in rows
    }
    worth: dict[int, float] = {}
    for number in range(_MOST_PASSES):
        worth = _worth(rows, far, at_most=_LEFT_OVER if number else 1.0)
        sure = [row for row in rows if worth[id(row)] >= _SURE_ENOUGH]
        if not sure:
            break
        yield from (_match(row, worth[id(row)]) for row in sure)
        rows = _without(rows, sure)
    for group in _groups(rows):
        if len({row["exchange_id"] for row in group}) == len({row["insert_id"] for row in group}):
            yield from _in_order(group, worth)


def _worth(rows: Sequence[Row], far: Mapping[int, float], *, at_most: float) -> dict[int, float]:
    """How much nearer to the usual delays each pair is than the next one that wants the same exchange or entry."""
    nearest: dict[tuple[str, str], tuple[float, float]] = defaultdict(lambda: (inf, inf))
    for row in rows:
        own = far[id(row)]
        for end in _ends(row):
            first, second = nearest[end]
            nearest[end] = (own, first) if own < first else (first, min(own, second))
    found = {}
    for row in rows:
        own = far[id(row)]
        next_best = min(second if own == first else first for first, second in (nearest[end] for end in _ends(row)))
        most = min(at_most, _LATE if row["is_late"] else 0.95 if next_best == inf else 0.9)
        found[id(row)] = most if next_best == inf else min(most, next_best / (own + next_best))
    return found


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows by what they contend for, directly or through others."""
    leads: dict[tuple[str, str], tuple[str, str]] = {}

    def head(end: tuple[str, str]) -> tuple[str, str]:
        while (above := leads.setdefault(end, end)) != end:
            leads[end] = end = leads[above]
        return end

    for row in rows:
        exchange, entry = _ends(row)
        leads[head(exchange)] = head(entry)
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[head(_ends(row)[0])].append(row)
    return list(groups.values())


def _in_order(group: Sequence[Row], worth: Mapping[int, float]) -> Iterator[Match]:
    """The earliest exchange with the earliest entry, and so on; nothing where one of these pairs cannot be."""
    entries = sorted({(row["entry_us"], row["insert_id"]) for row in group})
    exchanges = sorted({(row["entry_us"] - row["delta_us"], row["exchange_id"]) for row in group})
    possible = {(row["exchange_id"], row["insert_id"]): row for row in group}
    chosen = [possible.get((exchange, entry)) for (_, exchange), (_, entry) in zip(exchanges, entries, strict=True)]
    if all(chosen):
        yield from (_match(row, worth[id(row)]) for row in chosen if row)


def _without(rows: Sequence[Row], paired: Sequence[Row]) -> list[Row]:
    taken = {end for row in paired for end in _ends(row)}
    return [row for row in rows if taken.isdisjoint(_ends(row))]


def _ends(row: Row) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("exchange", row["exchange_id"]), ("entry", row["insert_id"])


def _match(row: Row, confidence: float) -> Match:
    return Match(row["exchange_id"], row["log_name"], row["insert_id"], row["layer"], confidence)
