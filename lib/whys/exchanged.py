"""What the doors gave, as observations: exchanges, and entries of the servers' logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.facts import Exchange, LogEntry, Observation
from lib.parameters.hosts import host_of
from lib.whys.evidence.observations import NEAR


def observed(
    exchange: Exchange, *, name: str, factors: dict[str, Any], invented: str | None = None, sent: Mapping[str, Any] | None = None
) -> Observation:
    """An exchange as an observation; `sent`: what is known of its token."""
    headers: dict[str, str] = {}
    for key, value in exchange.headers:
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    headers = {key: value for key, value in headers.items() if key.lower() != "location" or _leads_somewhere(value)}
    finding = {
        "error": exchange.error,
        "close_reason": exchange.close_reason,
        "first_frame": exchange.first_frame,
        "via_proxy": exchange.via_proxy,
        "open_ms": exchange.open_ms,
        "granted": exchange.granted,
        "granted_ms": exchange.phases.granted_ms,
        "frames": list(exchange.frames),
        **({"peer": exchange.peer} if exchange.peer else {}),
        **(sent or {}),
    }
    finding |= {"credential": exchange.credential} | ({"invented": invented} if invented else {})
    return Observation(
        id=name,
        kind=exchange.kind,
        factors=factors,
        rung=exchange.rung,
        status=exchange.status,
        close_code=exchange.close_code,
        headers=headers,
        body_excerpt=exchange.body_excerpt,
        elapsed_ms=round(exchange.elapsed_ms, 3),
        trace_id=exchange.trace_id,
        at=exchange.at,
        finding=finding,
    )


def _leads_somewhere(location: str) -> bool:
    try:
        host_of(location)
    except ValueError:
        return False
    return True


def of_entry(entry: LogEntry, *, name: str) -> Observation:
    """A log entry that is joined to an exchange by its trace."""
    words = entry.text or " ".join(f"{key}={value}" for key, value in (entry.payload or {}).items())
    return Observation(
        id=name,
        kind="log",
        factors={"insert_id": entry.insert_id, "layer": entry.layer, "severity": entry.severity},
        status=(entry.request or {}).get("status"),
        body_excerpt=words[:2000],
        trace_id=entry.trace_id,
        at=entry.timestamp,
        finding={"layer": entry.layer, "severity": entry.severity, "revision": entry.revision, "instance": entry.instance},
    )


def of_near(said: str, line: str, *, name: str) -> Observation:
    """Lines of one kind that stand near the refusals, as they are quoted."""
    return Observation(id=name, kind="log", factors={}, body_excerpt=line, finding={NEAR: said})
