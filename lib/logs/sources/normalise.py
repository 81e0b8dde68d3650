"""One shape out of many: a log entry as gcloud, the API, the console or another exporter spells it, as a `LogEntry`.

Both spellings are read (`insertId`, `insert_id`). Nothing is guessed into a field: what an entry does not say is None.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lib.facts import LogEntry
from lib.logs.sources.origin import Origin, first, origin_of
from lib.redaction.redact import redact_text, redact_value

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_NAMED = frozenset(SEVERITIES[1:])
MAX_TEXT = 100_000
"""Characters kept of one message; the API refuses entries above 256 KiB, files may hold anything."""

_PROBE = "q7zt-probe-41x8"
"""Looks like nothing by itself: where it is replaced, the name above it was the reason."""
_HEX32 = re.compile(r"(?<![0-9a-fA-F])([0-9a-fA-F]{32})(?![0-9a-fA-F])")
_TRACE_IN_TEXT = re.compile(
    r"(?:traces/|trace_?id[\"' ]{0,2}[=:][\"' ]{0,2}|traceparent[\"' ]{0,2}[=:][\"' ]{0,2}00-)([0-9a-f]{32})(?![0-9a-f])",
    re.IGNORECASE,
)
_TRACE_KEYS = (
    "trace", "trace_id", "traceId", "traceparent", "logging.googleapis.com/trace", "x-cloud-trace-context",
    "X-Cloud-Trace-Context",
    "cloud_trace_context",
)  # fmt: skip
_CAMEL = {
    "log_name": "logName", "insert_id": "insertId", "http_request": "httpRequest", "span_id": "spanId",
    "text_payload": "textPayload",
    "json_payload": "jsonPayload", "proto_payload": "protoPayload",
    "receive_timestamp": "receiveTimestamp", "received_at": "receiveTimestamp",
}  # fmt: skip
"""The spelling of other exporters, and the API's."""
_TRACE_NAMES = frozenset(_TRACE_KEYS)
_TEXT_KEYS = ("message", "msg", "textPayload", "text", "event", "log")
_ACCESS_LINE = re.compile(
    r"\"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|WebSocket) (/[^\s\"]*)(?: HTTP/[0-9.]+)?\"\s+(\[accepted\]|[1-5][0-9]{2})\b"
)


class Unreadable(ValueError):
    """An entry that has no moment in time, or is not an entry at all."""


