"""What a file, a command or a folder gave, piece by piece, as entries: lines that go on with a message join it,
    lines without a time
take that of the line before, and what is no entry is counted with an example."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lib.facts import LogEntry
from lib.logs.sources.buffer import Broken, Record
from lib.logs.sources.continuation import HEADER, Message
from lib.logs.sources.failure_words import severity_in_words
from lib.logs.sources.fields import is_foreign
from lib.logs.sources.moments import Unreadable, is_age, is_without_zone
from lib.logs.sources.normalise import MAX_TEXT, Shaper, visible
from lib.logs.sources.plain import Told
from lib.logs.sources.reading import Unread
from lib.logs.sources.recognise import of_line, of_object
from lib.logs.sources.severities import RANK
from lib.logs.sources.sieve import Sieve

MOST_TOGETHER = 4 << 20
"""Characters that the parts of one line are joined to, each time anew."""
NO_TIME = "objects without a time stamp that can be read"
_EXAMPLE = 160
_RAISED = re.compile(
    r"Traceback \(most recent call last\)|(?:[A-Za-z_$][\w$]*[.\\])*\w*(?:Error|Exception|Throwable|Failure)\b(?::|$)|panic: "
)


_ODD = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What an entry of a kind that nobody thought of may raise (`Unreadable` is one): it is one unread entry."""


@dataclass(kw_only=True)
class Assembly:
    """Counts what one source gave beside its entries; `near` is a moment after its last line,
        from which missing dates are told.

    Where it is not `is_certain` that a file is a log, text without any time and level is none.
    """

    shaper: Shaper
    near: datetime
    format: str | None = None
    is_certain: bool = True
    sieve: Sieve | None = None
    unread: dict[str, Unread] = field(default_factory=dict)
    formats: Counter[str] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)
    without_time: int = 0

    def entries(self, records: Iterable[Record], *, name: str) -> Iterator[LogEntry]:
        """The entries of the records of one file, in its order."""
        last_at: datetime | None = None
        waiting: list[tuple[str, Told]] = []
        for number, told in self._joined(records):
            if self.sieve and isinstance(told, Told) and self.sieve.passes_over_line(told):
                self.formats[told.format] += 1
                continue
            own_id = f"{name}:{number:08d}"
            try:
                if isinstance(told, Told):
                    if told.time is None and last_at is None and (told.payload is None or _speaks(told)):
                        waiting.append((own_id, told))
                        continue
                    entry = self._entry(told, own_id, name, last_at)
                else:
                    entry = self.shaper.entry(told, own_id=own_id, log_name=name, near=self.near)
                    self.formats["cloud-logging" if entry.log_name != name else "json"] += 1
            except _ODD:
                self.count(NO_TIME, str((told.line or dict(told.payload or {})) if isinstance(told, Told) else dict(told)))
                continue
            last_at = entry.timestamp
            yield from self._late(waiting, name, last_at)
            waiting = []
            yield entry
        if waiting and last_at is None and not self.is_certain and not any(told.severity for _, told in waiting):
            self.notes[f"{name}: no line of it looks like a log's"] = None
            return
        if waiting:
            self.notes[f"{name}: no line says when it was written; the file's own time stands for all of them"] = None
        yield from self._late(waiting, name, self.near)

    def count(self, what: str, example: str, n: int = 1) -> None:
        """Counts a piece that was not read."""
        known = self.unread.get(what)
        shown = known.example if known else self.shaper.text(visible(example[:_EXAMPLE]))
        self.unread[what] = Unread(what=what, count=n + (known.count if known else 0), example=shown)

    def unread_found(self) -> tuple[Unread, ...]:
        """What was counted so far."""
        return tuple(self.unread.values())

    def _late(self, waiting: Iterable[tuple[str, Told]], name: str, at: datetime) -> Iterator[LogEntry]:
        for own_id, told in waiting:
            yield self._entry(told, own_id, name, at)

    def _entry(self, told: Told, own_id: str, name: str, last_at: datetime | None) -> LogEntry:
        if told.time is None:
            self.without_time += 1
        elif is_age(told.time):
            self.notes.setdefault(f"{name}: it says how long ago things were; that is counted back from its own time", None)
        elif is_without_zone(told.time):
            self.notes.setdefault(f"{name}: times without a zone are taken as UTC", None)
        try:
            entry = self.shaper.told(told, own_id=own_id, log_name=name, near=self.near, at=last_at)
        except Unreadable:
            if told.payload is not None or last_at is None:
                raise
            entry = self.shaper.told(told._replace(time=None), own_id=own_id, log_name=name, near=self.near, at=last_at)
        self.formats[told.format] += 1
        return entry

    def _understood(self, record: Record) -> Told | dict[str, Any] | None:
        """What a record says; None where it was only counted, and one that cannot be understood costs the others nothing."""
        try:
            if isinstance(record, str):
                return of_line(record, format=self.format)
            if isinstance(record, Broken):
                self.count(record.what, record.example)
            elif self.sieve and not self.shaper.fields and self.sieve.passes_over(record):
                self.formats["counted"] += 1
            elif is_foreign(record):
                return of_object(record, fields=self.shaper.fields)
            else:
                return dict(record)
        except _ODD:
            self.count("entries that cannot be understood", str(record))
        return None

    def _joined(self, records: Iterable[Record]) -> Iterator[tuple[int, Told | dict[str, Any]]]:
        """Records with their number; lines that go on with the one before are part of it."""
        open_told: Told | None = None
        message: Message | None = None
        parts: list[str] = []
        first = 0
        for number, record in enumerate(records, start=1):
            told = self._understood(record)
            if isinstance(record, str) and isinstance(told, Told):
                core = told.core or told.line
                if message and open_told and _goes_on(open_told, message, told, core):
                    if open_told.is_partial:
                        parts[-1] += core[: MOST_TOGETHER - len(parts[-1])]
                        open_told = open_told._replace(is_partial=told.is_partial)
                    elif sum(map(len, parts[-3:])) <= MAX_TEXT:
                        parts.append(core)
                    message.add(core)
                    continue
                if open_told:
                    yield first, _whole(open_told, parts)
                open_told, message, parts, first = told, Message(core), [told.line], number
                continue
            if open_told:
                yield first, _whole(open_told, parts)
            open_told = message = None
            if told is not None:
                yield number, told
        if open_told:
            yield first, _whole(open_told, parts)


