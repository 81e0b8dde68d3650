"""What the servers' own log entries name as the cause, joined by trace id, noise taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lib.facts import Observation
from lib.whys.evidence.elimination import excluded
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.refusal import Evidence
from lib.whys.evidence.words import named_in
from lib.whys.probes import accepted

_LOUD = frozenset({"WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
_VARYING = re.compile(r"[0-9a-f]{8,}|\d+", re.IGNORECASE)


def named_by_logs(log: ObservationLog, refused: Iterable[Observation] | None = None) -> Mapping[str, Evidence]:
    """Causes that entries joined to these refused handshakes name, each with the entries; by default to the refused controls.

    An entry that also stands beside an accepted handshake is noise. Where loud entries (WARNING and above) name a cause, quiet
    ones
    do not count.
    What an observation refutes is not named, whatever a log says.
    """
    handshakes = list(refused) if refused is not None else [seen for seen in log.controls() if not accepted(seen)]
    traces = {seen.trace_id for seen in handshakes if seen.trace_id}
    passing = {seen.trace_id for seen in log.all if seen.trace_id and (accepted(seen) or _served(seen))}
    noise = {_template(entry) for entry in log.logs() if entry.trace_id in passing}
    entries = [entry for entry in log.logs() if entry.trace_id in traces and _template(entry) not in noise]
    loud = [entry for entry in entries if str(entry.finding.get("severity") or "").upper() in _LOUD]
    refuted = excluded(log) if refused is None else {}
    return _named(loud, refuted) or _named(entries, refuted)


def _named(entries: list[Observation], refuted: Mapping[str, Evidence]) -> dict[str, Evidence]:
    found: dict[str, list[str]] = {}
    for entry in entries:
        for name in named_in(entry.body_excerpt):
            if name not in refuted:
                found.setdefault(name, []).append(entry.id)
    return {name: tuple(ids) for name, ids in found.items()}


def _served(seen: Observation) -> bool:
    return seen.kind == "rest" and seen.status is not None and 200 <= seen.status < 300


def _template(entry: Observation) -> str:
    return _VARYING.sub("#", entry.body_excerpt)
