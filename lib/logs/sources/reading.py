"""What a source gave, and what it did not: entries in time order beside what was asked, how much was seen, what is missing."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from lib.facts import LogEntry, rfc3339
from lib.logs.sources.moments import moment
from lib.logs.sources.recognise import of_line, of_object
from lib.logs.sources.severities import severity_of_status

ROUND_LIMITS = frozenset({50, 100, 200, 500, 1000, 5000, 10000})
"""Numbers that a fetch stops at; a real window hardly ever holds exactly that many entries."""

Progress = Callable[[str], None]

entry_key = attrgetter("log_name", "timestamp", "insert_id")
"""What tells one entry from another, as the API itself has it."""
_BY_TIME = attrgetter("timestamp", "insert_id")

_MOMENTS = frozenset({"timestamp", "received_at"})
_NESTED = frozenset({"payload", "request"})


class SourceRefused(Exception):
    """The log source did not give what it was asked for: where, and why. Exit status 3."""

    is_sentence = True

    def __init__(self, where: str, why: str):
        super().__init__(where, why)
        self.where, self.why = where, why

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked of the source; None where it was not bounded."""

    start: datetime | None = None
    end: datetime | None = None
    filter: str | None = None
    limit: int = 0


@dataclass(frozen=True, kw_only=True)
class Window:
    """From when to when entries of one severity were really seen, and how many."""

    severity: str
    entries: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Unread:
    """What could not be read, how often, and how one of it begins (redacted)."""

    what: str
    count: int
    example: str

    def as_json(self) -> dict[str, Any]:
        """The contract's `unread`."""
        return {"what": self.what, "count": self.count, "example": self.example}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Entries in time order, each once. `stopped` says that the limit ended it; `missing` what was not read, in sentences.

    `complete` is False when something that was asked for is known to be missing. `notes` are peculiarities that lost nothing.
    `unread` are the pieces that were no entries, counted; `formats` says how many entries each format gave.
    `counts` is the contract's `seen` where entries were counted without being held. `read_at` is when, by our clock: of what came
    later it knows nothing.
    """

    source: str
    asked: Asked
    entries: tuple[LogEntry, ...] = ()
    stopped: bool | None = False
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    formats: Mapping[str, int] | None = None
    counts: Mapping[str, Any] | None = None
    read_at: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether all that was asked for is here, as far as can be told."""
        return not self.missing and not self.unread and not self.limit_hit and self.source != "none"

    @property
    def limit_hit(self) -> bool | None:
        """Contract, section 6: the source says so, or a number of entries that only a fetch limit explains; None: cannot be
        told."""
        if self.source == "none" or self.stopped is None:
            return None
        if self.counts is not None:
            return True if self.counts["limit_hit"] or self.stopped else None if self.missing or self.unread else False
        counts = Counter(entry.severity for entry in self.entries if entry.severity)
        if self.stopped or len(self.entries) in ROUND_LIMITS or any(count in ROUND_LIMITS for count in counts.values()):
            return True
        return None if self.missing or self.unread else False

    def unread_and_missing(self) -> tuple[Unread, ...]:
        """All that was not read, counted where it was met piece by piece, else once."""
        if self.source == "none":
            return ()
        return (*self.unread, *(Unread(what=sentence, count=1, example="") for sentence in self.missing))

    def seen(self) -> dict[str, Any]:
        """The `seen` of the contract."""
        if self.counts is not None:
            return {**self.counts, "limit_hit": self.limit_hit}
        entries = self.entries
        return {
            "entries": len(entries),
            "first_at": rfc3339(entries[0].timestamp) if entries else None,
            "last_at": rfc3339(max(entry.timestamp for entry in entries)) if entries else None,
            "limit_hit": self.limit_hit,
            "payload_missing": sum(not has_content(entry) for entry in entries),
            "without_severity": sum(entry.severity is None for entry in entries),
            "revisions": sorted({entry.revision for entry in entries if entry.revision}),
            "instances": len({entry.instance for entry in entries if entry.instance}),
        }

    def windows(self) -> tuple[Window, ...]:
        """For each severity the time that its entries really cover: a fetch limit per severity shows here."""
        stamps: dict[str, list[datetime]] = {}
        for entry in self.entries:
            stamps.setdefault(entry.severity or "none", []).append(entry.timestamp)
        return tuple(
            Window(severity=name, entries=len(at), first_at=min(at), last_at=max(at)) for name, at in sorted(stamps.items())
        )

    def cut_short(self) -> tuple[str, ...]:
        """One sentence for each severity whose number of entries only a fetch limit explains: what it covers of what was
        asked."""
        start, end = self.asked.start, self.asked.end
        of_asked = f" of the {(end - start).total_seconds():.0f} s asked" if start and end else ""
        return tuple(
            f"{window.severity}: exactly {window.entries} entries, which only a fetch limit explains; they cover"
            f" {(window.last_at - window.first_at).total_seconds():.0f} s{of_asked}"
            for window in self.windows()
            if window.entries in ROUND_LIMITS and window.severity != "none"
        )


