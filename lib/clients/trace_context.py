"""Trace ids: one per exchange, sent as `traceparent` (W3C Trace Context), found again in the servers' logs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def new_trace_id() -> str:
    """32 random hex digits, never all zero."""
    return secrets.token_hex(16)


def traceparent(trace_id: str) -> str:
    """The header value that carries this trace id, sampled, with a fresh span id."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def trace_id_of(header: str) -> str | None:
    """The trace id in a `traceparent` header, None where it is not a valid one."""
    match = _TRACEPARENT.fullmatch(header.strip())
    return match.group(1) if match else None


def trace_id_among(headers: Iterable[tuple[str, str]]) -> str | None:
    """The trace id in the first valid `traceparent` among these headers."""
    return next((found for name, value in headers if name.lower() == "traceparent" and (found := trace_id_of(value))), None)
