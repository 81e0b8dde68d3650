"""Entries as events: messages that were torn into several entries are one again, each with the words of its cause."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from lib.facts import LogEntry
from lib.logs.incidents.codes import code_of
from lib.logs.incidents.exceptions import as_text, fields_of_torn, frame_of, innermost, stack_in, told_error
from lib.logs.incidents.templates import first_line, message_of, request_words, template
from lib.logs.sources.continuation import HEADER, Message
from lib.logs.sources.failure_words import severity_in_words
from lib.logs.sources.reading import end_of, has_content, severity
from lib.logs.sources.recognise import decoded, head_of, of_object
from lib.logs.sources.severities import RANK

JOIN_WITHIN = timedelta(seconds=1)
"""How far apart the lines of one stack may be: a traceback is written line by line."""
AT_ONCE = timedelta(milliseconds=200)
"""How far apart lines may be that only their shape holds together."""
BEFORE_THE_END = timedelta(seconds=10)
"""How long before the end of a container its last words may stand."""
END = re.compile(
    r"Container called exit\(|Container terminated|Container failed to|exited with (?:code |status )?[1-9]"
    r"|Back-off restarting failed container"
    r"|CrashLoopBackOff|OOMKilled|(?:STARTUP|LIVENESS|Liveness|Startup|Readiness) .{0,20}probe (?:failed|errored)"
    r"|The instance (?:was not|could not) start"
    r"|(?:user-provided )?container failed to start|Process exited with status [1-9]"
    r"|State changed from \w+ to crashed|Memory limit of .{1,20} exceeded"
)
_NO_END = re.compile(r"exit\(0\)|exit (?:code|status)[ :=]+0\b|^ *Reason: ")  # the last is a state in a description, no moment
_NO_TYPES = frozenset({None, "Error", "error", "Exception"})
"""Types that say no more than that something failed."""
EMPTY = "(entries without any content)"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that was told, by one entry or by several that belong together.

    `words` are those of the innermost exception where there is one (`exception` is then its type), else the message
    without its head.
    `at` is when it truly was: the end of a request, the stamp of anything else. `place` is who told it; `frame` where it broke.
    """

    entries: tuple[LogEntry, ...]
    severity: str
    text: str
    words: str
    exception: str | None
    at: datetime
    place: str
    frame: str | None = None

    @property
    def head(self) -> LogEntry:
        """Its first entry."""
        return self.entries[0]

    @property
    def trace_id(self) -> str | None:
        """The trace id of the first entry that has one."""
        return next((entry.trace_id for entry in self.entries if entry.trace_id), None)

    @property
    def is_empty(self) -> bool:
        """Whether its entries say nothing at all."""
        return self.words == EMPTY

    @cached_property
    def signature(self) -> str:
        """The words without what varies."""
        if self.exception is None and self.words == first_line(self.text):
            return self.wording
        return template(self.words, quotes=self.exception is None)

    @cached_property
    def wording(self) -> str:
        """The first line of its text without what varies."""
        return template(self.text)

    @cached_property
    def flat(self) -> str:
        """The whole text without what varies, in one line, to look for other events' words in."""
        if "\n" not in self.text.strip():
            return self.wording
        return " ".join(template(line) for line in self.text.splitlines()[:400] if line.strip())


def events_of(entries: Sequence[LogEntry], *, least: str = "WARNING") -> list[Event]:
    """The events of at least this severity, in the order of their first entries (which must come in time order).

    The last words of a place before its container ends are one too, where nothing else there tells why.
    """
    groups: list[list[LogEntry]] = []
    open_groups: dict[tuple[str, str], tuple[list[LogEntry], Message]] = {}
    for entry in entries:
        if entry.layer == "audit":
            continue
        stream = place_of(entry), entry.log_name
        known = open_groups.get(stream)
        if known is not None and _continues(*known, entry):
            known[0].append(entry)
            known[1].add(entry.text)
            continue
        groups.append([entry])
        if entry.text:
            open_groups[stream] = groups[-1], Message(entry.text)
    last_words = _last_words(groups)
    last_heads = {id(words) for words in last_words.values()}
    events = [_event(group) for group in groups if _may_matter(group, RANK[least]) or id(group) in last_words]
    return [
        event if RANK[event.severity] >= RANK["ERROR"] or not is_last else replace(event, severity="ERROR")
        for event in events
        if (is_last := id(event.head) in last_heads) or RANK[event.severity] >= RANK[least]
    ]


def is_end(entry: LogEntry) -> bool:
    """Whether an entry tells that a container ended in failure or never became healthy."""
    return bool(END.search(entry.text)) and not _NO_END.search(entry.text)


