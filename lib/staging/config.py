"""The one JSON line on standard input that says what to start, read and refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any

MAX_LINE_BYTES = 1_000_000


class BadConfiguration(ValueError):
    """The configuration cannot be used; its text is one sentence: what, where, what is accepted."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Signing and service keys of one run; their text form shows none of them."""

    jwt: str = field(repr=False)
    jwt_websocket: str = field(repr=False)
    bypass: str = field(repr=False)
    service: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Sizes of limits, windows and delays; every one has the value of the real system or one that suits a short run."""

    startup_s: float = 3.0
    """How long the WebSocket stays shut after the start under `startup-race`."""
    rate_limit: int = 4
    rate_window_s: float = 1.0
    connection_limit: int = 2
    reuse_window_s: float = 2.0
    verdict_cache_s: float = 60.0
    token_lifetime_s: float = 300.0
    """The longest lifetime accepted under `token-expired`."""
    clock_skew_s: float = 120.0
    """How far the application's clock is behind under `clock-skew`."""
    max_header_bytes: int = 380
    """The longest header line, or request line, that the edge takes under `request-too-large`: less than a usual token needs."""
    first_message_s: float = 0.8
    """How long a session waits for its first message under `first-message-missing`."""
    idle_timeout_s: float = 2.0
    """How long a session may be quiet at the edge under `idle-closed`."""
    upstream_timeout_s: float = 5.0
    """How long the platform waits for a handshake's answer."""
    heartbeat_s: float = 30.0
    message_rate_per_min: int = 100
    max_message_bytes: int = 8192
    flush_s: float = 0.05
    """How long a log entry takes to become readable."""
    max_entries: int = 200_000
    log_clock_offset_s: float = 0.0
    """Shifts the time stamps of all log entries and Date headers, as a system whose clock is off would."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that a run of the embedded system depends on."""

    keys: Keys
    faults: tuple[str, ...] = ()
    says_why: bool = False
    """Whether a refused handshake gets its reason as JSON, and a status that fits, instead of a bare 403."""
    port: int = 0
    delays_ms: dict[str, float] = field(default_factory=dict)
    options: Options = field(default_factory=Options)


def parse(line: str) -> Config:
    """The configuration in one JSON line; raises BadConfiguration."""
    try:
        document = json.loads(line)
    except ValueError as error:
        raise BadConfiguration(f"standard input: the first line is not JSON ({error}); one JSON object is expected.") from None
    group = _object(document, "configuration", {"keys", "faults", "says_why", "port", "delays_ms", "options"})
    faults = group.get("faults", [])
    if not isinstance(faults, list) or not all(isinstance(fault, str) for fault in faults):
        raise BadConfiguration("faults: a list of cause ids is expected.")
    says_why = group.get("says_why", False)
    if not isinstance(says_why, bool):
        raise BadConfiguration(f"says_why: {says_why!r} is neither true nor false.")
    port = group.get("port", 0)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise BadConfiguration(f"port: {port!r} is not a port; 0 to 65535 is accepted, 0 chooses a free one.")
    return Config(
        keys=_keys(group.get("keys", {})), faults=tuple(dict.fromkeys(faults)), says_why=says_why, port=port,
        delays_ms=_delays(group.get("delays_ms") or {}), options=_options(group.get("options") or {}),
    )  # fmt: skip


def _object(value: Any, where: str, accepted: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadConfiguration(f"{where}: a JSON object is expected, found {type(value).__name__}.")
    unknown = sorted(set(value) - accepted)
    if unknown:
        raise BadConfiguration(f"{where}.{unknown[0]}: unknown; accepted are {', '.join(sorted(accepted))}.")
    return value


def _keys(value: Any) -> Keys:
    names = {key.name for key in fields(Keys)}
    group = _object(value, "keys", names)
    for name in sorted(names):
        if not isinstance(group.get(name), str) or len(group[name]) < 8:
            raise BadConfiguration(f"keys.{name}: a string of at least 8 characters is expected.")
    return Keys(**group)


def _delays(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise BadConfiguration("delays_ms: an object of route or frame type to milliseconds is expected.")
    for name, delay in value.items():
        if not _is_number(delay) or delay < 0:
            raise BadConfiguration(f"delays_ms.{name}: {delay!r} is not a number of milliseconds from 0 up.")
    return value


def _options(value: Any) -> Options:
    group = _object(value, "options", {option.name for option in fields(Options)})
    for name, given in group.items():
        if not _is_number(given) or (given < 0 and name != "log_clock_offset_s"):
            raise BadConfiguration(f"options.{name}: {given!r} is not a number that it can be.")
    return Options(**group)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
