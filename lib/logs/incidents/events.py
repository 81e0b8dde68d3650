"""Entries as events: tracebacks that were torn into several entries are one again, each with the words of its cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from lib.facts import LogEntry
from lib.logs.incidents.templates import first_line, message_of, template
from lib.logs.sources.normalise import SEVERITIES
from lib.logs.sources.reading import end_of, severity

RANK = {name: rank for rank, name in enumerate(SEVERITIES)}
JOIN_WITHIN = timedelta(seconds=1)
_HEADER = "Traceback (most recent call last)"
_SEPARATOR = re.compile(r"(?:During handling of the above exception|The above exception was the direct cause)")
_EXCEPTION = re.compile(r"^(?:[A-Za-z_][\w]*\.)*([A-Z_a-z]\w*)(?::[ \t]?(.*))?$")
_NAMED = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|Exit|Interrupt|Timeout|Fault)): (\S.*)$", re.MULTILINE)
_CAUSED_BY = re.compile(r"^Caused by: (?:[\w$]+\.)*([\w$]+)(?::[ \t]?(.*))?$", re.MULTILINE)
_GROUP_MARGIN = re.compile(r"^\s*[|+](?:-+\+?-* ?| )?")
_PLACEHOLDERS = frozenset({"missing field", "none", "null"})


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that was told, by one entry or by several that belong together.

    `words` are those of the innermost exception where there is one (`exception` is then its type), else the first line.
    `at` is when it truly was: the end of a request, the stamp of anything else. `place` is who told it.
    """

    entries: tuple[LogEntry, ...]
    severity: str
    text: str
    words: str
    exception: str | None
    at: datetime
    place: str

    @property
    def head(self) -> LogEntry:
        """Its first entry."""
        return self.entries[0]

    @property
    def trace_id(self) -> str | None:
        """The trace id of the first entry that has one."""
        return next((entry.trace_id for entry in self.entries if entry.trace_id), None)

    @cached_property
    def signature(self) -> str:
        """The words without what varies."""
        return template(self.words)

    @cached_property
    def flat(self) -> str:
        """The whole text without what varies, in one line, to look for other events' words in."""
        return " ".join(template(line) for line in self.text.splitlines()[:400] if line.strip())


def events_of(entries: Sequence[LogEntry], *, least: str = "WARNING") -> list[Event]:
    """The events of at least this severity, in the order of their first entries (which must come in time order)."""
    groups: list[list[LogEntry]] = []
    open_groups: dict[str, list[LogEntry]] = {}
    for entry in entries:
        if entry.layer == "audit":
            continue
        place = place_of(entry)
        group = open_groups.get(place)
        if group is not None and _continues(group, entry):
            group.append(entry)
            continue
        groups.append([entry])
        if entry.text and not (entry.request and _HEADER not in entry.text):
            open_groups[place] = groups[-1]
    events = (_event(group) for group in groups)
    return [event for event in events if RANK[event.severity] >= RANK[least]]


def place_of(entry: LogEntry) -> str:
    """Who writes: the instance, else what is known of it."""
    return entry.instance or entry.revision or entry.service or entry.log_name


def innermost(text: str) -> tuple[str | None, str] | None:
    """Type and words of the exception that a chain began with; of one without words the next that has some."""
    caused = _CAUSED_BY.findall(text)
    if caused:
        return caused[-1][0], caused[-1][1].strip() or caused[-1][0]
    found = list(_raised(text.splitlines())) or [(name, words) for name, words in _NAMED.findall(text)]
    if not found:
        return None
    telling = [(name, words) for name, words in found if words and not words.endswith(("sub-exception)", "sub-exceptions)"))]
    return next(iter(telling), (found[0][0], found[0][1] or found[0][0]))


def _raised(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    inside = False
    for line in lines:
        bare = _GROUP_MARGIN.sub("", line)
        if _HEADER in bare:
            inside = True
        elif inside and bare and not bare[0].isspace() and (match := _EXCEPTION.match(bare)):
            inside = False
            yield match.group(1), (match.group(2) or "").strip()


def _continues(group: Sequence[LogEntry], entry: LogEntry) -> bool:
    last = group[-1]
    if entry.request or entry.timestamp - last.timestamp > JOIN_WITHIN or last.log_name != entry.log_name:
        return False
    text = entry.text
    if not text.strip():
        return False
    begins = text.lstrip()
    in_chain = any(_HEADER in part.text for part in group)
    if _SEPARATOR.match(begins):
        return in_chain
    if _SEPARATOR.search(last.text[-200:]) and begins.startswith(_HEADER):
        return True
    if not in_chain or (entry.severity and last.severity and entry.severity != last.severity):
        return False
    if text[:1].isspace() and not _is_over(group):
        return True
    return not _is_over(group) and bool(_EXCEPTION.match(begins.splitlines()[0])) and not begins.startswith(_HEADER)


def _is_over(group: Sequence[LogEntry]) -> bool:
    """Whether each traceback of a group has come to its exception line."""
    lines = [line for part in group for line in part.text.splitlines()]
    return sum(_HEADER in line for line in lines) <= sum(1 for _ in _raised(lines))


def _event(group: Sequence[LogEntry]) -> Event:
    text = "\n".join(entry.text for entry in group)
    level = max((severity(entry) for entry in group), key=RANK.__getitem__)
    found = innermost(text) or (_told_error(group[0]) if RANK[level] >= RANK["ERROR"] else None)
    words = first_line(found[1]) if found else message_of(group[0])
    return Event(
        entries=tuple(group), severity=level, text=text if text.strip() else words, words=words or "(no message)",
        exception=found[0] if found else None, at=max(end_of(entry) for entry in group), place=place_of(group[0]),
    )  # fmt: skip


def _told_error(entry: LogEntry) -> tuple[str | None, str] | None:
    error = (entry.payload or {}).get("error")
    if not isinstance(error, Mapping):
        return None
    words = str(error.get("value") or error.get("message") or "").strip()
    kind = error.get("type")
    if not words or words.lower() in _PLACEHOLDERS:
        return None
    return (str(kind) if kind else None), words
