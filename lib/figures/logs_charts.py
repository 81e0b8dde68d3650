"""Notebook 03's charts: one exchange's life on one time axis, and the severities in time with deployments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lib.facts import Exchange, LogEntry
from lib.figures.display.chart import BAD, CALM, PALETTE, Band, Rule, Series
from lib.figures.display.plot import Plot
from lib.figures.display.table import Prose, text_of

LANES = ("client", "edge", "platform", "application", "other")
SEVERITIES = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG", "DEFAULT")
BINS = 60
MAX_MARKS = 20
_MARKS = {"deployment": PALETTE[3], "revision": PALETTE[2], "exit": BAD}


def life(report: Any, exchanges: Sequence[Exchange], identifier: str | None = None) -> Plot | Prose:
    """One exchange as the client timed it and as each layer wrote of it, in the client's time at zero; raw times are not
    rewritten.

    The band is where a server's moment may lie by our clock, given what is known of the clock difference. Without an identifier
    the refused exchange with the most entries is shown, else any.
    """
    known = {exchange.id: exchange for exchange in exchanges}
    candidates = [pair for pair in report.pairs if pair.exchange in known and (identifier in (None, pair.exchange))]
    if not candidates:
        return Prose(["No exchange of this round is known, so there is none to draw."])
    pair = max(candidates, key=lambda one: _telling(one, known[one.exchange], report.failing))
    exchange, wanted = known[pair.exchange], set(pair.insert_ids)
    entries = [entry for entry in report.reading.entries if entry.insert_id in wanted]
    spans = [entry for entry in entries if (entry.request or {}).get("latency_s")]
    moments = [entry for entry in entries if entry not in spans]
    series = [_client(exchange)]
    if spans:
        lengths = [float(entry.request["latency_s"]) * 1000 for entry in spans]  # type: ignore[index]
        starts = [_since(exchange, entry.timestamp) for entry in spans]
        hover, lanes = [_words(entry) for entry in spans], [_lane(entry) for entry in spans]
        series.append(
            Series(
                name="request entry, as stamped", kind="bars", x=lengths, y=lanes, start=starts, hover=hover, colour=PALETTE[5]
            )
        )
    if moments:
        x, lanes = [_since(exchange, entry.timestamp) for entry in moments], [_lane(entry) for entry in moments]
        hover = [_words(entry) for entry in moments]
        series.append(
            Series(
                name="entry, as stamped", kind="points", x=x, y=lanes, hover=hover, labels=_labels(x, lanes, moments), colour=BAD
            )
        )
    return Plot(
        title=f"{exchange.kind} {urlsplit(exchange.url).path}: {exchange.status or 'no answer'}",
        x_title="milliseconds since the client began (by each writer's own clock)",
        y_title="who wrote it",
        lanes=[lane for lane in LANES if lane == "client" or lane in {_lane(entry) for entry in entries} or lane in LANES[:4]],
        series=series,
        bands=_bands(report),
        note="; ".join([f"{pair.exchange}, joined by {pair.how}", *_silence(pair)]),
    )


def severities(report: Any, exchanges: Sequence[Exchange] = ()) -> Plot | Prose:
    """Entries by severity in time, the larger the more; deployments and revisions are drawn across, the round's exchanges
    behind."""
    from lib.logs.sources.reading import severity

    entries = report.reading.entries
    if not entries:
        return Prose(["No entry was read: nothing can be drawn, and nothing follows from that."])
    start = min(entry.timestamp for entry in entries)
    width_s = max((max(entry.timestamp for entry in entries) - start).total_seconds(), 1.0) / BINS
    counted = Counter((severity(entry), int((entry.timestamp - start).total_seconds() / width_s)) for entry in entries)
    total = Counter(severity(entry) for entry in entries)
    series = []
    for name in (name for name in SEVERITIES if total[name]):
        cells = sorted((place, number) for (one, place), number in counted.items() if one == name)
        x, sizes = [(place + 0.5) * width_s for place, _ in cells], [min(26.0, 5 + 3 * number**0.5) for _, number in cells]
        colour = BAD if name in SEVERITIES[:4] else PALETTE[4] if name == "WARNING" else CALM
        hover = [f"{number} × {name} within {width_s:.3g} s" for _, number in cells]
        series.append(
            Series(
                name=f"{name} (n = {total[name]})", kind="points", x=x, y=[name] * len(x), hover=hover, sizes=sizes, colour=colour
            )
        )
    rules = [
        Rule(at=(mark.at - start).total_seconds(), text=text, colour=_MARKS[mark.kind])
        for mark, text in _apart(report.timeline, width_s * BINS)[:MAX_MARKS]
    ]
    ours = sorted((exchange.at - start).total_seconds() for exchange in exchanges)
    return Plot(
        title=f"Entries by severity (n = {len(entries)})",
        x_title=f"seconds since {start.isoformat(timespec='seconds').replace('+00:00', 'Z')}",
        y_title="severity",
        lanes=[name for name in SEVERITIES if total[name]],
        series=series,
        rules=rules,
        bands=[Band(low=ours[0], high=max(ours[-1], ours[0] + width_s), text="this round's exchanges", colour=PALETTE[5])]
        if ours
        else [],
    )


def _short(mark: Any) -> str:
    return str(mark.text)[:60]


def _apart(marks: Sequence[Any], total_s: float) -> list[tuple[Any, str]]:
    """Marks with their texts; those too near to each other to be read apart are one, and say how many they are."""
    groups: list[list[Any]] = []
    for mark in marks:
        if groups and (mark.at - groups[-1][0].at).total_seconds() < total_s / 25:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    told = []
    for group in groups:
        gravest = max(group, key=lambda mark: ("failed" in mark.text, mark.kind == "deployment", mark.kind == "exit"))
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        told.append((gravest, f"{_short(gravest)}{more}"))
    return told


def _client(exchange: Exchange) -> Series:
    took = f"{exchange.elapsed_ms:.3g} ms"
    return Series(
        name="client", kind="bars", x=[exchange.elapsed_ms], y=["client"], start=[0.0], labels=[took], hover=[f"client: {took}"]
    )


def _bands(report: Any) -> list[Band]:
    skew = report.as_json()["skew_ms"]
    if skew is None:
        return []
    text = f"the client's start by the servers' clock: {skew['low']:+.3g} … {skew['high']:+.3g} ms (n = {skew['n']})"
    return [Band(low=skew["low"], high=skew["high"], text=text)]


def _telling(pair: Any, exchange: Exchange, failing: Collection[str]) -> tuple[bool, bool, int]:
    """A refusal that somebody wrote of tells most, a handshake more than a REST request."""
    return (
        bool(pair.insert_ids) and pair.exchange in failing and exchange.status != 101,
        exchange.kind == "handshake",
        len(pair.insert_ids),
    )


def _silence(pair: Any) -> list[str]:
    silent = [layer for layer, value in pair.seen_by.items() if value is False]
    unknown = [layer for layer, value in pair.seen_by.items() if value is None]
    words = [f"silent although a control appeared there: {', '.join(silent)}"] if silent else []
    return [*words, *([f"cannot be told: {', '.join(unknown)}"] if unknown else [])]


def _labels(x: Sequence[float], lanes: Sequence[str], entries: Sequence[LogEntry]) -> list[str]:
    # Labels of neighbours would lie on each other: only the last entry of a lane is labelled.
    last = {
        lane: max((at, place) for place, (at, one) in enumerate(zip(x, lanes, strict=True)) if one == lane)[1] for lane in lanes
    }
    return [
        text_of(entry.text)[:48] if last[lane] == place else ""
        for place, (lane, entry) in enumerate(zip(lanes, entries, strict=True))
    ]


def _words(entry: LogEntry) -> str:
    request = entry.request or {}
    told = entry.text or " ".join(str(request[name]) for name in ("method", "url", "status") if request.get(name))
    return f"{entry.layer} {entry.severity or ''} {told[:160]} [{entry.insert_id}]"


def _lane(entry: LogEntry) -> str:
    return entry.layer if entry.layer in LANES else "other"


def _since(exchange: Exchange, moment: datetime) -> float:
    return (moment - exchange.at).total_seconds() * 1000
