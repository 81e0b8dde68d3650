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
from typing import Any, Literal
from urllib.parse import unquote

from lib.facts import LogEntry
from lib.redact import redact_text, redact_value

Layer = Literal["edge", "platform", "application", "audit", "other"]
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_NAMED = frozenset(SEVERITIES[1:])
MAX_TEXT = 100_000
"""Characters kept of one message; the API refuses entries above 256 KiB, files may hold anything."""

_PROBE = "q7zt-probe-41x8"
"""Looks like nothing by itself: where it is replaced, the name above it was the reason."""
_HEX32 = re.compile(r"(?<![0-9a-fA-F])([0-9a-fA-F]{32})(?![0-9a-fA-F])")
_TRACE_IN_TEXT = re.compile(
    r"(?:traces/|trace_?id[\"' ]{0,2}[=:][\"' ]{0,2}|traceparent[\"' ]{0,2}[=:][\"' ]{0,2}00-)([0-9a-f]{32})(?![0-9a-f])", re.IGNORECASE
)
_TRACE_KEYS = (
    "trace", "trace_id", "traceId", "traceparent", "logging.googleapis.com/trace", "x-cloud-trace-context", "X-Cloud-Trace-Context",
    "cloud_trace_context",
)  # fmt: skip
_CAMEL = {
    "log_name": "logName", "insert_id": "insertId", "http_request": "httpRequest", "span_id": "spanId", "text_payload": "textPayload",
    "json_payload": "jsonPayload", "proto_payload": "protoPayload",
    "receive_timestamp": "receiveTimestamp", "received_at": "receiveTimestamp",
}  # fmt: skip
"""The spelling of other exporters, and the API's."""
_TRACE_NAMES = frozenset(_TRACE_KEYS)
_TEXT_KEYS = ("message", "msg", "textPayload", "text", "event", "log")
_ACCESS_LINE = re.compile(
    r"\"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|WebSocket) (/[^\s\"]*)(?: HTTP/[0-9.]+)?\"\s+(\[accepted\]|[1-5][0-9]{2})\b"
)
_EDGE_RESOURCES = frozenset({"http_load_balancer", "internal_http_lb_rule", "l7_lb_rule", "network_security_policy"})


class Unreadable(ValueError):
    """An entry that has no moment in time, or is not an entry at all."""


