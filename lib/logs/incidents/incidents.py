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
from lib.logs.incidents.events import Event, events_of, is_end
from lib.logs.incidents.templates import request_words, template
from lib.logs.sources.failure_words import severity_in_words
from lib.logs.sources.severities import RANK

NEAR = timedelta(seconds=10)
"""How far apart two entries of one place may be that tell of the same thing in other words."""
AFTER = timedelta(seconds=5)
"""How long after its cause a consequence (an aborted request, the end of the container) may come."""
BEFORE = timedelta(seconds=2)
AT_ONCE = timedelta(seconds=2)
"""How far from a request that failed the only thing that broke then may be told, by whatever instance."""
TOGETHER = timedelta(seconds=1)
"""Requests of one instance that end within this time end for one reason."""
MOST_IDS = 20
MOST_LINES = 3
LINE_CHARACTERS = 2_000
GAP = timedelta(minutes=30)
"""So long a silence ends an incident: what strikes again behind it is told as another window of the same cause."""
_MIN_WORDS = 12
_MAX_SIGNATURES = 1_000

_CONSEQUENCE = re.compile(
    r"^(?:Application startup failed|Container called exit\(|Container (?:terminated|failed to (?:start"
    r"|become healthy))|Reason: "
    r"|The user-provided container failed|The request failed because|The request was aborted"
    r"|The request has been terminated|The instance could not start|Default STARTUP TCP probe failed|STARTUP .* probe failed)"
    r"|Worker failed to boot|Worker \(pid:|Shutting down: Master|HaltServer|Exception in worker process"
    r"|Failed to upgrade to WebSocket|: Failed with result '|Process completed with exit code"
    r"|failed to make connection to backend|disabling worker for|Error reading from remote server returned by",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"Back-off restarting|(?:Startup|Liveness|Readiness) probe (?:failed|errored)")
