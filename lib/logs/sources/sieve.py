"""What of a large export can matter: the rest is counted as it goes by and not held, and what is counted is what a
reading would count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lib.facts import LogEntry, rfc3339
from lib.logs.sources.fields import brief_of, first_of, word_of
from lib.logs.sources.moments import Unreadable, moment
from lib.logs.sources.plain import Told

QUIET = frozenset({"INFO", "DEBUG", "NOTICE"})
MOST_ENTRIES = 200_000
"""Entries held at once; 400 MB are not reached with them."""


@dataclass(kw_only=True)
class Tally:
    """The counts of all entries that went by, held or not."""

    by_severity: Counter[str | None] = field(default_factory=Counter)
    first_at: datetime | None = None
    last_at: datetime | None = None
    empty: int = 0
    revisions: set[str] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)

    def take(self, at: datetime, severity: str | None) -> None:
        """Counts one entry."""
        self.by_severity[severity] += 1
        if self.first_at is None or at < self.first_at:
            self.first_at = at
        if self.last_at is None or at > self.last_at:
            self.last_at = at

    def take_entry(self, entry: LogEntry) -> None:
        """Counts one entry that was shaped."""
        self.take(entry.timestamp, entry.severity)
        self.empty += not (entry.text.strip() or entry.payload or entry.request)
        self.revisions.update([entry.revision] if entry.revision else [])
        self.instances.update([entry.instance] if entry.instance else [])

    def seen(self, *, round_limits: frozenset[int]) -> dict[str, Any]:
        """The contract's `seen`."""
        total, named = sum(self.by_severity.values()), [n for name, n in self.by_severity.items() if name]
        return {
            "entries": total,
            "first_at": rfc3339(self.first_at) if self.first_at else None,
            "last_at": rfc3339(self.last_at) if self.last_at else None,
            "limit_hit": total in round_limits or any(n in round_limits for n in named),
            "payload_missing": self.empty,
            "without_severity": self.by_severity[None],
            "revisions": sorted(self.revisions),
            "instances": len(self.instances),
        }


@dataclass(kw_only=True)
class Sieve:
    """Passes over what neither failed nor can belong to an exchange: `joins` says that there are exchanges to join with."""

    joins: bool = False
    start: datetime | None = None
    end: datetime | None = None
    tally: Tally = field(default_factory=Tally)

    def passes_over(self, raw: Mapping[str, Any]) -> bool:
        """Whether an object was only counted; it is quiet by its own level, and its moment can be read."""
        brief = brief_of(raw)
        if brief is None or (self.joins and brief.may_tell_more):
            return False
        severity = brief.level(raw)
        if severity not in QUIET:
            return False
        time = raw.get(brief.time[0])
        if not self._counted(first_of(raw, brief.time) if time is None else time, severity):
            return False
        if brief.instance and (instance := word_of(first_of(raw, brief.instance))):
            self.tally.instances.add(instance)
        if brief.revision and (revision := word_of(first_of(raw, brief.revision))):
            self.tally.revisions.add(revision)
        return True

    def passes_over_line(self, told: Told) -> bool:
        """The same of a line that has been understood already."""
        if (
            told.severity not in QUIET
            or told.time is None
            or (self.joins and (told.request or told.trace or "trace" in told.line))
        ):
            return False
        return self._counted(told.time, told.severity)

    def _counted(self, time: Any, severity: str | None) -> bool:
        try:
            if type(time) is int and 10**12 < time < 10**13:
                at = datetime.fromtimestamp(time / 1000, UTC)
            else:
                at = datetime.fromisoformat(time) if type(time) is str and len(time) > 18 else moment(time)
            at = at if at.tzinfo is UTC else moment(at)
        except (ValueError, Unreadable):
            return False
        if (self.start is None or at >= self.start) and (self.end is None or at <= self.end):
            self.tally.take(at, severity)
        return True
