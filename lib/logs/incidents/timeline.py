"""What changed on the servers while we looked: deployments, revisions and instances as marks on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lib.facts import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at a moment; `insert_id` is the entry that tells of it."""

    at: datetime
    kind: Literal["deployment", "revision", "exit"]
    text: str
    insert_id: str


def timeline_of(entries: Sequence[LogEntry]) -> tuple[Mark, ...]:
    """Audit entries, the first entry of each further revision, and containers that ended, in time order.

    The revision that is there from the start is no change, so it gets no mark.
    """
    marks: list[Mark] = []
    revisions: set[str] = set()
    for entry in entries:
        if entry.layer == "audit":
            marks.append(Mark(at=entry.timestamp, kind="deployment", text=entry.text or "audit entry", insert_id=entry.insert_id))
        if entry.revision and entry.revision not in revisions:
            if revisions:
                marks.append(
                    Mark(at=entry.timestamp, kind="revision", text=f"{entry.revision} appears", insert_id=entry.insert_id)
                )
            revisions.add(entry.revision)
        if "Container called exit(" in entry.text:
            marks.append(Mark(at=entry.timestamp, kind="exit", text=entry.text.strip(), insert_id=entry.insert_id))
    return tuple(marks)
