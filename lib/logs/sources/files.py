"""Exported files as a log source: a file, or a folder such as a Cloud Storage sink writes.

A file that ends in the middle gives the entries before the cut, and the cut is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lib.facts import LogEntry
from lib.logs.sources.formats import ACCEPTED, raw_entries
from lib.logs.sources.normalise import Shaper, Unreadable
from lib.logs.sources.reading import Asked, Progress, Reading, entry_key, in_order
from lib.parameters.errors import BadInput

_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".csv", ".gz", ".zst", ".parquet", ".log", ".txt"})


@dataclass(kw_only=True)
class _Kept:
    # What has been read so far; `seen` counts all entries, also those outside the window.
    limit: int
    start: datetime | None
    end: datetime | None
    tell: Progress
    entries: dict[tuple[str, datetime, str], LogEntry] = field(default_factory=dict)
    seen: int = 0
    stopped: bool = False
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, entry: LogEntry) -> None:
        self.seen += 1
        if (self.start and entry.timestamp < self.start) or (self.end and entry.timestamp > self.end):
            return
        key = entry_key(entry)
        if key not in self.entries and len(self.entries) >= self.limit:
            self.stopped = True
            return
        self.entries[key] = entry
        if len(self.entries) % 50_000 == 0:
            self.tell(f"{len(self.entries)} log entries read")


class FileSource:
    """Entries of one file or of all files in a folder."""

    kind = "file"
    is_live = False

    def __init__(self, path: Path, *, shaper: Shaper, filter: str | None = None):
        self.path, self.shaper, self.filter = path, shaper, filter

    def read(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        extra_filter: str | None = None,
        on_progress: Progress | None = None,
    ) -> Reading:
        """See `sources.Source.read`; a filter cannot be applied to a file and is noted. Raises `BadInput`."""
        kept = _Kept(limit=limit, start=start, end=end, tell=on_progress or (lambda _: None))
        for path in self.files():
            self._read_file(path, kept)
            if kept.stopped:
                break
        if not kept.seen and (said := (*kept.missing, *kept.notes)):
            raise BadInput("logs.path", f"{self.path} holds no log entry that can be read ({said[0][:160]})", ACCEPTED)
        if self.filter or extra_filter:
            kept.notes.append("a filter cannot be applied to a file")
        return Reading(
            source="file", asked=Asked(start=start, end=end, filter=extra_filter, limit=limit),
            entries=in_order(kept.entries.values()),
            stopped=kept.stopped, missing=tuple(kept.missing), notes=tuple(kept.notes),
        )  # fmt: skip

    def _read_file(self, path: Path, kept: _Kept) -> None:
        unreadable, seen_before = 0, kept.seen
        try:
            for raw in raw_entries(path, lambda sentence: kept.missing.append(f"{path.name}: {sentence}")):
                try:
                    entry = self.shaper.entry(raw)
                except (Unreadable, AttributeError, TypeError, ValueError):
                    unreadable += 1
                    continue
                kept.take(entry)
                if kept.stopped:
                    return
        except BadInput as error:
            # Beside logs in a folder other things lie; alone it was meant to be one.
            kept.notes.append(f"{path.name}: {error.found}")
        except OSError as error:
            raise BadInput("logs.path", f"{path} cannot be read ({type(error).__name__})", ACCEPTED) from None
        if unreadable and kept.seen == seen_before:
            kept.notes.append(f"{path.name}: none of its {unreadable} objects is a log entry")
        elif unreadable:
            kept.missing.append(f"{path.name}: {unreadable} objects without a time stamp that can be read were left out")

    def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
        """The file's entries of these traces; nothing arrives later."""
        wanted = set(trace_ids)
        return [entry for entry in self.read(start=None, end=None, limit=10_000_000).entries if entry.trace_id in wanted]

    def files(self) -> list[Path]:
        """The files to read, by name; raises `BadInput` when there is none."""
        if self.path.is_dir():
            found = sorted(path for path in self.path.rglob("*") if path.is_file() and path.suffix.lower() in _SUFFIXES)
        else:
            found = [self.path] if self.path.is_file() else []
        if not found:
            raise BadInput("logs.path", f"{self.path} {'has no log files' if self.path.is_dir() else 'does not exist'}", ACCEPTED)
        return found