def has_content(entry: LogEntry) -> bool:
    """Whether an entry carries a payload or tells of a request."""
    return bool(entry.text.strip() or entry.payload or entry.request)


def severity(entry: LogEntry) -> str:
    """The severity that an entry has, else the one that its payload or its line states; DEFAULT where neither does.

    An `error` object inside the payload says nothing: one formatter attaches it to INFO lines.
    """
    if entry.severity:
        return entry.severity
    if entry.payload and (own := of_object(entry.payload).severity):
        return own
    line = of_line(entry.text.strip().partition("\n")[0][:4_000]).severity if entry.text.strip() else None
    return line or severity_of_status((entry.request or {}).get("status")) or "DEFAULT"


def end_of(entry: LogEntry) -> datetime:
    """When what an entry tells of was over: request entries are stamped with their start."""
    latency_s = (entry.request or {}).get("latency_s") or 0
    return entry.timestamp + timedelta(seconds=min(float(latency_s), 86_400.0)) if latency_s else entry.timestamp


def in_order(entries: Iterable[LogEntry]) -> tuple[LogEntry, ...]:
    """Entries by time, each once."""
    unique = {entry_key(entry): entry for entry in entries}
    return tuple(sorted(unique.values(), key=_BY_TIME))


@contextmanager
def collection_paused() -> Iterator[None]:
    """No search for garbage while many entries are made: it would look at all that there are, again and again, and find none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def entries_rows(reading: Reading) -> list[dict[str, Any]]:
    """A reading as rows that a table file can hold; the first row's `reading` column carries what is not an entry."""
    asked, rows = reading.asked, [entry_row(entry) for entry in reading.entries]
    about = {
        "source": reading.source,
        "asked": [*(rfc3339(at) if at else None for at in (asked.start, asked.end)), asked.filter, asked.limit],
        "stopped": reading.stopped,
        "missing": reading.missing,
        "notes": reading.notes,
        "unread": [one.as_json() for one in reading.unread],
        "formats": reading.formats,
        "counts": reading.counts,
        "read_at": rfc3339(reading.read_at) if reading.read_at else None,
    }
    head: dict[str, Any] = dict.fromkeys(field.name for field in fields(LogEntry))
    return [{**head, "reading": json.dumps(about)}, *({**row, "reading": None} for row in rows)]


def reading_from_rows(rows: Sequence[Mapping[str, Any]]) -> Reading:
    """The reading that `entries_rows` wrote, whatever table it has been through."""
    about: dict[str, Any] = {}
    entries = []
    for row in rows:
        if isinstance(row.get("reading"), str):
            about = json.loads(row["reading"])
        else:
            entries.append(entry_of_row(row))
    start, end, text, limit = about.get("asked", [None, None, None, 0])
    asked = Asked(start=moment(start) if start else None, end=moment(end) if end else None, filter=text, limit=limit)
    return Reading(
        source=about.get("source", "file"), asked=asked, entries=in_order(entries), stopped=about.get("stopped", False),
        missing=tuple(about.get("missing", ())), notes=tuple(about.get("notes", ())),
        unread=tuple(Unread(**one) for one in about.get("unread", ())), formats=about.get("formats"), counts=about.get("counts"),
        read_at=moment(about["read_at"]) if about.get("read_at") else None,
    )  # fmt: skip


def entry_row(entry: LogEntry) -> dict[str, Any]:
    """One entry as a flat row: moments as RFC 3339, mappings as JSON text."""
    row: dict[str, Any] = {}
    for field in fields(LogEntry):
        value = getattr(entry, field.name)
        if field.name in _MOMENTS and value is not None:
            value = rfc3339(value)
        elif field.name in _NESTED and value is not None:
            value = json.dumps(value, default=str)
        row[field.name] = value
    return row


def entry_of_row(row: Mapping[str, Any]) -> LogEntry:
    """The entry of a row; a missing value may have become NaN on the way through a table."""
    known: dict[str, Any] = {}
    for field in fields(LogEntry):
        value = row.get(field.name)
        if value is None or value != value or (value == "" and field.name not in {"text", "log_name"}):
            continue
        if field.name in _MOMENTS:
            value = moment(value)
        elif field.name in _NESTED and isinstance(value, str):
            value = json.loads(value)
        known[field.name] = value
    return LogEntry(**known)
