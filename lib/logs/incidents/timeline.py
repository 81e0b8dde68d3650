"""What changed on the servers while we looked: deployments, revisions and instances as marks on one time axis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lib.facts import LogEntry, rfc3339
from lib.logs.incidents.templates import first_line
from lib.logs.sources.fields import value_at
from lib.logs.sources.severities import RANK

_METHOD = re.compile(
    r"(?:Create|Replace|Update|Delete|Patch)(?:Service|Revision|Job|Internal|Function|Deployment)|Services\.|Revisions\.",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at a moment; `insert_id` is the entry that tells of it."""

    at: datetime
    kind: Literal["deployment", "revision", "exit"]
    text: str
    insert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A change of what runs: when, of which revision where it is told, and how it ended."""

    at: datetime
    revision: str | None
    outcome: str
    insert_id: str

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {"at": rfc3339(self.at), "revision": self.revision, "outcome": self.outcome}


def deployments_in(entries: Sequence[LogEntry]) -> tuple[Deployment, ...]:
    """What audit entries tell of services and revisions that were created, replaced or deleted, in time order."""
    return tuple(
        Deployment(at=entry.timestamp, revision=_revision_of(entry), outcome=_outcome_of(entry), insert_id=entry.insert_id)
        for entry in entries
        if entry.layer == "audit" and _METHOD.search(str((entry.payload or {}).get("methodName", "")) + entry.text)
    )


def _revision_of(entry: LogEntry) -> str | None:
    payload = entry.payload or {}
    for path in ("response.status.latestCreatedRevisionName", "response.metadata.name", "response.spec.template.metadata.name",
                 "request.service.spec.template.metadata.name", "resourceName"):  # fmt: skip
        value = value_at(payload, path)
        if isinstance(value, str) and ("revisions/" in value or path.endswith("RevisionName") or "template" in path):
            return value.rpartition("/")[2]
    return entry.revision


def _outcome_of(entry: LogEntry) -> str:
    payload = entry.payload or {}
    status = payload.get("status")
    method = str(payload.get("methodName") or entry.text.partition(" ")[0]).rpartition(".")[2] or "deployment"
    if isinstance(status, dict) and status.get("code"):
        return f"{method} failed: {first_line(str(status.get('message') or status.get('code')))}"
    return f"{method} failed" if RANK[entry.severity or "DEFAULT"] >= RANK["ERROR"] else f"{method} done"


def timeline_of(entries: Sequence[LogEntry]) -> tuple[Mark, ...]:
    """Audit entries, the first entry of each further revision, and containers that ended, in time order.

    The revision that is there from the start is no change, so it gets no mark.
    """
    marks: list[Mark] = []
    revisions: set[str] = set()
    for entry in entries:
        if entry.layer == "audit":
            told = next(iter(deployments_in([entry])), None)
            text = f"{told.revision or 'deployment'}: {told.outcome}" if told else entry.text or "audit entry"
            marks.append(Mark(at=entry.timestamp, kind="deployment", text=text, insert_id=entry.insert_id))
        if entry.revision and entry.revision not in revisions:
            if revisions:
                marks.append(
                    Mark(at=entry.timestamp, kind="revision", text=f"{entry.revision} appears", insert_id=entry.insert_id)
                )
            revisions.add(entry.revision)
        if "Container called exit(" in entry.text:
            marks.append(Mark(at=entry.timestamp, kind="exit", text=entry.text.strip(), insert_id=entry.insert_id))
    return tuple(marks)