class Shaper:
    """Makes `LogEntry` values, redacted; equal texts are redacted once, as a log repeats most of what it says."""

    def __init__(self, secrets: Iterable[str] = ()):
        self.secrets = tuple(secrets)
        self.text: Callable[[str], str] = lru_cache(maxsize=2_000)(lambda text: redact_text(text, self.secrets))
        self.plain_name: Callable[[str], str | None] = lru_cache(maxsize=5_000)(
            lambda name: name if redact_value({name: _PROBE}, self.secrets) == {name: _PROBE} else None
        )
        """The name itself where it tells of no secret, else None; always the same object, as many entries have the same names."""

    def entry(self, raw: Mapping[str, Any]) -> LogEntry:
        """The entry that a decoded JSON object describes; raises `Unreadable` when it has no time stamp."""
        if not _CAMEL.keys().isdisjoint(raw):
            raw = _camel(raw)
        payload, resource, given = _payload(raw), _mapping(raw.get("resource")), _mapping(raw.get("httpRequest"))
        return self.entry_of_parts(
            insert_id=str(raw.get("insertId") or "") or made_id(json.dumps(raw, sort_keys=True, default=str).encode()),
            timestamp=raw.get("timestamp"), received_at=raw.get("receiveTimestamp"), severity=raw.get("severity"),
            text=_given_text(raw, payload), payload=self.redacted(payload), request=_request(given) if given else None,
            trace=raw.get("trace"), span_id=raw.get("spanId"), labels=_mapping(raw.get("labels")),
            origin=origin_of(str(raw.get("logName") or ""), str(resource.get("type") or ""), _mapping(resource.get("labels"))),
        )  # fmt: skip

    def entry_of_parts(
        self, *, insert_id: str, timestamp: Any, received_at: Any, severity: Any, text: str, payload: dict[str, Any] | None,
        request: dict[str, Any] | None, trace: Any, span_id: Any, labels: Mapping[str, Any], origin: Origin,
    ) -> LogEntry:  # fmt: skip
        """The entry of parts as a source gives them, the payload redacted; `text` is empty and `request` None where the source
        has none."""
        if payload and (not text or text.lstrip().startswith("{")):
            text = _payload_text(payload)
        if "Traceback" in text or text.count("\\n") > 2:
            text = text.replace("\\n", "\n")  # Some formatters escape line ends twice; a traceback in one line is no traceback.
        text = text[:MAX_TEXT]
        layer = origin.layer if request is None else origin.layer_of_requests
        request = _request_told(text) if request is None else request
        if request and "url" in request:
            request["url"] = self.text(request["url"])
        return LogEntry(
            insert_id=insert_id,
            timestamp=moment(timestamp or received_at or (payload or {}).get("timestamp")),
            received_at=moment(received_at) if received_at else None,
            severity=severity_of(severity),
            text=self.text(text),
            payload=payload or None,
            trace_id=_trace(trace, payload, labels, text),
            span_id=span_id or None,
            log_name=origin.log_name,
            layer=layer,
            service=origin.service,
            revision=origin.revision,
            instance=first(labels, "instanceId", "instance_id") or origin.instance,
            request=request,
        )

    def redacted(self, value: Any) -> Any:
        """What `redact_value` gives and more: see `_under_secret_name`. Under plain names each distinct text is looked at
        once."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is list:
            return [self.redacted(item) for item in value]
        if kind is not dict:
            return value
        redacted, text, plain_name = {}, self.text, self.plain_name
        for key, item in value.items():
            if (name := plain_name(key)) is None:
                redacted[redact_text(key, self.secrets)] = self._under_secret_name(key, item)
            elif type(item) is str:
                redacted[name] = text(item)
            else:
                redacted[name] = self.redacted(item)
        return redacted

    def _under_secret_name(self, name: str, item: Any) -> Any:
        # Each item of a list there is a secret too: some servers log headers as lists of values.
        if type(item) is list:
            return [self._under_secret_name(name, one) for one in item]
        if type(item) is dict:
            return self.redacted(item)
        return redact_value({name: item}, self.secrets).popitem()[1]


def moment(value: Any) -> datetime:
    """An aware moment in UTC from RFC 3339 text, epoch numbers, or a seconds/nanos object; a text without a zone is UTC."""
    if type(value) is datetime and value.tzinfo is UTC:
        return value
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        elif isinstance(value, datetime):
            found = value
        elif isinstance(value, Mapping):
            found = datetime.fromtimestamp(int(value.get("seconds", 0)) + int(value.get("nanos", 0)) / 1e9, UTC)
        elif isinstance(value, (int, float)) and value > 0:
            found = datetime.fromtimestamp(value / (1e6 if value > 1e14 else 1e3 if value > 1e11 else 1), UTC)
        else:
            raise Unreadable("the entry has no time stamp")
    except (ValueError, OverflowError, OSError, TypeError):
        raise Unreadable("the entry has no time stamp that can be read") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def severity_of(value: Any) -> str | None:
    """A severity's name as Cloud Logging has it; None for none, DEFAULT, and words that are no severity."""
    if value is None:
        return None
    if isinstance(value, str) and value in _NAMED:
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = SEVERITIES[value // 100] if value % 100 == 0 and 0 <= value <= 800 else ""
    name = {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(str(value or "").strip().upper(), str(value or "").strip().upper())
    return name if name in SEVERITIES and name != "DEFAULT" else None


def _camel(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same entry in the API's spelling; what both spellings say is said by the API's own."""
    found = {name: value for name, value in raw.items() if name not in _CAMEL}
    for snake, camel in _CAMEL.items():
        if snake in raw and found.get(camel) in (None, ""):
            found[camel] = raw[snake]
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    if type(value) is dict:
        return value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _decoded(value)
    return value if isinstance(value, Mapping) else {}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _payload(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    given = raw.get("jsonPayload") or raw.get("protoPayload") or raw.get("payload") or raw.get("textPayload")
    return payload_in(given)


def payload_in(given: Any) -> dict[str, Any] | None:
    """The structured payload that a mapping, or a text which is a JSON object, holds; None where there is nothing in it."""
    return dict(_mapping(given)) or None


def _given_text(raw: Mapping[str, Any], payload: Mapping[str, Any] | None) -> str:
    text = raw.get("textPayload") or None
    if text is None and isinstance(raw.get("payload"), str):
        text = raw["payload"]
    if text is None and not payload and isinstance(raw.get("message"), str):
        text = raw["message"]
    return str(text or "")


def _payload_text(payload: Mapping[str, Any]) -> str:
    for key in _TEXT_KEYS:
        if isinstance(payload.get(key), str) and payload[key].strip():
            return str(payload[key])
    error = payload.get("error")
    if isinstance(error, Mapping) and isinstance(error.get("value") or error.get("message"), str):
        return str(error.get("value") or error.get("message"))
    if "methodName" in payload:
        status = _mapping(payload.get("status")).get("message")
        return " ".join(str(part) for part in (payload["methodName"], payload.get("resourceName"), status) if part)
    return str(payload.get("statusDetails") or "")


def _request_told(text: str) -> dict[str, Any] | None:
    """The request that a server's access line tells of."""
    line = _ACCESS_LINE.search(text) if '" ' in text else None
    if line is None:
        return None
    method, url, status = line.groups()
    return {
        "method": "GET" if method == "WebSocket" else method,
        "url": url,
        "status": 101 if status == "[accepted]" else int(status),
    }


def _request(given: Mapping[str, Any]) -> dict[str, Any]:
    status, latency = given.get("status"), given.get("latency")
    found = {
        "method": given.get("requestMethod") or first(given, "request_method", "method"),
        "url": given.get("requestUrl") or first(given, "request_url", "url"),
        "status": status if type(status) is int and status else _integer(status),
        "latency_s": latency if type(latency) is float else _seconds(latency),
        "user_agent": given.get("userAgent") or first(given, "user_agent"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _integer(value: Any) -> int | None:
    try:
        return int(float(value)) or None
    except (TypeError, ValueError, OverflowError):
        return None


def _seconds(value: Any) -> float | None:
    if isinstance(value, Mapping):
        return int(value.get("seconds", 0)) + int(value.get("nanos", 0)) / 1e9
    try:
        return float(str(value).strip().removesuffix("s"))
    except ValueError:
        return None


def _trace(given: Any, payload: Mapping[str, Any] | None, labels: Mapping[str, Any], text: str) -> str | None:
    if given and (own := _hex(given)):
        return own
    for place in (payload, labels, payload.get("context"), payload.get("labels")) if payload else (labels,):
        if place and not _TRACE_NAMES.isdisjoint(place := _mapping(place)):
            for key in _TRACE_KEYS:
                if key in place and (found := _hex(place[key])):
                    return found
    found = _TRACE_IN_TEXT.search(text) if "trace" in text else None
    return found.group(1).lower() if found else None


def _hex(value: Any) -> str | None:
    if type(value) is str and value[-33:-32] in "/" and len(tail := value[-32:]) == 32 and not tail.strip("0123456789abcdef"):
        return tail  # projects/P/traces/T, as nearly all of them are written
    found = _HEX32.search(value) if isinstance(value, str) else None
    return found.group(1).lower() if found else None


def made_id(content: bytes) -> str:
    """An id for an entry that has none, the same each time."""
    return f"no-id-{hashlib.sha256(content).hexdigest()[:16]}"
