"""What the servers' own log entries name as the cause, joined by trace id, noise taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lib.facts import Observation
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.elimination import excluded
from lib.whys.evidence.features import Evidence
from lib.whys.evidence.observations import ObservationLog
from lib.whys.probes import accepted

_LOUD = frozenset({"WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
_HEDGED = re.compile(
    r"\bor\b|\b(?:invalid|bad|wrong|missing|malformed|expired|unknown|inactive) ?/ ?\w|"
    r"\b(?:possibl[ey]|perhaps|maybe|may be|might be|could be|either|e\.g\.|such as)\b",
    re.IGNORECASE,
)
"""A line that offers several explanations ("invalid or expired token") has not looked which one it is."""
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


def named_in(words: str) -> tuple[str, ...]:
    """The causes that a server's own words name."""
    lines = [line for line in words.splitlines() if not _HEDGED.search(line)]
    return tuple(cause.id for cause in CATALOGUE.values() if cause.pattern is not None and any(map(cause.pattern.search, lines)))


def _served(seen: Observation) -> bool:
    return seen.kind == "rest" and seen.status is not None and 200 <= seen.status < 300


def _template(entry: Observation) -> str:
    return _VARYING.sub("#", entry.body_excerpt)


UNREAD = ("credential-malformed", "credential-carrier", "edge-strips-credential")
"""What it means when a server says that there is no credential, and one was sent."""


def said_to_be_absent(log: ObservationLog) -> Evidence:
    """The entries that say of a refused control that it carried no credential."""
    traces = {seen.trace_id for seen in log.controls() if not accepted(seen)}
    found = (entry for entry in log.logs() if entry.trace_id in traces)
    return tuple(entry.id for entry in found if "credential-absent" in named_in(entry.body_excerpt))
