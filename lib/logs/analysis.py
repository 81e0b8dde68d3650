"""The logs' part of an investigation: read, join, tell what happened; everything it says names its entries."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lib.facts import LOGS_REFUSED, Exchange, rfc3339
from lib.logs import large_exports
from lib.logs.correlation.clock_skew import Skew
from lib.logs.correlation.correlate import Pair, correlate
from lib.logs.correlation.engines import open_engine
from lib.logs.incidents.incidents import Incident, find_incidents
from lib.logs.incidents.templates import Change, Contrast, changes_since, contrasts_between
from lib.logs.incidents.timeline import Mark, deployments_in, timeline_of
from lib.logs.sources.files import FileSource
from lib.logs.sources.opening import Source
from lib.logs.sources.reading import Asked, Progress, Reading

if TYPE_CHECKING:
    from lib.parameters.model import LogSettings

AROUND = timedelta(seconds=60)
FLUSH_S = 3.0
"""How long after the last exchange entries may still arrive; silence is read only after that."""
REMOTE_FLUSH_S = 15.0
KEPT = "these are the entries that the round kept; the source was not asked again"


@dataclass(frozen=True, kw_only=True)
class LogReport:
    """What the logs say. `failing` names the exchanges that were refused, which `contrasts` compares with the others.

    `changes` is what appeared or vanished since the last round's entries; None where there are none to compare with.
    """

    reading: Reading
    engine: str
    pairs: tuple[Pair, ...]
    incidents: tuple[Incident, ...]
    contrasts: tuple[Contrast, ...]
    skew: Skew | None
    timeline: tuple[Mark, ...]
    failing: frozenset[str]
    changes: tuple[Change, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's `logs`."""
        asked = self.reading.asked
        return {
            "schema": 1,
            "source": self.reading.source,
            "engine": self.engine,
            "asked": {
                "from": rfc3339(asked.start) if asked.start else None,
                "to": rfc3339(asked.end) if asked.end else None,
                "filter": asked.filter,
                "limit": asked.limit,
            },
            "seen": self.reading.seen(),
            "incidents": [incident.as_json() for incident in self.incidents],
            "deployments": [deployment.as_json() for deployment in deployments_in(self.reading.entries)],
            "unread": [one.as_json() for one in self.reading.unread_and_missing()],
            "pairs": [pair.as_json() for pair in self.pairs],
            "skew_ms": self.skew.as_json() if self.skew else None,
            "contrasts": [contrast.as_json() for contrast in self.contrasts],
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row an exchange, for a table file."""
        return [
            {**pair.as_json(), **{f"seen_by_{layer}": seen for layer, seen in pair.seen_by.items()},
            "confidence": pair.confidence,
             "why_not": pair.why_not}
            for pair in self.pairs
        ]  # fmt: skip


def investigate_logs(
    settings: LogSettings,
    source: Source,
    exchanges: Sequence[Exchange],
    *,
    now: datetime,
    before: Reading | None = None,
    on_progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> LogReport:
    """Reads the window of the exchanges and says what stands there; waits for late entries before silence counts."""
    engine = open_engine(settings.engine, dataset=settings.path, project=settings.project)
    start, end = window(settings, exchanges, now=now)
    tell = on_progress or (lambda _: None)
    if source.is_live and exchanges:
        _await_flush(source, exchanges, now=now, sleep=sleep)
    reading = replace(_read(source, exchanges, start=start, end=end, limit=settings.limit, on_progress=on_progress), read_at=now)
    for sentence in (*reading.missing, *reading.notes, *reading.cut_short()):
        tell(sentence)
    return report_on(reading, exchanges, engine=engine, before=before)


def repeat_logs(
    settings: LogSettings, kept: Reading, exchanges: Sequence[Exchange], *, anyway: bool = False, before: Reading | None = None
) -> LogReport | None:
    """The same from entries that were read before, without the source; None where another reading would ask for more.

    With `anyway` only another source is a reason against: of exchanges outside the kept window nothing can then be told.
    """
    if kept.source != settings.source or not (anyway or _covers(kept, settings, exchanges)):
        return None
    # What a linked data set joined is joined here: the entries are at hand.
    engine = open_engine("duckdb" if settings.engine == "bigquery" else settings.engine)
    return report_on(replace(kept, notes=tuple(dict.fromkeys((*kept.notes, KEPT)))), exchanges, engine=engine, before=before)


def without_entries(settings: LogSettings, exchanges: Sequence[Exchange], why: str) -> LogReport:
    """What is left where the source refused: the exchanges, and that nothing could be read of them."""
    reading = Reading(source=settings.source, asked=Asked(filter=settings.filter, limit=settings.limit), stopped=None,
                      missing=(f"{LOGS_REFUSED}{why}",))  # fmt: skip
    return report_on(reading, exchanges)


def _covers(kept: Reading, settings: LogSettings, exchanges: Sequence[Exchange]) -> bool:
    asked = kept.asked
    if asked.limit != settings.limit:
        return False
    if not exchanges:
        return (settings.from_, settings.to) in ((None, None), (asked.start, asked.end))
    if kept.read_at is None or max(map(_over, exchanges)) > kept.read_at:
        return False
    start, end = window(settings, exchanges, now=kept.read_at)
    from_then = asked.start is None or (start is not None and asked.start <= start)
    return from_then and (asked.end is None or (end is not None and end <= asked.end))


def _read(
    source: Source,
    exchanges: Sequence[Exchange],
    *,
    start: datetime | None,
    end: datetime | None,
    limit: int,
    on_progress: Progress | None,
) -> Reading:
    if isinstance(source, FileSource) and limit > large_exports.MOST_ENTRIES and large_exports.is_large(source):
        return large_exports.read_large(source, exchanges, start=start, end=end, limit=limit)
    return source.read(start=start, end=end, limit=limit, on_progress=on_progress)


def report_on(reading: Reading, exchanges: Sequence[Exchange], *, engine: Any = None, before: Reading | None = None) -> LogReport:
    """What a reading says of these exchanges; needs no source, so a notebook repeats it from the record."""
    engine = engine or open_engine("duckdb")
    reading = replace(reading, notes=(*reading.notes, *_of_another_time(reading, exchanges)))
    pairs, skew = correlate(exchanges, reading, engine)
    failing = frozenset(exchange.id for exchange in exchanges if is_failing(exchange))
    ours = frozenset(exchange.trace_id for exchange in exchanges if exchange.trace_id)
    incidents = find_incidents(reading.entries, traces_of_interest=ours)
    return LogReport(
        reading=reading, engine=engine.name, pairs=pairs, incidents=incidents, skew=skew, failing=failing,
        contrasts=contrasts_between(reading.entries, pairs, failing), timeline=timeline_of(reading.entries),
        changes=changes_since(before.entries, reading.entries) if before is not None else None,
    )  # fmt: skip


def _of_another_time(reading: Reading, exchanges: Sequence[Exchange]) -> list[str]:
    """That the logs are of another time than the exchanges, where they are; the same is not said twice."""
    if not reading.entries or not exchanges:
        return []
    first, last = min(exchange.at for exchange in exchanges), max(_over(exchange) for exchange in exchanges)
    if reading.entries[-1].timestamp >= first - AROUND and reading.entries[0].timestamp <= last + AROUND:
        return []
    theirs = f"{first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
    said = f"no entry is of the exchanges' time, {theirs}: these logs tell nothing of them"
    return [] if said in reading.notes else [said]


def is_failing(exchange: Exchange) -> bool:
    """Whether an exchange was refused or broke: a handshake that was not accepted, a REST answer of 400 or more, no answer."""
    if exchange.kind == "handshake":
        return not exchange.accepted
    return exchange.status is None or exchange.status >= 400


def window(settings: LogSettings, exchanges: Sequence[Exchange], *, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when to when to read: as set, else around the exchanges, else the last hour; a file is read whole."""
    if settings.source in {"file", "command"}:
        return settings.from_, settings.to
    if exchanges:
        first = min(exchange.at for exchange in exchanges) - AROUND
        last = max(_over(exchange) for exchange in exchanges) + AROUND
    else:
        first, last = now - timedelta(hours=1), now
    return settings.from_ or first, settings.to or last


def _over(exchange: Exchange) -> datetime:
    return exchange.at + timedelta(milliseconds=exchange.elapsed_ms)


def _await_flush(source: Source, exchanges: Sequence[Exchange], *, now: datetime, sleep: Callable[[float], None]) -> None:
    """Waits until what the last exchange caused can be expected to have arrived, and no longer where a control shows it has."""
    last = max(exchanges, key=_over)
    remaining_s = (REMOTE_FLUSH_S if getattr(source, "is_remote", False) else FLUSH_S) - (now - _over(last)).total_seconds()
    if remaining_s <= 0:
        return
    if last.trace_id:
        source.for_traces([last.trace_id], since=last.at, wait_s=remaining_s)
    else:
        sleep(remaining_s)
