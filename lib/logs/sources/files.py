"""Exported files as a log source: a file, or a folder such as a Cloud Storage sink writes.

A file that ends in the middle gives the entries before the cut, and the cut is reported.
"""

from __future__ import annotations

import heapq
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lib.facts import LogEntry
from lib.logs.sources.assembly import NO_TIME, Assembly
from lib.logs.sources.decoding import ACCEPTED, records_of
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.reading import ROUND_LIMITS, Asked, Progress, Reading, Unread, collection_paused, entry_key, in_order
from lib.logs.sources.room import Room
from lib.logs.sources.sieve import MOST_ENTRIES, Sieve
from lib.parameters.errors import BadInput
from lib.parameters.secrets import why_unreadable
from lib.redaction.redact import redact_text

MOST_FILES = 50_000
_SUFFIXES = frozenset(
    {".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".gz", ".zst", ".parquet", ".log", ".txt", ".yaml", ".yml", ".out", ".err", ""}
)
_ROTATED = re.compile(r"\.(?:log|out|err|txt)[.-][\w.-]{1,30}$", re.IGNORECASE)


@dataclass(kw_only=True)
class _Kept:
    # What has been read so far; `seen` counts all entries, also those outside the window.
    limit: int
    start: datetime | None
    end: datetime | None
    tell: Progress
    entries: dict[tuple[str, datetime, str], LogEntry] = field(default_factory=dict)
    seen: int = 0
    left_out: int = 0
    of_file: Counter[str | None] = field(default_factory=Counter)
    stopped_before: bool = False
    stopped: bool = False
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: dict[str, Unread] = field(default_factory=dict)
    formats: Counter[str] = field(default_factory=Counter)
    sieve: Sieve | None = None
    room: Room = field(default_factory=Room)

    def take(self, entry: LogEntry) -> None:
        self.seen += 1
        self.of_file[entry.severity] += 1
        if (self.start and entry.timestamp < self.start) or (self.end and entry.timestamp > self.end):
            return
        if self.sieve:
            self.sieve.tally.take_entry(entry)
            if len(self.entries) >= MOST_ENTRIES:
                self.left_out += 1
                return
        key = entry_key(entry)
        if key not in self.entries and len(self.entries) >= self.limit:
            self.stopped = True
            return
        held = self.room.let_in(entry)
        if held is None:
            return
        self.entries[key] = held
        if len(self.entries) % 50_000 == 0:
            self.tell(f"{len(self.entries)} log entries read")

    def judge(self, name: str) -> None:
        """Whether a file by itself was cut by a fetch limit: a folder's files are exported one by one."""
        for severity, n in self.of_file.items():
            if n in ROUND_LIMITS and severity is not None:
                self.stopped_before = True
                self.notes.append(f"{name}: exactly {n} entries of {severity}, which only a fetch limit explains")
        if self.of_file.total() in ROUND_LIMITS:
            self.stopped_before = True
            self.notes.append(f"{name}: exactly {self.of_file.total()} entries, which only a fetch limit explains")
        self.of_file.clear()

    def note(self, assembly: Assembly, name: str, *, is_log: bool) -> None:
        """Takes over what a file gave beside its entries; one without any entry is no log, and loses nothing."""
        self.formats.update(assembly.formats)
        self.notes += assembly.notes
        if assembly.without_time and is_log:
            self.notes.append(f"{name}: {assembly.without_time} lines without a time took that of the line before")
        for one in assembly.unread_found():
            if not is_log and one.what == NO_TIME:
                self.notes.append(f"{name}: none of its {one.count} objects is a log entry")
                continue
            what = f"{name}: {one.what}"
            self.unread[what] = Unread(what=what, count=one.count, example=one.example)


class FileSource:
    """Entries of one file or of all files in a folder."""

    kind = "file"
    is_live = False

    def __init__(self, path: Path, *, shaper: Shaper, filter: str | None = None, format: str | None = None):
        self.path, self.shaper, self.filter, self.format = path, shaper, filter, format

    def read(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        extra_filter: str | None = None,
        on_progress: Progress | None = None,
        sieve: Sieve | None = None,
    ) -> Reading:
        """See `sources.Source.read`; a filter cannot be applied to a file and is noted. Raises `BadInput`.

        With a sieve all entries are counted, and only those are held that can matter.
        """
        kept = _Kept(limit=limit, start=start, end=end, tell=on_progress or (lambda _: None), sieve=sieve)
        with collection_paused():
            files, kept.missing = self._listed()
            for path in files:
                self._read_file(path, kept)
                if kept.stopped:
                    break
        counts = sieve.tally.seen(round_limits=ROUND_LIMITS) if sieve else None
        if kept.left_out:
            kept.missing.append(f"more than {MOST_ENTRIES} entries matter; {kept.left_out} others were counted and not read")
        kept.missing += [*self.shaper.said(), *kept.room.said()]
        if counts:
            kept.notes.append(f"{counts['entries']} entries were counted; the {len(kept.entries)} that can matter were read")
        if (
            not kept.seen
            and not (counts and counts["entries"])
            and (said := (*kept.notes, *kept.missing, *(f"{one.what}: {one.count}" for one in kept.unread.values())))
        ):
            raise BadInput("logs.path", f"{self.path} holds no log entry that can be read ({said[0][:160]})", ACCEPTED)
        if self.filter or extra_filter:
            kept.notes.append("a filter cannot be applied to a file")
        return Reading(
            source="file", asked=Asked(start=start, end=end, filter=extra_filter, limit=limit),
            entries=in_order(kept.entries.values()),
            stopped=kept.stopped or kept.stopped_before, missing=tuple(kept.missing), notes=tuple(kept.notes),
            unread=tuple(kept.unread.values()),
            formats=dict(kept.formats), counts=counts,
        )  # fmt: skip

    def _read_file(self, path: Path, kept: _Kept) -> None:
        seen_before = kept.seen
        assembly = Assembly(
            shaper=self.shaper, near=_written_at(path), format=self.format, is_certain=not self.path.is_dir(), sieve=kept.sieve
        )
        try:
            records = records_of(path, lambda sentence: kept.missing.append(f"{path.name}: {sentence}"))
            for entry in assembly.entries(records, name=path.name):
                kept.take(entry)
                if kept.stopped:
                    break
        except BadInput as error:
            # Beside logs in a folder other things lie; alone it was meant to be one.
            kept.notes.append(f"{path.name}: {error.found}")
        except OSError as error:
            if not self.path.is_dir():
                raise BadInput("logs.path", f"{path} cannot be read ({why_unreadable(error)})", ACCEPTED) from None
            kept.missing.append(f"{path.name}: it cannot be read ({why_unreadable(error)})")
        if self.path.is_dir():
            kept.judge(path.name)
        kept.note(assembly, path.name, is_log=kept.seen > seen_before or assembly.formats.total() > 0)

    def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
        """The file's entries of these traces; nothing arrives later."""
        wanted = set(trace_ids)
        return [entry for entry in self.read(start=None, end=None, limit=10_000_000).entries if entry.trace_id in wanted]

    def files(self) -> list[Path]:
        """The files to read, by name; raises `BadInput` when there is none, and for what is no file (a pipe, a device)."""
        return self._listed()[0]

    def _listed(self) -> tuple[list[Path], list[str]]:
        """These files, and what of the folder was left out."""
        missing: list[str] = []
        try:
            if self.path.is_dir():
                found, missing = _files_below(self.path)
            else:
                found = [self.path] if stat.S_ISREG(os.stat(self.path).st_mode) else []
        except FileNotFoundError:
            raise BadInput("logs.path", f"{self.path} does not exist", ACCEPTED) from None
        except (OSError, ValueError) as error:
            raise BadInput("logs.path", f"it cannot be read ({why_unreadable(error)})", ACCEPTED) from None
        if not found:
            raise BadInput("logs.path", f"{self.path} {'has no log files' if self.path.is_dir() else 'is no file'}", ACCEPTED)
        return found, missing


def _files_below(folder: Path) -> tuple[list[Path], list[str]]:
    """The first of the log files in a folder and those in it, by name; and what was left out, in sentences."""
    closed: list[str] = []
    names = heapq.nsmallest(MOST_FILES + 1, _names_below(folder, closed))
    left_out = [f"{redact_text(name)}: the folder cannot be opened" for name in closed[:10]]
    if len(names) > MOST_FILES:
        left_out.append(
            f"{redact_text(folder.name)} holds more than {MOST_FILES} log files; those behind the first by name were not read"
        )
    return [Path(name) for name in names[:MOST_FILES]], left_out


def _names_below(folder: Path, closed: list[str]) -> Iterator[str]:
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as there:
                for one in there:
                    if one.is_dir(follow_symlinks=False):
                        waiting.append(one.path)
                    elif _is_named_as_log(one.name) and one.is_file():
                        yield one.path
        except OSError:
            if here == str(folder):
                raise
            closed.append(os.path.relpath(here, folder))


def _is_named_as_log(name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    return not name.startswith(".") and (suffix in _SUFFIXES or bool(_ROTATED.search(name)))


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(min(max(path.stat().st_mtime, 86_400 * 400), 9e9), UTC)
