"""Exchanges beside entries: certainly by trace id, else by path, status and window; one entry belongs to one exchange."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from lib.facts import Exchange, LogEntry
from lib.logs.correlation import clock_skew as clock
from lib.logs.correlation.clock_skew import Skew
from lib.logs.correlation.engines import Engine
from lib.logs.correlation.matching import Match, one_to_one
from lib.logs.correlation.requests import entry_row, entry_span, exchange_row, exchange_span, microseconds, path_of
from lib.logs.sources.reading import Reading

QUERY = (Path(__file__).parent / "correlate.sql").read_text(encoding="utf-8")
_NEAR_US = 1_000_000
"""A like request this near to an exchange may be its own, stamped or timed otherwise than we think; then its absence is not
claimed."""
LAYERS = ("edge", "platform", "application")

EXCHANGE_COLUMNS = {
    "exchange_id": "varchar", "trace_id": "varchar", "method": "varchar", "path": "varchar", "status": "bigint",
    "user_agent": "varchar",
    "start_us": "bigint", "end_us": "bigint",
}  # fmt: skip
ENTRY_COLUMNS = {
    "log_name": "varchar", "insert_id": "varchar", "layer": "varchar", "trace_id": "varchar", "method": "varchar",
    "path": "varchar",
    "status": "bigint", "user_agent": "varchar", "start_us": "bigint", "end_us": "bigint",
}  # fmt: skip
CLOCK_COLUMNS = {"low_us": "bigint", "high_us": "bigint", "traces_travel": "bigint", "joins_windows": "bigint"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One exchange and its entries. `confidence` is 1 for a trace id and below 1 for a window, 0 without entries.

    `seen_by`: True where a layer wrote of it; False only where its silence is evidence; None where nothing can be told.
    `why_not` says in words why nothing was joined.
    """

    exchange: str
    of: str
    trace_id: str | None
    how: Literal["trace", "window", "none"]
    insert_ids: tuple[str, ...]
    seen_by: Mapping[str, bool | None]
    confidence: float
    why_not: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's form; confidence and reasons stay with the notebook."""
        return {
            "exchange": self.exchange, "of": self.of, "trace_id": self.trace_id, "how": self.how,
            "insert_ids": list(self.insert_ids), "seen_by": dict(self.seen_by),
        }  # fmt: skip


def correlate(exchanges: Sequence[Exchange], reading: Reading, engine: Engine) -> tuple[tuple[Pair, ...], Skew | None]:
    """Each exchange with its entries, and the clock difference that windows were moved by."""
    if not exchanges:
        return (), None
    entries = [entry for entry in reading.entries if entry.layer != "audit"]
    skew = estimate_skew(exchanges, entries)
    rows = candidates(exchanges, [entry_row(entry) for entry in entries], skew, engine)
    traced = [
        Match(row["exchange_id"], row["log_name"], row["insert_id"], row["layer"], 1.0) for row in rows if row["how"] == "trace"
    ]
    near = [row for row in rows if row["how"] == "window"]
    found: dict[str, list[Match]] = defaultdict(list)
    for match in [*traced, *one_to_one(near)]:
        found[match.exchange].append(match)
    by_trace = frozenset(match.exchange for match in traced)
    silence = _Silence(exchanges, reading, found, by_trace, {(row["exchange_id"], row["layer"]) for row in near}, skew)
    return tuple(_pair(exchange, found[exchange.id], exchange.id in by_trace, silence) for exchange in exchanges), skew


def estimate_skew(exchanges: Sequence[Exchange], entries: Sequence[LogEntry]) -> Skew | None:
    """From the pairs that share a trace id where there are any, else from requests that look alike."""
    requests = [entry for entry in entries if entry.request]
    by_trace = {exchange.trace_id: exchange for exchange in exchanges if exchange.trace_id}
    # Without request entries the first line of each trace will do: it was written while the exchange went on.
    lines = {entry.trace_id: entry for entry in reversed(entries) if entry.trace_id in by_trace}
    told_of: dict[str, list[LogEntry]] = defaultdict(list)
    for entry in [entry for entry in requests if entry.trace_id in by_trace] or lines.values():
        told_of[entry.trace_id or ""].append(entry)
    if told_of:
        return clock.from_pairs(
            (exchange_span(by_trace[name]), [entry_span(one) for one in told]) for name, told in told_of.items()
        )
    asked = [(row, exchange_span(exchange)) for exchange in exchanges if (row := exchange_row(exchange))["status"]]
    told = [(row, entry_span(entry)) for entry in requests if (row := entry_row(entry))["path"]]
    agents = {row["user_agent"] for row, _ in asked} & {row["user_agent"] for row, _ in told} - {None}
    return clock.from_windows(
        [(_key(row, agents), span) for row, span in asked], [(_key(row, agents), span) for row, span in told]
    )


def _key(row: Mapping[str, Any], agents: set[str | None]) -> tuple[str, str, int, str | None]:
    return row["method"], row["path"], row["status"], row["user_agent"] if agents else None


def candidates(
    exchanges: Sequence[Exchange], entries: Iterable[Mapping[str, Any]], skew: Skew | None, engine: Engine
) -> list[dict[str, Any]]:
    """The rows of correlate.sql on an engine."""
    rows = list(entries)
    asked = [exchange_row(exchange) for exchange in exchanges]
    return engine.rows(
        QUERY,
        {
            "exchanges": (EXCHANGE_COLUMNS, asked),
            "entries": (ENTRY_COLUMNS, rows),
            "clock": (CLOCK_COLUMNS, [clock_row(asked, {row["trace_id"] for row in rows}, skew)]),
        },
    )


