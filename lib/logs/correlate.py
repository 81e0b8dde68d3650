"""Exchanges beside entries: certainly by trace id, else by path, status and window; one entry belongs to one exchange."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

from lib.facts import Exchange, LogEntry
from lib.logs import skew as clock
from lib.logs.engines import Engine
from lib.logs.reading import Reading
from lib.logs.requests import entry_row, entry_span, exchange_row, exchange_span, microseconds
from lib.logs.skew import Skew

QUERY = (Path(__file__).parent / "correlate.sql").read_text(encoding="utf-8")
LAYERS = ("edge", "platform", "application")
_DELAYS = ("delta_us", "end_delta_us")
_SURE_ENOUGH = 0.6
"""Below this another pair is nearly as likely, and none is better than a wrong one; above a half, so that pairs are one to one."""

EXCHANGE_COLUMNS = {
    "exchange_id": "varchar", "trace_id": "varchar", "method": "varchar", "path": "varchar", "status": "bigint", "user_agent": "varchar",
    "start_us": "bigint", "end_us": "bigint",
}  # fmt: skip
ENTRY_COLUMNS = {
    "log_name": "varchar", "insert_id": "varchar", "layer": "varchar", "trace_id": "varchar", "method": "varchar", "path": "varchar",
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


@dataclass(frozen=True, slots=True)
class _Match:
    exchange: str
    log_name: str
    insert_id: str
    layer: str
    confidence: float


def correlate(exchanges: Sequence[Exchange], reading: Reading, engine: Engine) -> tuple[tuple[Pair, ...], Skew | None]:
    """Each exchange with its entries, and the clock difference that windows were moved by."""
    if not exchanges:
        return (), None
    entries = [entry for entry in reading.entries if entry.layer != "audit"]
    skew = estimate_skew(exchanges, entries)
    rows = candidates(exchanges, [entry_row(entry) for entry in entries], skew, engine)
    traced = [_Match(row["exchange_id"], row["log_name"], row["insert_id"], row["layer"], 1.0) for row in rows if row["how"] == "trace"]
    near = [row for row in rows if row["how"] == "window"]
    found: dict[str, list[_Match]] = defaultdict(list)
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
    told_of = [entry for entry in requests if entry.trace_id in by_trace] or list(lines.values())
    if told_of:
        return clock.from_pairs((exchange_span(by_trace[entry.trace_id]), entry_span(entry)) for entry in told_of)
    asked = [(row, exchange_span(exchange)) for exchange in exchanges if (row := exchange_row(exchange))["status"]]
    told = [(row, entry_span(entry)) for entry in requests if (row := entry_row(entry))["path"]]
    agents = {row["user_agent"] for row, _ in asked} & {row["user_agent"] for row, _ in told} - {None}
    return clock.from_windows([(_key(row, agents), span) for row, span in asked], [(_key(row, agents), span) for row, span in told])


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


def one_to_one(near: Sequence[Mapping[str, Any]]) -> list[_Match]:
    """The pairs whose delays are most like those of the uncontested ones.

    No entry and no exchange comes twice within a log: of two that contend for one, at most one is clearly nearer.
    """
    by_log: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in near:
        by_log[row["log_name"]].append(row)
    return [match for rows in by_log.values() for match in _matches(rows)]


def _matches(rows: Sequence[Mapping[str, Any]]) -> Iterator[_Match]:
    uncontested = [row for row in rows if row["rivals"] == 1 and row["claimants"] == 1] or rows
    usual = tuple(median(row[name] for row in uncontested) for name in _DELAYS)
    far = {id(row): sum(abs(row[name] - middle) for name, middle in zip(_DELAYS, usual, strict=True)) + 1_000 for row in rows}
    rivals: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        rivals["exchange", row["exchange_id"]].append(row)
        rivals["entry", row["insert_id"]].append(row)
    for row in rows:
        others = [
            far[id(other)]
            for end in (("exchange", row["exchange_id"]), ("entry", row["insert_id"]))
            for other in rivals[end]
            if other is not row
        ]
        confidence = _confidence(far[id(row)], min(others, default=None))
        if confidence >= _SURE_ENOUGH:
            yield _Match(row["exchange_id"], row["log_name"], row["insert_id"], row["layer"], confidence)


def _confidence(own: float, next_best: float | None) -> float:
    """How much nearer to the usual delays a pair is than the next one that wants the same exchange or entry."""
    return 0.95 if next_best is None else min(0.9, next_best / (own + next_best))


class _Silence:
    """Where no entry means that a layer was not reached: a control has appeared there, and the reading is whole."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        reading: Reading,
        found: Mapping[str, list[_Match]],
        by_trace: frozenset[str],
        near: set[tuple[str, str]],
        skew: Skew | None,
    ):
        self.reading, self.near, self.skew, self.is_whole = reading, near, skew, reading.complete
        controls = {exchange.id for exchange in exchanges if exchange.of == "control"}
        self.shown = {
            how: {match.layer for control in controls for match in found.get(control, ()) if (control in by_trace) == (how == "trace")}
            for how in ("trace", "window")
        }

    def at(self, exchange: Exchange, layer: str) -> bool | None:
        """False where the silence of a layer about this exchange is evidence, else None."""
        if not self.is_whole or not self._covered(exchange):
            return None
        if layer in self.shown["trace"]:
            return False if exchange.trace_id else None
        if layer in self.shown["window"] and exchange.status and (exchange.id, layer) not in self.near:
            return False
        return None

    def _covered(self, exchange: Exchange) -> bool:
        moment_us = microseconds(exchange.at) + int((self.skew.estimate_ms if self.skew else 0.0) * 1000)
        asked = self.reading.asked
        entries = self.reading.entries
        first = asked.start or (entries[0].timestamp if entries else None)
        last = asked.end or (entries[-1].timestamp if entries else None)
        return first is not None and last is not None and microseconds(first) <= moment_us <= microseconds(last)


def _pair(exchange: Exchange, matches: list[_Match], is_traced: bool, silence: _Silence) -> Pair:
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
    if exchange.status is None:
        return "it got no HTTP answer, and no entry has its trace id"
    if silence.skew is None:
        return "no entry tells of a like request, and none has its trace id"
    if silence.skew.is_ambiguous:
        return "several clock differences explain the entries equally well"
    contested = any(name == exchange.id for name, _ in silence.near)
    return "several entries resemble it equally" if contested else "no entry of its path and status lies in its window"
