"""Whether log entries tell accepted and refused handshakes apart by the revision or instance that answered."""

from __future__ import annotations

from lib.whys.evidence.observations import ObservationLog
from lib.whys.probes import accepted

ENOUGH = 2
"""So many handshakes of each outcome must carry a label before it tells them apart."""


def told_apart_by_revision(log: ObservationLog) -> tuple[str, tuple[str, ...]] | None:
    """The sentence and the entries, where refused handshakes were answered by other revisions (or instances) than accepted
    ones."""
    for label in ("revision", "instance"):
        passing: dict[str, str] = {}
        failing: dict[str, str] = {}
        by: list[str] = []
        for seen in log.handshakes():
            names = {
                str(entry.finding[label])
                for entry in log.logs()
                if entry.trace_id == seen.trace_id and entry.finding.get("layer") != "edge" and entry.finding.get(label)
            }
            if len(names) == 1:
                (passing if accepted(seen) else failing)[seen.id] = names.pop()
                by += [entry.id for entry in log.logs() if entry.trace_id == seen.trace_id][:1]
        if len(passing) >= ENOUGH and len(failing) >= ENOUGH and not set(passing.values()) & set(failing.values()):
            bad, good = ", ".join(sorted(set(failing.values()))), ", ".join(sorted(set(passing.values())))
            return (
                f"by the log, every refusal ({len(failing)}) came from {label} {bad} and every acceptance "
                f"({len(passing)}) from {good}",
                tuple(by),
            )
    return None