class Shaper:
    """Makes `LogEntry` values, redacted; equal texts are redacted once, as a log repeats most of what it says."""

    def __init__(self, secrets: Iterable[str] = ()):
        self.secrets = tuple(secrets)
        self.text: Callable[[str], str] = lru_cache(maxsize=20_000)(lambda text: redact_text(text, self.secrets))
        self._is_plain = lru_cache(maxsize=5_000)(lambda key: redact_value({key: _PROBE}, self.secrets) == {key: _PROBE})

    def entry(self, raw: Mapping[str, Any]) -> LogEntry:
        """The entry that a decoded JSON object describes; raises `Unreadable` when it has no time stamp."""
        if not _CAMEL.keys().isdisjoint(raw):
            raw = _camel(raw)
        payload = _payload(raw)
        resource, labels, given = _mapping(raw.get("resource")), _mapping(raw.get("labels")), _mapping(raw.get("httpRequest"))
        resource_labels = _mapping(resource.get("labels"))
        log_name = _unquoted(str(raw.get("logName") or ""))
        text = _text(raw, payload)[:MAX_TEXT]
        request = _request(given, text)
        if request and "url" in request:
            request["url"] = self.text(request["url"])
        received = raw.get("receiveTimestamp")
        return LogEntry(
            insert_id=str(raw.get("insertId") or "") or _made_id(raw),
            timestamp=moment(raw.get("timestamp") or received or (payload or {}).get("timestamp")),
            received_at=moment(received) if received else None,
            severity=severity_of(raw.get("severity")),
            text=self.text(text),
            payload=self._redacted(payload) if payload else None,
            trace_id=_trace(raw, payload, labels, text),
            span_id=raw.get("spanId") or None,
            log_name=log_name,
            layer=layer_of(log_name, str(resource.get("type") or ""), own_request=bool(given)),
            service=_first(resource_labels, "service_name", "module_id", "container_name", "service") or None,
            revision=_first(resource_labels, "revision_name", "version_id", "revision") or None,
            instance=_first(labels, "instanceId", "instance_id") or _first(resource_labels, "instance_id", "pod_name") or None,
            request=request,
        )

    def _redacted(self, value: Any) -> Any:
        """What `redact_value` gives, but for plain names each distinct text is looked at once."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is list:
            return [self._redacted(item) for item in value]
        if kind is not dict:
            return value
        redacted = {}
        for key, item in value.items():
            if not self._is_plain(key):
                redacted.update(redact_value({key: item}, self.secrets))
            else:
                redacted[key] = self.text(item) if type(item) is str else self._redacted(item)
        return redacted


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


_unquoted = lru_cache(maxsize=1_000)(unquote)


def severity_of(value: Any) -> str | None:
    """A severity's name as Cloud Logging has it; None for none, DEFAULT, and words that are no severity."""
    if isinstance(value, str) and value in _NAMED:
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = SEVERITIES[value // 100] if value % 100 == 0 and 0 <= value <= 800 else ""
    name = {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(str(value or "").strip().upper(), str(value or "").strip().upper())
    return name if name in SEVERITIES and name != "DEFAULT" else None


@lru_cache(maxsize=1_000)
def layer_of(log_name: str, resource_type: str, *, own_request: bool = False) -> Layer:
    """Who wrote an entry, as far as its log's name and resource tell; without either a request entry is the platform's."""
    log = log_name.rpartition("/logs/")[2]
    if "cloudaudit.googleapis.com" in log:
        return "audit"
    if resource_type in _EDGE_RESOURCES or log in {"requests", "loadbalancing.googleapis.com/external_regional_requests"}:
        return "edge"
    if log.endswith(("run.googleapis.com/requests", "varlog/system", "request_log", "cloud_run_requests")):
        return "platform"
    if not log and not resource_type:
        return "platform" if own_request else "application"
    if own_request and not log:
        return "platform"
    return "application"


def _camel(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same entry in the API's spelling; what both spellings say is said by the API's own."""
    found = {name: value for name, value in raw.items() if name not in _CAMEL}
    for snake, camel in _CAMEL.items():
        if snake in raw and found.get(camel) in (None, ""):
            found[camel] = raw[snake]
    return found


def _first(raw: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        value = raw.get(name)
        if value is not None and value != "":
            return value
    return None


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
    return dict(_mapping(given)) or None if given else None


def _text(raw: Mapping[str, Any], payload: Mapping[str, Any] | None) -> str:
    text = raw.get("textPayload") or None
    if text is None and isinstance(raw.get("payload"), str):
        text = raw["payload"]
    if payload and (text is None or str(text).lstrip().startswith("{")):
        text = _payload_text(payload)
    elif text is None and isinstance(raw.get("message"), str):
        text = raw["message"]
    # Some formatters escape line ends twice; a traceback in one line is no traceback.
    text = str(text or "")
    return text.replace("\\n", "\n") if "Traceback" in text or text.count("\\n") > 2 else text


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


def _request(given: Mapping[str, Any], text: str) -> dict[str, Any] | None:
    if not given:
        line = _ACCESS_LINE.search(text) if '" ' in text else None
        if line is None:
            return None
        method, url, status = line.groups()
        return {"method": "GET" if method == "WebSocket" else method, "url": url, "status": 101 if status == "[accepted]" else int(status)}
    status, latency = given.get("status"), given.get("latency")
    found = {
        "method": given.get("requestMethod") or _first(given, "request_method", "method"),
        "url": given.get("requestUrl") or _first(given, "request_url", "url"),
        "status": status if type(status) is int and status else _integer(status),
        "latency_s": latency if type(latency) is float else _seconds(latency),
        "user_agent": given.get("userAgent") or _first(given, "user_agent"),
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


def _trace(raw: Mapping[str, Any], payload: Mapping[str, Any] | None, labels: Mapping[str, Any], text: str) -> str | None:
    own = _hex(raw.get("trace"))
    if own:
        return own
    for place in (payload or {}, labels, _mapping((payload or {}).get("context")), _mapping((payload or {}).get("labels"))):
        if place and not _TRACE_NAMES.isdisjoint(place):
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


def _made_id(raw: Mapping[str, Any]) -> str:
    content = json.dumps(raw, sort_keys=True, default=str).encode()
    return f"no-id-{hashlib.sha256(content).hexdigest()[:16]}"
