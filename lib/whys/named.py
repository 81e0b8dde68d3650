"""What the servers' own log entries name as the cause, joined by trace id, noise taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lib.facts import Observation
from lib.whys.causes import CATALOGUE
from lib.whys.elimination import excluded
from lib.whys.features import Evidence
from lib.whys.ledger import Ledger
from lib.whys.steps import accepted

_LOUD = frozenset({"WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
_VARYING = re.compile(r"[0-9a-f]{8,}|\d+", re.IGNORECASE)


def named_by_logs(ledger: Ledger, refused: Iterable[Observation] | None = None) -> Mapping[str, Evidence]:
    """Causes that entries joined to these refused handshakes name, each with the entries; by default to the refused controls.

    An entry that also stands beside an accepted handshake is noise. Where loud entries (WARNING and above) name a cause, quiet ones
    do not count.
    What an observation refutes is not named, whatever a log says.
    """
    handshakes = list(refused) if refused is not None else [seen for seen in ledger.controls() if not accepted(seen)]
    traces = {seen.trace_id for seen in handshakes if seen.trace_id}
    passing = {seen.trace_id for seen in ledger.handshakes() if accepted(seen) and seen.trace_id}
    noise = {_template(entry) for entry in ledger.logs() if entry.trace_id in passing}
    entries = [entry for entry in ledger.logs() if entry.trace_id in traces and _template(entry) not in noise]
    loud = [entry for entry in entries if str(entry.finding.get("severity") or "").upper() in _LOUD]
    refuted = excluded(ledger) if refused is None else {}
    return _named(loud, refuted) or _named(entries, refuted)


def _named(entries: list[Observation], refuted: Mapping[str, Evidence]) -> dict[str, Evidence]:
    found: dict[str, list[str]] = {}
    for entry in entries:
        for cause in CATALOGUE.values():
            if cause.id not in refuted and cause.pattern is not None and cause.pattern.search(entry.body_excerpt):
                found.setdefault(cause.id, []).append(entry.id)
    return {name: tuple(ids) for name, ids in found.items()}


def _template(entry: Observation) -> str:
    return _VARYING.sub("#", entry.body_excerpt)


UNREAD = ("credential-malformed", "credential-carrier", "edge-strips-credential")
"""What it means when a server says that there is no credential, and one was sent."""


def said_to_be_absent(ledger: Ledger) -> Evidence:
    """The entries that say of a refused control that it carried no credential."""
    traces = {seen.trace_id for seen in ledger.controls() if not accepted(seen)}
    pattern = CATALOGUE["credential-absent"].pattern
    found = (entry for entry in ledger.logs() if entry.trace_id in traces)
    return tuple(entry.id for entry in found if pattern and pattern.search(entry.body_excerpt))
