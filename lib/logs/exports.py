"""Exported files as a log source: a file, or a folder such as a Cloud Storage sink writes.

A file that ends in the middle gives the entries before the cut, and the cut is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lib.bad_input import BadInput
from lib.facts import LogEntry
from lib.logs.formats import ACCEPTED, Report, raw_entries
from lib.logs.reading import Asked, Progress, Reading, in_order
from lib.logs.shape import Shaper, Unreadable

_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".csv", ".gz", ".zst", ".parquet", ".log", ".txt"})


class FileSource:
    """Entries of one file or of all files in a folder."""

    kind = "file"
    is_live = False

    def __init__(self, path: Path, *, shaper: Shaper):
        self.path, self.shaper = path, shaper

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
        missing: list[str] = []
        found: dict[tuple[str, datetime, str], LogEntry] = {}
        stopped, unreadable = False, 0
        for raw in self.raw_entries(missing.append):
            try:
                entry = self.shaper.entry(raw)
            except (Unreadable, AttributeError, TypeError, ValueError):
                unreadable += 1
                continue
            if (start and entry.timestamp < start) or (end and entry.timestamp > end):
                continue
            key = (entry.log_name, entry.timestamp, entry.insert_id)
            if key not in found and len(found) >= limit:
                stopped = True
                break
            found[key] = entry
            if on_progress and len(found) % 50_000 == 0:
                on_progress(f"{len(found)} log entries read")
        notes = [f"{unreadable} objects without a time stamp that can be read were left out"] if unreadable else []
        notes += ["a filter cannot be applied to a file"] if extra_filter else []
        return Reading(
            source="file", asked=Asked(start=start, end=end, filter=extra_filter, limit=limit), entries=in_order(found.values()),
            stopped=stopped, missing=tuple(missing), notes=tuple(notes),
        )  # fmt: skip

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

    def raw_entries(self, report: Report) -> Iterator[Mapping[str, Any]]:
        """The entries of all files as decoded objects, in the order in which they stand there."""
        for path in self.files():
            try:
                yield from raw_entries(path, lambda sentence, name=path.name: report(f"{name}: {sentence}"))
            except OSError as error:
                raise BadInput("logs.path", f"{path} cannot be read ({type(error).__name__})", ACCEPTED) from None
            except BadInput as refusal:
                if path == self.path:
                    raise BadInput("logs.path", f"{path.name}: {refusal.found}", ACCEPTED) from None
                report(f"{path.name}: {refusal.found}; it was left out")  # a note beside the exports spoils none of them
