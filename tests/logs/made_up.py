"""Made-up entries and exchanges, around one noon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from lib.facts import Exchange, LogEntry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_numbers = count(1)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def entry(seconds: float = 0.0, text: str = "", **fields: Any) -> LogEntry:
    """An application's entry at a moment; everything may be replaced."""
    given = {"insert_id": f"e{next(_numbers):05}", "layer": "application", "instance": "one", "severity": "ERROR"}
    return LogEntry(**{**given, "timestamp": at(seconds), "text": text, **fields})


def request_entry(seconds: float, *, path: str = "/ws", status: int = 403, latency_s: float = 0.004, **fields: Any) -> LogEntry:
    """A platform's request entry, stamped with the request's start."""
    request = {"method": "GET", "url": f"https://api.example{path}", "status": status, "latency_s": latency_s}
    level = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"
    return entry(seconds, **{"layer": "platform", "log_name": "requests", "request": request, "severity": level, **fields})


def exchange(seconds: float, *, path: str = "/ws", status: int | None = 403, elapsed_ms: float = 10.0, **fields: Any) -> Exchange:
    """A handshake (or, for other paths, a REST request) that began at a moment."""
    number = next(_numbers)
    kind = "handshake" if path == "/ws" else "rest"
    given = {
        "id": f"x{number:05}", "of": "probe", "kind": kind, "label": "", "method": "GET", "url": f"https://api.example{path}",
        "rung": "upgrade" if kind == "handshake" else "http", "trace_id": f"{number:032x}", "elapsed_ms": elapsed_ms,
    }  # fmt: skip
    return Exchange(**{**given, "status": status, "at": at(seconds), **fields})
