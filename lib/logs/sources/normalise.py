"""One shape out of many: a log entry as gcloud, the API, the console or another exporter spells it, as a `LogEntry`.

Both spellings are read (`insertId`, `insert_id`). Nothing is guessed into a field: what an entry does not say is None.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from lib.facts import LogEntry
from lib.logs.sources.fields import value_at
from lib.logs.sources.formats import CAMEL, CLOUD_KEYS, COMMON
from lib.logs.sources.moments import moment
from lib.logs.sources.origin import Origin, first, origin_of
from lib.logs.sources.plain import Told
from lib.logs.sources.recognise import ANSI, of_line, of_object
from lib.logs.sources.severities import severity_of, severity_of_status
from lib.redaction.personal import without_personal
from lib.redaction.redact import redact_text, redact_value
from lib.redaction.visible import UNSEEN
from lib.redaction.visible import visible as escape

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
_TRACE_NAMES = frozenset(_TRACE_KEYS)
_TEXT_KEYS = COMMON.text


class Shaper:
    """Makes `LogEntry` values, redacted; equal texts are redacted once, as a log repeats most of what it says."""

    def __init__(
        self,
        secrets: Iterable[str] = (),
        *,
        fields: Mapping[str, str] | None = None,
        people: Collection[str] | None = None,
    ):
        """`people` are those whose addresses stay when all others' are masked; None: nobody's are."""
        self.secrets, self.fields, self._people = tuple(secrets), dict(fields or {}), people
        self._cut = 0
        self.text: Callable[[str], str] = lru_cache(maxsize=2_000)(self._redacted)
        self.plain_name: Callable[[str], str | None] = lru_cache(maxsize=5_000)(
            lambda name: name if redact_value({name: _PROBE}, self.secrets) == {name: _PROBE} else None
        )
        """The name itself where it tells of no secret, else None; always the same object, as many entries have the
        same names."""

    def _redacted(self, text: str) -> str:
        text = redact_text(text, self.secrets)
        return text if self._people is None else without_personal(text, self._people)

    def said(self) -> list[str]:
        """What was cut since this was asked last, in a sentence; none where nothing was."""
        cut, self._cut = self._cut, 0
        return [f"of {cut} message{'s' * (cut > 1)} only the first {MAX_TEXT} characters were read"] if cut else []

    def _beginning(self, text: str) -> str:
        self._cut += len(text) > MAX_TEXT
        return text[:MAX_TEXT]

    def entry(
        self, raw: Mapping[str, Any], *, own_id: str | None = None, log_name: str = "", near: datetime | None = None
    ) -> LogEntry:
        """The entry that a decoded JSON object describes; raises `Unreadable` when it has no time stamp.

        `own_id` and `log_name` stand in where an object of another logger has none; `near` is a moment from which
        missing years are told.
        """
        if not CAMEL.keys().isdisjoint(raw):
            raw = _camel(raw)
        if CLOUD_KEYS.isdisjoint(raw):
            return self.told(of_object(raw, fields=self.fields), own_id=own_id, log_name=log_name, near=near)
        payload, resource, given = _payload(raw), _mapping(raw.get("resource")), _mapping(raw.get("httpRequest"))
        return self.entry_of_parts(
            insert_id=str(raw.get("insertId") or "") or own_id or made_id(json.dumps(raw, sort_keys=True,
                default=str).encode()),
            timestamp=raw.get("timestamp"), received_at=raw.get("receiveTimestamp"), severity=raw.get("severity"),
            text=_given_text(raw, payload), payload=self.redacted(payload), request=_request(given) if given else None,
            trace=raw.get("trace"), span_id=raw.get("spanId"), labels=_mapping(raw.get("labels")),
            origin=origin_of(str(raw.get("logName") or ""), str(resource.get("type") or ""), _mapping(resource.get("labels"))),
            mirrors=str(resource.get("type") or "").startswith("k8s"),
        )  # fmt: skip

    def told(
        self,
        told: Told,
        *,
        own_id: str | None = None,
        log_name: str = "",
        near: datetime | None = None,
        at: datetime | None = None,
    ) -> LogEntry:
        """The entry of what a line or a foreign object says; `at` is its moment where it names none. Raises `Unreadable`."""
        payload = dict(told.payload) if told.payload is not None else None
        text = told.line if told.line and told.payload is None else told.text or told.line
        request = dict(told.request or {})
        request |= {name: self.text(visible(str(request[name]))) for name in ("url", "reason") if name in request}
        return LogEntry(
            insert_id=own_id or made_id(json.dumps(payload or told.line, sort_keys=True, default=str).encode()),
            timestamp=moment(told.time, near=near) if told.time is not None or at is None else at,
            severity=told.severity, text=self.text(self._beginning(visible(text))), payload=self.redacted(payload) if payload
            else None,
            trace_id=_hex(told.trace) if told.trace else _trace(None, payload, {}, text), log_name=log_name,
            layer=told.layer or "application", service=told.service, revision=told.revision, instance=told.instance,
            request=request or None,
        )  # fmt: skip

    def entry_of_parts(
        self, *, insert_id: str, timestamp: Any, received_at: Any, severity: Any, text: str, payload: dict[str, Any] | None,
        request: dict[str, Any] | None, trace: Any, span_id: Any, labels: Mapping[str, Any], origin: Origin, mirrors:
        bool = False,
    ) -> LogEntry:  # fmt: skip
        """The entry of parts as a source gives them, the payload redacted; `text` is empty and `request` None where the source
        has none."""
        if payload and (not text or text.lstrip().startswith("{")):
            text = _payload_text(payload)
        if "Traceback" in text or text.count("\\n") > 2:
            text = text.replace("\\n", "\n")  # Some formatters escape line ends twice; a traceback in one line is no traceback.
        text = visible(self._beginning(text))
        stated = severity_of(severity, "cloud")
        if request is None:
            layer, line = origin.layer, _first_line_told(text) if '" ' in text or stated is None or mirrors else None
            request = dict(line.request) if line and line.request else None
        else:
            layer, line = origin.layer_of_requests, None if "status" in request or stated else _first_line_told(text)
        if request and "url" in request:
            request["url"] = self.text(request["url"])
        return LogEntry(
            insert_id=insert_id,
            timestamp=moment(timestamp or received_at or (payload or {}).get("timestamp")),
            received_at=moment(received_at) if received_at else None,
            severity=_severity(stated, line, payload, request, origin.log_name, mirrors=mirrors),
            text=self.text(text),
            payload=payload or None,
            trace_id=_trace(trace, payload, labels, text),
            span_id=span_id if span_id and isinstance(span_id, str) else None,
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


def visible(text: str) -> str:
    """A text without colours, and with what a terminal would act upon written out."""
    if UNSEEN.search(text) is None:
        return text
    return UNSEEN.sub(_written_out, ANSI.sub("", text).replace("\r\n", "\n"))


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else escape(match.group())


def _first_line_told(text: str) -> Told | None:
    return of_line(text.lstrip().partition("\n")[0][:4_000]) if text.strip() else None


def _severity(
    stated: str | None,
    line: Told | None,
    payload: Mapping[str, Any] | None,
    request: Mapping[str, Any] | None,
    log_name: str,
    *,
    mirrors: bool,
) -> str | None:
    """The severity that an entry has: as its source states it, unless that only mirrors the stream it was written to."""
    is_mirror = (stated == "ERROR" and log_name.endswith("stderr")) or (stated == "INFO" and log_name.endswith("stdout"))
    if stated is not None and not (is_mirror and line is not None):
        return stated
    if is_mirror and line is not None:
        if not payload and (line.stated or mirrors):
            status = (line.request or {}).get("status") or 0
            return line.severity if status >= 500 else line.level or line.severity
        return stated
    if payload:
        own = of_object(payload)
        if own.severity:
            return own.severity
    return line.severity if line and line.severity else severity_of_status((request or {}).get("status"))


def _camel(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same entry in the API's spelling; what both spellings say is said by the API's own."""
    found = {name: value for name, value in raw.items() if name not in CAMEL}
    for snake, camel in CAMEL.items():
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
        value = value_at(payload, key)
        if isinstance(value, Mapping):
            value = value.get("message") or value.get("value")
        if isinstance(value, str) and value.strip():
            return value
    if "methodName" in payload:
        status = _mapping(payload.get("status")).get("message")
        return " ".join(str(part) for part in (payload["methodName"], payload.get("resourceName"), status) if part)
    return str(payload.get("statusDetails") or "")