def _last_words(groups: Sequence[list[LogEntry]]) -> dict[int, LogEntry]:
    """The groups that were the last of their place before it ended, where nothing graver was told of it within the moment."""
    spoken: dict[str, tuple[list[LogEntry], bool]] = {}
    found: dict[int, LogEntry] = {}
    for group in groups:
        head, place = group[0], place_of(group[0])
        if is_end(head):
            words, told = spoken.get(place, ([], True))
            if words and not told and head.timestamp - words[-1].timestamp <= BEFORE_THE_END:
                found[id(words)] = words[0]
            spoken.pop(place, None)
        elif head.text.strip() and not head.request:
            level = RANK[severity(head)]
            before = spoken.get(place)
            recent = before is not None and before[1] and head.timestamp - before[0][-1].timestamp <= BEFORE_THE_END
            if level not in (RANK["INFO"], RANK["DEBUG"], RANK["NOTICE"]):
                spoken[place] = (group, level >= RANK["ERROR"] or recent)
    return found


def place_of(entry: LogEntry) -> str:
    """Who writes: the instance, else what is known of it."""
    return entry.instance or entry.revision or entry.service or entry.log_name


def _continues(group: Sequence[LogEntry], message: Message, entry: LogEntry) -> bool:
    last, apart = group[-1], entry.timestamp - group[-1].timestamp
    if apart > JOIN_WITHIN or not entry.text.strip() or entry.payload:
        return False
    if entry.request and not (entry.request.get("status") and '"WebSocket' in group[0].text):
        return False
    if entry.text.startswith(HEADER) and apart <= AT_ONCE and not message.has_header:
        return RANK[severity(group[0])] >= RANK["ERROR"]  # what a server says of a failure, and then how it came about
    if not message.takes(entry.text):
        return False
    if message.is_chain:
        begins = entry.text.lstrip()
        chained = begins.startswith((HEADER, "During handling", "The above exception"))
        return (
            chained
            or not entry.severity
            or not last.severity
            or entry.severity == last.severity
            or RANK[entry.severity] >= RANK["ERROR"]
        )
    return apart <= AT_ONCE or entry.text[:1].isspace() or '"WebSocket' in group[0].text


def _may_matter(group: Sequence[LogEntry], least: int) -> bool:
    return len(group) > 1 or RANK[severity(group[0])] >= least


def _event(group: Sequence[LogEntry]) -> Event:
    text, head = "\n".join(entry.text for entry in group), group[0]
    level = max(
        (severity(entry) for entry in (group[:1] if len(group) > 1 and _is_stated(head) else group)), key=RANK.__getitem__
    )
    payload = dict(head.payload or {})
    if len(group) > 1 and head.text.lstrip()[:1] == "{" and (torn := decoded(text) or fields_of_torn(text)):
        payload = torn
        own = of_object(torn)
        level, text = own.severity or level, own.text or text
    elif len(group) > 1 and not _is_stated(head):
        told = severity_in_words(text[:8_000])
        level = told if told and RANK[told] > RANK[level] else level
    stack = stack_in(payload) if payload else ""
    found = (innermost(stack) if stack else None) or innermost(text)
    grave = RANK[level] >= RANK["ERROR"]
    if found and payload and (message := first_line(head.text)) and found[1] not in (head.text, message):
        found = _beside_message(found, message)
    told = payload if grave else {}
    words = _with_code(first_line(found[1]), told) if found else _words(head, text, told)
    if not any(has_content(entry) for entry in group):
        words, found = EMPTY, None
    whole = "\n".join(part for part in (text, stack) if part.strip() and part not in ("", None))
    if stack and stack in text:
        whole = text
    return Event(
        entries=tuple(group), severity=level, text=whole if whole.strip() else words, words=words or EMPTY,
        exception=found[0] if found else None, at=max(end_of(entry) for entry in group), place=place_of(head),
        frame=frame_of(stack or text),
    )  # fmt: skip


def _beside_message(found: tuple[str | None, str], message: str) -> tuple[str | None, str]:
    """The message where it tells the same and more, or where the exception's type tells nothing; else the exception alone."""
    kind, words = found
    if (len(words) > 5 or kind in _NO_TYPES) and first_line(words) in message:
        return None, message
    if kind in _NO_TYPES and first_line(words) != message and "\n" not in message:
        return None, f"{message}: {words}"
    return found


def _is_stated(entry: LogEntry) -> bool:
    """Whether an entry's line names its level; then what is joined to it does not change it."""
    return bool(entry.text) and head_of(entry.text.lstrip().partition("\n")[0][:4_000]).stated


def _words(head: LogEntry, text: str, payload: Mapping[str, Any]) -> str:
    """The message without its line's head; with what a payload's error adds to it."""
    if text.strip():
        first = text.strip().partition("\n")[0]
        told = head_of(first[:4_000])
        said = first_line(told.text if told.payload is None else first) if told.request is None else request_words(head)
        if told.format == "dotnet" and not said.strip() and "\n" in text:
            said = first_line(text.strip().partition("\n")[2])
    else:
        said = message_of(head)
    error = told_error(payload) if payload else ""
    if error and error not in said:
        said = first_line(f"{said}: {error}" if said else error)
    return _with_code(said, payload if not head.request else {}) or (as_text(payload) if payload else "")


def _with_code(said: str, payload: Mapping[str, Any]) -> str:
    """The words and the code that the payload names beside them: what differs in it is another cause."""
    code = code_of(payload, said) if said and payload else ""
    return f"{said} ({code})" if code else said
