"""What happened: one cause in one window is one incident, however many entries, instances and requests tell of it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from lib.facts import LogEntry, rfc3339
from lib.logs.correlation.requests import path_of
from lib.logs.incidents.events import RANK, Event, events_of

NEAR = timedelta(seconds=10)
"""How far apart two entries of one place may be that tell of the same thing in other words."""
AFTER = timedelta(seconds=5)
"""How long after its cause a consequence (an aborted request, the end of the container) may come."""
BEFORE = timedelta(seconds=2)
TOGETHER = timedelta(seconds=1)
"""Requests of one instance that end within this time end for one reason."""
MOST_IDS = 20
_MIN_WORDS = 12
_MAX_SIGNATURES = 1_000

_CONSEQUENCE = re.compile(
    r"^(?:Application startup failed|Container called exit\(|Container (?:terminated|failed to (?:start|become healthy))|Reason: "
    r"|The user-provided container failed|The request failed because|The request was aborted"
    r"|The request has been terminated|The instance could not start|Default STARTUP TCP probe failed|STARTUP .* probe failed)"
    r"|Worker failed to boot|Worker \(pid:|Shutting down: Master|HaltServer|Exception in worker process",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"non-critical|not critical|deprecat|optional|install \S+ to enable|\bnot available - install", re.IGNORECASE
)
_TROUBLE = re.compile(
    r"refus|reject|denied|deny|fail|error|time(?:d)?[ -]?out|exception|forbidden|unauthori|invalid|expired|crash|"
    r"exceed|unavailable"
    r"|unreachable|not found|mismatch|missing|abort|lost|limit|disconnect|closed|(?:http|status)[ =:/]{1,2}[45]\d\d",
    re.IGNORECASE,
)
_SCANNED = re.compile(
    r"(?:\.php|\.env|\.git|wp-|/cgi-bin|favicon\.ico|robots\.txt|phpmyadmin|/actuator|\.aspx?)(?:$|/|\?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause. `occurrences` is how often it struck, `entries` how many entries tell of it; `noise`: it is of no
    consequence."""

    title: str
    severity: str
    occurrences: int
    entries: int
    first_at: datetime
    last_at: datetime
    insert_ids: tuple[str, ...]
    noise: bool

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "title": self.title, "severity": self.severity, "occurrences": self.occurrences, "entries": self.entries,
            "first_at": rfc3339(self.first_at), "last_at": rfc3339(self.last_at), "insert_ids": list(self.insert_ids),
            "noise": self.noise,
        }  # fmt: skip


def find_incidents(entries: Sequence[LogEntry], *, traces_of_interest: frozenset[str] = frozenset()) -> tuple[Incident, ...]:
    """The incidents of a reading (entries in time order), the most important first; those of our own exchanges are no noise."""
    events = events_of(entries)
    groups: dict[str, list[Event]] = defaultdict(list)
    for event, root in zip(events, _roots(events), strict=True):
        groups[root].append(event)
    found = [_incident(root, group, traces_of_interest) for root, group in groups.items()]
    return tuple(sorted(found, key=lambda one: (one.noise, -RANK[one.severity], -one.entries, one.first_at, one.title)))


def is_consequence(event: Event) -> bool:
    """Whether an event only says that something else went wrong: it names no cause of its own."""
    status = (event.head.request or {}).get("status") or 0
    if event.head.request and event.exception is None:
        return bool(status >= 500)
    return bool(_CONSEQUENCE.search(event.words))


def _roots(events: Sequence[Event]) -> list[str]:
    """For each event the signature of the cause that it belongs to."""
    causes = [event for event in events if not is_consequence(event)]
    inner = _inner_words(causes)
    own = {id(event): _told_in_other_words(event, inner) for event in causes}
    by_trace = _by_trace(events, own)
    roots = []
    for event in events:
        root = by_trace.get(event.trace_id or "") or own.get(id(event))
        roots.append(root)
    return _with_consequences(events, roots)


class _Seen:
    """When and where each signature was told."""

    def __init__(self, events: Iterable[Event]):
        self.times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for event in events:
            self.times[event.signature, event.place].append(event.at)
        for times in self.times.values():
            times.sort()

    def near(self, signature: str, event: Event) -> bool:
        times = self.times.get((signature, event.place), ())
        place = bisect_left(times, event.at - NEAR)
        return place < len(times) and times[place] <= event.at + NEAR


def _inner_words(causes: Sequence[Event]) -> tuple[dict[str, list[str]], _Seen]:
    """For each text the signatures that it repeats inside, the shortest first; only frequent signatures where there are too
    many."""
    frequent = [name for name, _ in Counter(event.signature for event in causes).most_common(_MAX_SIGNATURES)]
    candidates = sorted((name for name in frequent if len(name) >= _MIN_WORDS), key=lambda name: (len(name), name))
    found: dict[str, list[str]] = {}
    for event in causes:
        text = _searched(event)
        if text not in found:
            found[text] = [name for name in candidates if name != event.signature and name in text]
    return found, _Seen(causes)