def _request(given: Mapping[str, Any]) -> dict[str, Any]:
    status, latency = given.get("status"), given.get("latency")
    found = {
        "method": first(given, "requestMethod", "request_method", "method"),
        "url": first(given, "requestUrl", "request_url", "url"),
        "status": _integer(status),
        "latency_s": _seconds(latency),
        "user_agent": first(given, "userAgent", "user_agent"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _integer(value: Any) -> int | None:
    try:
        found = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 100 <= found <= 999 else None


def _seconds(value: Any) -> float | None:
    try:
        if isinstance(value, Mapping):
            found = int(value.get("seconds", 0)) + int(value.get("nanos", 0)) / 1e9
        else:
            found = float(str(value).strip().removesuffix("s"))
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 0 <= found < 1e7 else None


def _trace(given: Any, payload: Mapping[str, Any] | None, labels: Mapping[str, Any], text: str) -> str | None:
    if given and (own := _hex(given)):
        return own
    for place in (payload, labels, payload.get("context"), payload.get("labels")) if payload else (labels,):
        if place and not _TRACE_NAMES.isdisjoint(place := _mapping(place)):
            for key in _TRACE_KEYS:
                if key in place and (found := _hex(place[key])):
                    return found
    told = _TRACE_IN_TEXT.search(text) if "trace" in text else None
    return told.group(1).lower() if told else None


def _hex(value: Any) -> str | None:
    if type(value) is str and value[-33:-32] in "/" and len(tail := value[-32:]) == 32 and not tail.strip("0123456789abcdef"):
        return tail  # projects/P/traces/T, as nearly all of them are written
    found = _HEX32.search(value) if isinstance(value, str) else None
    return found.group(1).lower() if found else None


def made_id(content: bytes) -> str:
    """An id for an entry that has none, the same each time."""
    return f"no-id-{hashlib.sha256(content).hexdigest()[:16]}"