_SAYS_NO_MORE = re.compile(
    r"(?:\[?(?:request|http|response|req|res|incoming|handled|outgoing|access)\b.{0,40}"
    r"|[A-Z]{3,9} \S*+|WebSocket \S*+|/\S*+)(?:\W*\b(?:errored|failed|error|aborted|completed|HTTP|status|[45]\d\d)\b.{0,40})?$",
    re.IGNORECASE,
)
"""Words of a request's own entry, of which no cause is known by them."""
_HARMLESS = re.compile(
    r"non-critical|not critical|deprecat|optional|install \S+ to enable|\bnot available - install", re.IGNORECASE
)
_TROUBLE = re.compile(
    r"refus|reject|denied|deny|fail|error|time(?:d)?[ -]?out|exception|forbidden|unauthori|invalid|expired|crash|"
    r"exceed|reached|unavailable|insufficient|0/\d+ nodes|could ?n.t|could not|cannot|unable|evict"
    r"|unreachable|not found|mismatch|missing|abort|lost|limit|disconnect|closed|(?:http|status)[ =:/]{1,2}[45]\d\d",
    re.IGNORECASE,
)
_SOCKET = re.compile(
    r"(?:^|/)(?:ws|wss|websockets?|socket\.io|socket|cable|hub|graphql-ws|live/websocket|sockjs-node)(?:/|$)", re.IGNORECASE
)
_TURNED_AWAY = re.compile(
    r"websocket|handshake|socket connection|connection (?:request )?(?:rejected|refused)|REFUSED CONNECTION|WSREJECT|upgrade",
    re.IGNORECASE,
)
"""What a server says of a socket that it does not let in."""
_SCANNED = re.compile(
    r"(?:\.php|\.env|\.git|wp-|/cgi-bin|favicon\.ico|robots\.txt|phpmyadmin|/actuator|\.aspx?)(?:$|/|\?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause in one window. `occurrences` is how often it struck, `entries` how many entries tell of it; `noise`: it is of no
    consequence.

    `lines` are a few of its messages as they were written (redacted), `where` the first frame of own code, `requests` how many
    requests failed with it and `websockets` how many of them were handshakes.
    """

    title: str
    severity: str
    occurrences: int
    entries: int
    first_at: datetime
    last_at: datetime
    insert_ids: tuple[str, ...]
    noise: bool
    lines: tuple[str, ...] = ()
    where: str | None = None
    revisions: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    log_names: tuple[str, ...] = ()
    requests: int = 0
    websockets: int = 0
    statuses: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "title": self.title, "severity": self.severity, "occurrences": self.occurrences, "entries": self.entries,
            "first_at": rfc3339(self.first_at), "last_at": rfc3339(self.last_at), "insert_ids": list(self.insert_ids),
            "noise": self.noise, "lines": list(self.lines), "where": self.where, "revisions": list(self.revisions),
            "instances": len(self.instances), "hit": {"requests": self.requests, "websockets": self.websockets},
        }  # fmt: skip


def find_incidents(entries: Sequence[LogEntry], *, traces_of_interest: frozenset[str] = frozenset()) -> tuple[Incident, ...]:
    """The incidents of a reading (entries in time order), the most important first; those of our own exchanges are no noise."""
    events = [event for event in events_of(entries) if not event.is_empty]
    groups: dict[str, list[Event]] = defaultdict(list)
    for event, root in zip(events, _roots(events), strict=True):
        groups[root].append(event)
    found = [_incident(root, window, traces_of_interest) for root, group in groups.items() for window in _windows(group)]
    return tuple(sorted(found, key=lambda one: (one.noise, -RANK[one.severity], -one.entries, one.first_at, one.title)))


def _windows(events: Sequence[Event]) -> list[list[Event]]:
    """The events of one cause, apart where a long silence lies between them that is no rhythm of theirs."""
    if len(events) == 1:
        return [list(events)]
    ordered = sorted(events, key=lambda event: event.at)
    pauses = sorted(later.at - earlier.at for earlier, later in pairwise(ordered))
    usual = pauses[len(pauses) // 2] if pauses else timedelta()
    windows: list[list[Event]] = []
    for event in ordered:
        if windows and event.at - windows[-1][-1].at <= max(GAP, usual * 3):
            windows[-1].append(event)
        else:
            windows.append([event])
    return windows


def _says_why(event: Event) -> bool:
    """Whether an entry that carries a request tells of more than that it failed."""
    return bool(event.head.payload) and not _SAYS_NO_MORE.match(event.words) and severity_in_words(event.words) is not None


def is_consequence(event: Event) -> bool:
    """Whether an event only says that something else went wrong: it names no cause of its own."""
    status = (event.head.request or {}).get("status") or 0
    if event.head.request and event.exception is None and not _says_why(event):
        return bool(status >= 500 or (status >= 400 and _is_websocket(event.head) and '"WebSocket ' not in event.text))
    return bool(_CONSEQUENCE.search(event.words) or is_end(event.head))


def _roots(events: Sequence[Event]) -> list[str]:
    """For each event the signature of the cause that it belongs to."""
    causes = [event for event in events if not is_consequence(event)]
    inner = _inner_words(causes)
    own = {id(event): _told_in_other_words(event, inner) for event in causes}
    by_trace = _by_trace(events, own)
    return _with_consequences(events, [by_trace.get(event.trace_id or "") or own.get(id(event)) for event in events])


class _Seen:
    """When and where each signature was told."""

    def __init__(self, events: Iterable[Event]):
        self.times: dict[tuple[str, str | None], list[datetime]] = defaultdict(list)
        for event in events:
            self.times[event.signature, event.place].append(event.at)
            self.times[event.signature, None].append(event.at)
        for times in self.times.values():
            times.sort()

    def near(self, signature: str, event: Event) -> bool:
        """Whether it was told by the same place about then, or by another, as a client repeats its server's words, at once."""
        return any(
            (first := bisect_left(times, event.at - span)) < len(times) and times[first] <= event.at + span
            for place, span in ((event.place, NEAR), (None, AT_ONCE))
            if (times := self.times.get((signature, place), []))
        )


def _inner_words(causes: Sequence[Event]) -> tuple[dict[str, list[str]], _Seen]:
    """For each text the signatures that it repeats inside, the shortest first; only frequent signatures where there are too
    many."""
    frequent = [name for name, _ in Counter(event.signature for event in causes).most_common(_MAX_SIGNATURES)]
    begins: dict[str, list[str]] = defaultdict(list)
    for name in frequent:
        if len(name) >= _MIN_WORDS:
            begins[name[:_MIN_WORDS]].append(name)
    found: dict[str, list[str]] = {}
    for event in causes:
        text = _searched(event)
        if text not in found:
            found[text] = sorted(_repeated(text, begins, event.signature), key=lambda name: (len(name), name))
    return found, _Seen(causes)


def _repeated(text: str, begins: Mapping[str, Sequence[str]], own: str) -> set[str]:
    """The signatures that stand in a text, looked up by how they begin: a look at each of a thousand would take a
    thousand times longer."""
    places = [place for place in range(len(text) - _MIN_WORDS + 1) if text[place : place + _MIN_WORDS] in begins]
    return {
        name
        for place in places
        for name in begins[text[place : place + _MIN_WORDS]]
        if name != own and text.startswith(name, place)
    }


def _searched(event: Event) -> str:
    # A traceback repeats the outer words too; its innermost words are the cause unless they themselves quote another.
    return event.signature if event.exception else event.flat


def _told_in_other_words(event: Event, inner: tuple[dict[str, list[str]], _Seen]) -> str:
    repeated, seen = inner
    others = (name for name in repeated[_searched(event)] if event.signature not in name)  # else each of two would be the other
    return next((name for name in others if seen.near(name, event)), event.signature)


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
    grave: dict[str, list[_Told]] = defaultdict(list)
    order = {id(event): number for number, event in enumerate(events)}
    for event, root in zip(events, roots, strict=True):
        if root is not None and RANK[event.severity] >= RANK["ERROR"]:
            grave[event.place].append((event.at, order[id(event)], root))
    for times in grave.values():
        times.sort()
    anywhere = sorted(told for times in grave.values() for told in times)
    refused = sorted((event.at, order[id(event)], root) for event, root in zip(events, roots, strict=True)
                     if root is not None and _TURNED_AWAY.search(event.words))  # fmt: skip
    lasting = {event.place: root for event, root in zip(events, roots, strict=True)
               if root is not None and event.head.layer == "platform" and RANK[event.severity] >= RANK["ERROR"]}  # fmt: skip
    found, last_end = [], None
    for event, root in zip(events, roots, strict=True):
        is_turned_away = event.head.request is not None and int(event.head.request.get("status") or 0) < 500
        cause = root or (None if is_turned_away else _cause_of(event, order[id(event)], grave[event.place]))
        near = () if cause or not event.head.request else _within(refused if is_turned_away else anywhere, event, AT_ONCE)
        if len({name for *_, name in near}) == 1:
            cause = near[0][-1]
        if cause is None and event.head.layer == "platform" and _AGAIN.search(event.words):
            cause = lasting.setdefault(event.place, _alone(event))  # a container that fails its probes and ends, again and again
        if is_end(event.head):
            last_end = cause
        elif cause is None and "crashed" in str((event.head.request or {}).get("reason")):
            cause = last_end  # what a router refuses until the next start
        found.append(cause or _alone(event))
    return found


_Told = tuple[datetime, int, str]
"""When, as which of all events, and the signature."""


def _within(grave: Sequence[_Told], event: Event, span: timedelta) -> Sequence[_Told]:
    first = bisect_left(grave, event.at - span, key=lambda told: told[0])
    return grave[first : bisect_right(grave, event.at + span, key=lambda told: told[0])][:50]


def _cause_of(event: Event, number: int, grave: Sequence[_Told]) -> str | None:
    until = bisect_right(grave, event.at + BEFORE, key=lambda told: told[0])
    near = [told for told in grave[max(0, until - 50) : until] if told[0] >= event.at - AFTER]
    # The event before the consequence, else the one just behind it: stamps of two logs are not that exact.
    before = [told for told in near if told[0] < event.at or (told[0] == event.at and told[1] < number)]
    return before[-1][-1] if before else near[0][-1] if near else None


def _alone(event: Event) -> str:
    request = event.head.request
    if request is None:
        return event.signature
    return template(request_words(event.head))


def _incident(root: str, events: Sequence[Event], traces_of_interest: frozenset[str]) -> Incident:
    inside = [event for event in events if event.signature == root] or list(events)
    entries = [entry for event in events for entry in event.entries]
    teller = max(inside, key=lambda event: (event.exception is not None, RANK[event.severity]))
    grave = max((event.severity for event in events), key=RANK.__getitem__)
    alone = teller.head.request is not None and root == _alone(teller)
    words = request_words(teller.head) if alone else teller.words
    return Incident(
        title=f"{teller.exception}: {words}" if teller.exception and teller.exception != words else words,
        severity=grave,
        occurrences=_occurrences(events),
        entries=len(entries),
        first_at=min(event.at for event in events),
        last_at=max(event.at for event in events),
        insert_ids=_examples(events),
        noise=_is_noise(words, grave, events, traces_of_interest),
        lines=_lines(teller, events),
        where=teller.frame or next((event.frame for event in inside if event.frame), None),
        revisions=_named(entry.revision for entry in entries),
        instances=_named(entry.instance for entry in entries),
        services=_named(entry.service for entry in entries),
        log_names=_named(entry.log_name for entry in entries),
        **_hit(entries),
    )


def _named(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted(str(value) for value in set(values) if value))


def _lines(teller: Event, events: Sequence[Event]) -> tuple[str, ...]:
    """The teller's own message first, then the other ways in which the cause is told, each once."""
    if len(events) == 1:
        return ((teller.text or teller.words)[:LINE_CHARACTERS],)
    told = {event.wording: event for event in reversed(events)}
    told.pop(teller.wording, None)
    others = sorted(told.values(), key=lambda event: (bool(event.head.request), event.at))
    return tuple((event.text or event.words)[:LINE_CHARACTERS] for event in (teller, *others))[:MOST_LINES]


def _hit(entries: Sequence[LogEntry]) -> dict[str, Any]:
    """The requests that failed: how many, how many of them were WebSocket handshakes, with which statuses.

    A request of which several logs tell, such as the edge's and the application's, is one.
    """
    told: dict[tuple[Any, ...], Counter[tuple[str, str]]] = defaultdict(Counter)
    for entry in entries:
        if entry.request and int(entry.request.get("status") or 0) >= 400:
            same = (int(entry.request["status"]), path_of(entry.request.get("url")), _is_websocket(entry))
            told[same][entry.layer, str((entry.payload or {}).get("logger") or "")] += 1
    counts = {same: max(tellers.values()) for same, tellers in told.items()}
    return {
        "requests": sum(counts.values()),
        "websockets": sum(count for (_, _, is_websocket), count in counts.items() if is_websocket),
        "statuses": tuple(sorted({status for status, _, _ in counts})),
    }


def _is_websocket(entry: LogEntry) -> bool:
    url = str((entry.request or {}).get("url") or "")
    return '"WebSocket ' in entry.text or url.startswith(("ws://", "wss://")) or bool(_SOCKET.search(path_of(url) or ""))


def _occurrences(events: Sequence[Event]) -> int:
    """How often it struck: each occurrence leaves the same set of lines, so most lines are there as often as it struck."""
    if len(events) == 1:
        return 1
    told = [event for event in events if not is_consequence(event)]
    if any(event.head.request is None for event in told):
        told = [event for event in told if event.head.request is None]
    if told:
        counts = Counter(
            Counter((event.signature, event.exception, event.head.log_name, event.flat[:80]) for event in told).values()
        )
        usual = max(counts, key=lambda count: (counts[count], count))
        raised = [event for event in told if event.exception is not None]
        return max(
            usual, sum(_bursts([one.at for one in raised if one.place == place]) for place in {one.place for one in raised})
        )
    return sum(_bursts([event.at for event in events if event.place == place]) for place in {event.place for event in events})


def _bursts(times: Sequence[datetime]) -> int:
    ordered = sorted(times)
    return 1 + sum(later - earlier > TOGETHER for earlier, later in pairwise(ordered))


def _examples(events: Sequence[Event]) -> tuple[str, ...]:
    """Insert ids, one of each kind first, so that every way in which the cause is told has an example."""
    if len(events) == 1:
        return tuple(dict.fromkeys(entry.insert_id for entry in events[0].entries))[:MOST_IDS]
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for event in events:
        kinds[event.signature, event.head.log_name] += [entry.insert_id for entry in event.entries]
    turns = max(len(ids) for ids in kinds.values())
    ordered = (ids[turn] for turn in range(min(turns, MOST_IDS)) for ids in kinds.values() if turn < len(ids))
    return tuple(dict.fromkeys(ordered))[:MOST_IDS]


def _is_noise(words: str, grave: str, events: Sequence[Event], traces_of_interest: frozenset[str]) -> bool:
    if RANK[grave] >= RANK["ERROR"]:
        return False
    if any(event.trace_id in traces_of_interest for event in events if event.trace_id):
        return False
    if all(event.head.request and _SCANNED.search(path_of(event.head.request.get("url")) or "") for event in events):
        return True
    if any(is_end(event.head) for event in events):
        return False
    return bool(_HARMLESS.search(words)) or not _TROUBLE.search(words)