def _searched(event: Event) -> str:
    # A traceback repeats the outer words too; its innermost words are the cause unless they themselves quote another.
    return event.signature if event.exception else event.flat


def _told_in_other_words(event: Event, inner: tuple[dict[str, list[str]], _Seen]) -> str:
    repeated, seen = inner
    return next((name for name in repeated[_searched(event)] if seen.near(name, event)), event.signature)


def _by_trace(events: Sequence[Event], own: Mapping[int, str]) -> dict[str, str]:
    """The cause of each trace: its exception, else its gravest and first application event."""
    chosen: dict[str, tuple[tuple[bool, bool, int], str]] = {}
    for event in events:
        root = own.get(id(event))
        if event.trace_id is None or root is None:
            continue
        weight = (event.head.request is None, event.exception is not None, RANK[event.severity])
        if event.trace_id not in chosen or weight > chosen[event.trace_id][0]:
            chosen[event.trace_id] = (weight, root)
    return {trace_id: root for trace_id, (_, root) in chosen.items()}


def _with_consequences(events: Sequence[Event], roots: Sequence[str | None]) -> list[str]:
    """Consequences take the root of the last grave event of their place; those without one stand for themselves."""
    grave: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for event, root in zip(events, roots, strict=True):
        if root is not None and RANK[event.severity] >= RANK["ERROR"]:
            grave[event.place].append((event.at, root))
    for times in grave.values():
        times.sort()
    return [root or _cause_of(event, grave[event.place]) or _alone(event) for event, root in zip(events, roots, strict=True)]


def _cause_of(event: Event, grave: Sequence[tuple[datetime, str]]) -> str | None:
    until = bisect_right(grave, event.at + BEFORE, key=lambda told: told[0])
    at_most = [root for at, root in grave[max(0, until - 50) : until] if at >= event.at - AFTER]
    # The event before the consequence, else the one just behind it: stamps of two logs are not that exact.
    before = [root for at, root in grave[max(0, until - 50) : until] if event.at - AFTER <= at <= event.at]
    return before[-1] if before else at_most[0] if at_most else None


def _alone(event: Event) -> str:
    request = event.head.request
    if request is None:
        return event.signature
    return f"{request.get('method', '')} {path_of(request.get('url')) or ''} HTTP {request.get('status', '')}".strip()


def _incident(root: str, events: Sequence[Event], traces_of_interest: frozenset[str]) -> Incident:
    inside = [event for event in events if event.signature == root] or list(events)
    teller = max(inside, key=lambda event: (event.exception is not None, RANK[event.severity]))
    grave = max((event.severity for event in events), key=RANK.__getitem__)
    alone = teller.head.request is not None and root == _alone(teller)
    words = root if alone else teller.words
    return Incident(
        title=f"{teller.exception}: {words}" if teller.exception and teller.exception != words else words,
        severity=grave,
        occurrences=_occurrences(events),
        entries=sum(len(event.entries) for event in events),
        first_at=min(event.at for event in events),
        last_at=max(event.at for event in events),
        insert_ids=_examples(events),
        noise=_is_noise(words, grave, events, traces_of_interest),
    )


def _occurrences(events: Sequence[Event]) -> int:
    """How often it struck: each occurrence leaves the same set of lines, so most lines are there as often as it struck."""
    told = [event for event in events if not is_consequence(event)]
    if any(event.head.request is None for event in told):
        told = [event for event in told if event.head.request is None]
    if told:
        counts = Counter(
            Counter((event.signature, event.exception, event.head.log_name, event.flat[:80]) for event in told).values()
        )
        return max(counts, key=lambda count: (counts[count], count))
    return sum(_bursts([event.at for event in events if event.place == place]) for place in {event.place for event in events})


def _bursts(times: Sequence[datetime]) -> int:
    ordered = sorted(times)
    return 1 + sum(later - earlier > TOGETHER for earlier, later in pairwise(ordered))


def _examples(events: Sequence[Event]) -> tuple[str, ...]:
    """Insert ids, one of each kind first, so that every way in which the cause is told has an example."""
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for event in events:
        kinds[event.signature, event.head.log_name] += [entry.insert_id for entry in event.entries]
    turns = max(len(ids) for ids in kinds.values())
    ordered = (ids[turn] for turn in range(min(turns, MOST_IDS)) for ids in kinds.values() if turn < len(ids))
    return tuple(dict.fromkeys(ordered))[:MOST_IDS]


def _is_noise(words: str, grave: str, events: Sequence[Event], traces_of_interest: frozenset[str]) -> bool:
    if any(event.trace_id in traces_of_interest for event in events if event.trace_id):
        return False
    if all(event.head.request and _SCANNED.search(path_of(event.head.request.get("url")) or "") for event in events):
        return RANK[grave] < RANK["ERROR"]
    return RANK[grave] < RANK["ERROR"] and (bool(_HARMLESS.search(words)) or not _TROUBLE.search(words))