def _speaks(told: Told) -> bool:
    """Whether an object without a time is an entry all the same, as a line without one is."""
    return told.severity is not None and bool(told.text.strip())


def _goes_on(first: Told, message: Message, second: Told, core: str) -> bool:
    if first.instance != second.instance and second.instance is not None:
        return False
    if second.time is not None and first.time is not None and str(first.time)[:19] != str(second.time)[:19]:
        return False
    if first.is_partial or message.takes(core):
        return True
    # Behind a line that says when and what failed, an exception without a time of its own is that failure.
    grave = first.severity is not None and RANK[first.severity] >= RANK["ERROR"]
    if first.format == second.format == "ruby" and grave and first.severity == second.severity:
        return True
    if not grave or second.time is not None:
        return False
    return bool(_RAISED.match(core.lstrip())) if first.time is not None else core.startswith(HEADER) and not message.has_header


def _whole(told: Told, parts: list[str]) -> Told:
    if len(parts) == 1:
        return (
            told
            if told.line == parts[0]
            else of_line(parts[0])._replace(time=told.time, instance=told.instance, service=told.service)
        )
    text = "\n".join(parts)
    whole = of_line(text) if told.payload is None and text.lstrip()[:1] == "{" else told
    if whole.payload is not None:
        return whole._replace(time=told.time or whole.time, instance=told.instance or whole.instance)
    if told.severity is None or not told.stated:
        found = severity_in_words(text)
        if found and RANK[found] > RANK[told.severity or "DEFAULT"]:
            told = told._replace(severity=found)
    return told._replace(line=text)
