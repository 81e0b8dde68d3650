"""What stands near the refusals and near nothing else, in words that no pattern explains: a lead to quote, and no cause."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lib.facts import Exchange, LogEntry
from lib.logs.incidents.events import Event, events_of

NEAR = timedelta(milliseconds=250)
"""How far before the beginning or behind the end of a refusal a line may be written that is about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLead:
    """Lines of one kind: their `words`, how many there are, near how many of the `refusals`, and how near the farthest stands."""

    words: str
    lines: int
    near: int
    refusals: int
    within: timedelta
    insert_ids: tuple[str, ...]

    @property
    def because(self) -> str:
        """The lead as it is quoted."""
        of = "of each refusal" if self.near == self.refusals else f"of {self.near} of {self.refusals} refusals"
        return f"{self.lines} × {self.words}, within {max(1, round(self.within.total_seconds() * 1000))} ms {of}"


def unexplained_near(
    refused: Sequence[Exchange],
    served: Iterable[Exchange],
    entries: Sequence[LogEntry],
    *,
    explained: Callable[[str], bool] = lambda _: False,
    skew: timedelta = timedelta(),
    slack: timedelta = timedelta(),
) -> tuple[LogLead, ...]:
    """The kinds of lines (WARNING and above, entries in time order) near refusals, those near the most of them first.

    What also stands near an exchange that was served, and nearer to it than to a refusal, is left out, and so is what a pattern
    explains. `skew` is the servers' clock minus ours, `slack` how far that may be wrong.
    """
    beside, all_refused = _spans(refused, skew), len(refused)
    served_spans = _spans(served, skew)
    kinds: dict[str, list[tuple[Event, set[int], timedelta]]] = defaultdict(list)
    common: set[str] = set()
    for event in events_of(entries):
        near, by_served = _near(beside, event.at, slack), _near(served_spans, event.at, slack)
        if by_served and (not near or min(by_served.values()) + 2 * slack < min(near.values())):
            common.add(event.signature)
        if near and event.head.request is None and not event.is_empty and not explained(event.text):
            kinds[event.signature].append((event, set(near), max(near.values())))
    found = [_lead(told, all_refused) for signature, told in kinds.items() if signature not in common]
    return tuple(sorted(found, key=lambda lead: (-lead.near, -lead.lines, lead.words)))


def _lead(told: Sequence[tuple[Event, set[int], timedelta]], refusals: int) -> LogLead:
    return LogLead(
        words=told[0][0].words, lines=len(told), near=len(set().union(*(near for _, near, _ in told))), refusals=refusals,
        within=max(apart for _, _, apart in told), insert_ids=tuple(event.head.insert_id for event, _, _ in told)[:20],
    )  # fmt: skip


def _spans(exchanges: Iterable[Exchange], skew: timedelta) -> list[tuple[datetime, datetime]]:
    return sorted((one.at + skew, one.at + skew + timedelta(milliseconds=one.elapsed_ms)) for one in exchanges)


def _near(spans: Sequence[tuple[datetime, datetime]], at: datetime, slack: timedelta) -> dict[int, timedelta]:
    """The exchanges near a moment, by their place, with how far it is from each."""
    last = bisect_right(spans, at + NEAR + slack, key=lambda span: span[0])
    first = max(0, bisect_left(spans, at - timedelta(seconds=60), key=lambda span: span[0]))
    found = {}
    for place in range(first, last):
        begin, end = spans[place]
        apart = begin - at if at < begin else at - end if at > end else timedelta()
        if apart <= NEAR + slack:
            found[place] = apart
    return found
