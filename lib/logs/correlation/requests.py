"""Requests as correlation sees them: an exchange or an entry reduced to what both sides know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.facts import Exchange, LogEntry

Key = tuple[str, str, int, str | None]
"""Method, path, status, and the user agent where both sides tell it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in microseconds of the epoch. `is_open`: the end is not that of the answer (an accepted WebSocket)."""

    start_us: int
    end_us: int
    is_open: bool = False


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def path_of(url: str | None) -> str | None:
    """The path of a URL or of a request line's target, without its query."""
    if not url:
        return None
    # By hand, as this is done for every entry: taking URLs apart by the book costs more than all else.
    bare = url.partition("?")[0].partition("#")[0]
    _, scheme, rest = bare.partition("://")
    slash = rest.find("/")
    return (rest[slash:] if slash >= 0 else "/") if scheme else bare or "/"


def exchange_span(exchange: Exchange) -> Span:
    """From when the request can have been sent to when its answer was there."""
    phases = exchange.phases
    before_ms = sum(part or 0.0 for part in (phases.dns_ms, phases.connect_ms, phases.tls_ms))
    until_ms = before_ms + phases.upgrade_ms if phases.upgrade_ms is not None else exchange.elapsed_ms
    start_us = microseconds(exchange.at)
    return Span(start_us + int(min(before_ms, until_ms) * 1000), start_us + int(until_ms * 1000) + 1)


def entry_span(entry: LogEntry) -> Span:
    """From a request entry's stamp to its end."""
    request = entry.request or {}
    start_us = microseconds(entry.timestamp)
    return Span(start_us, start_us + int(float(request.get("latency_s") or 0) * 1e6), request.get("status") == 101)


def exchange_row(exchange: Exchange) -> dict[str, Any]:
    """The columns of `exchanges` in correlate.sql."""
    span = exchange_span(exchange)
    return {
        "exchange_id": exchange.id,
        "trace_id": exchange.trace_id,
        "method": exchange.method or "GET",
        "path": path_of(exchange.url),
        "status": exchange.status,
        "user_agent": next((value for name, value in exchange.request_headers if name.lower() == "user-agent"), None),
        "start_us": span.start_us,
        "end_us": span.end_us,
    }


def entry_row(entry: LogEntry) -> dict[str, Any]:
    """The columns of `entries` in correlate.sql; method, path and status are null where an entry tells of no request."""
    request: Mapping[str, Any] = entry.request or {}
    span = entry_span(entry)
    return {
        "log_name": entry.log_name,
        "insert_id": entry.insert_id,
        "layer": entry.layer,
        "trace_id": entry.trace_id,
        "method": request.get("method"),
        "path": path_of(request.get("url")),
        "status": request.get("status"),
        "user_agent": request.get("user_agent"),
        "start_us": span.start_us,
        "end_us": span.end_us,
    }