def clock_row(asked: Iterable[Mapping[str, Any]], known_traces: set[str | None], skew: Skew | None) -> dict[str, int]:
    """The single row of `clock`: where one of our trace ids arrived, an entry with a foreign one is not ours."""
    travels = any(row["trace_id"] in known_traces for row in asked if row["trace_id"])
    usable = skew is not None and not skew.is_ambiguous
    low_ms, high_ms = (skew.low_ms, skew.high_ms) if skew is not None else (0.0, 0.0)
    return {
        "low_us": int(low_ms * 1000) - clock.SLACK_US, "high_us": int(high_ms * 1000) + clock.SLACK_US,
        "traces_travel": int(travels), "joins_windows": int(usable),
    }  # fmt: skip


class _Silence:
    """Where no entry means that a layer was not reached: a control has appeared there, and the reading is whole."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        reading: Reading,
        found: Mapping[str, list[Match]],
        by_trace: frozenset[str],
        near: set[tuple[str, str]],
        skew: Skew | None,
    ):
        self.reading, self.near, self.skew, self.is_whole = reading, near, skew, reading.complete
        self.unclaimed = _unclaimed(reading.entries, found)
        controls = {exchange.id for exchange in exchanges if exchange.of == "control"}
        self.shown = {
            how: {
                match.layer
                for control in controls
                for match in found.get(control, ())
                if (control in by_trace) == (how == "trace")
            }
            for how in ("trace", "window")
        }

    def at(self, exchange: Exchange, layer: str) -> bool | None:
        """False where the silence of a layer about this exchange is evidence, else None."""
        if not self.is_whole or not self._covered(exchange):
            return None
        if layer in self.shown["trace"]:
            return False if exchange.trace_id and not self._may_be_told_of(exchange, layer, with_traces=False) else None
        if layer in self.shown["window"] and exchange.status and (exchange.id, layer) not in self.near:
            return None if self._may_be_told_of(exchange, layer, with_traces=True) else False
        return None

    def came_later(self, exchange: Exchange) -> bool:
        """Whether the entries were read before the exchange was over."""
        over_at = exchange.at + timedelta(milliseconds=exchange.elapsed_ms)
        return self.reading.read_at is not None and over_at > self.reading.read_at

    def _may_be_told_of(self, exchange: Exchange, layer: str, *, with_traces: bool) -> bool:
        """Whether a request to the same path, however answered, that belongs to nobody else is told of near an exchange."""
        span, skew_us = exchange_span(exchange), int((self.skew.estimate_ms if self.skew else 0.0) * 1000)
        stamps = self.unclaimed.get((layer, path_of(exchange.url), False), [])
        if with_traces:
            stamps = sorted([*stamps, *self.unclaimed.get((layer, path_of(exchange.url), True), [])])
        first = bisect_left(stamps, span.start_us + skew_us - _NEAR_US)
        return first < len(stamps) and stamps[first] <= span.end_us + skew_us + _NEAR_US

    def _covered(self, exchange: Exchange) -> bool:
        if self.came_later(exchange):
            return False
        moment_us = microseconds(exchange.at) + int((self.skew.estimate_ms if self.skew else 0.0) * 1000)
        asked = self.reading.asked
        entries = self.reading.entries
        first = asked.start or (entries[0].timestamp if entries else None)
        last = asked.end or (entries[-1].timestamp if entries else None)
        return first is not None and last is not None and microseconds(first) <= moment_us <= microseconds(last)


def _unclaimed(
    entries: Iterable[LogEntry], found: Mapping[str, Iterable[Match]]
) -> dict[tuple[str, str | None, bool], list[int]]:
    """When requests were told of that belong to no exchange, by layer, path and whether the entry has a trace id."""
    claimed = {(match.log_name, match.insert_id) for matches in found.values() for match in matches}
    stamps: dict[tuple[str, str | None, bool], list[int]] = defaultdict(list)
    for entry in entries:
        if entry.request and (entry.log_name, entry.insert_id) not in claimed:
            stamps[entry.layer, path_of(entry.request.get("url")), entry.trace_id is not None].append(
                microseconds(entry.timestamp)
            )
    return {key: sorted(at) for key, at in stamps.items()}


def _pair(exchange: Exchange, matches: list[Match], is_traced: bool, silence: _Silence) -> Pair:
    layers = {match.layer for match in matches}
    how: Literal["trace", "window", "none"] = "trace" if is_traced else "window" if matches else "none"
    return Pair(
        exchange=exchange.id, of=exchange.of, trace_id=exchange.trace_id, how=how,
        insert_ids=tuple(dict.fromkeys(match.insert_id for match in matches)),
        seen_by={layer: True if layer in layers else silence.at(exchange, layer) for layer in LAYERS},
        confidence=min((match.confidence for match in matches), default=0.0),
        why_not=None if matches else _why_not(exchange, silence),
    )  # fmt: skip


def _why_not(exchange: Exchange, silence: _Silence) -> str:
    if not silence.reading.entries:
        return "no entries were read"
    if silence.came_later(exchange):
        return "the entries were read before it was over"
    if exchange.status is None:
        return "it got no HTTP answer, and no entry has its trace id"
    if silence.skew is None:
        return "no entry tells of a like request, and none has its trace id"
    if silence.skew.is_ambiguous:
        return "several clock differences explain the entries equally well"
    contested = any(name == exchange.id for name, _ in silence.near)
    return "several entries resemble it equally" if contested else "no entry of its path and status lies in its window"
