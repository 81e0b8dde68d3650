"""Raw protobuf entries of the Logging API in the tool's shape; several times faster than through entry objects."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from lib.facts import LogEntry
from lib.logs.sources.moments import Unreadable
from lib.logs.sources.normalise import Shaper, made_id, payload_in
from lib.logs.sources.origin import Origin, origin_of
from lib.logs.sources.severities import SEVERITIES

_SEVERITY = {number * 100: name for number, name in enumerate(SEVERITIES) if number}
_AS_IT_IS = SimpleNamespace(text=str, plain_name=str)
"""In a shaper's place: nothing is redacted yet, as the name above the value tells that all of it will be."""


def entry_of(message: Any, shaper: Shaper) -> LogEntry:
    """A raw `google.logging.v2.LogEntry` message as an entry, redacted; raises `Unreadable` when it has no time stamp."""
    kind, resource = message.WhichOneof("payload"), message.resource
    text, payload = "", None
    if kind == "json_payload":
        payload = _struct(message.json_payload, shaper)
    elif kind == "text_payload":
        text = message.text_payload
        payload = shaper.redacted(payload_in(text))
    elif kind == "proto_payload":
        payload = shaper.redacted(_any(message.proto_payload))
    return shaper.entry_of_parts(
        insert_id=message.insert_id or made_id(message.SerializeToString(deterministic=True)),
        timestamp=_moment(message.timestamp) if message.HasField("timestamp") else None,
        received_at=_moment(message.receive_timestamp) if message.HasField("receive_timestamp") else None,
        severity=_SEVERITY.get(message.severity),
        text=text,
        payload=payload,
        request=_request(message.http_request) if message.HasField("http_request") else None,
        trace=message.trace,
        span_id=message.span_id,
        labels=message.labels,
        origin=_origin(message.log_name, resource.SerializeToString(), type(resource)),
        mirrors=resource.type.startswith("k8s"),
    )


def _moment(stamp: Any) -> datetime:
    try:
        return datetime.fromtimestamp(stamp.seconds + stamp.nanos // 1000 / 1e6, UTC)  # exact until the year 2242
    except (ValueError, OverflowError, OSError):
        raise Unreadable("the entry has no time stamp that can be read") from None


def _request(request: Any) -> dict[str, Any] | None:
    if not request.ByteSize():
        return None
    found = {
        "method": request.request_method,
        "url": request.request_url,
        "status": request.status,
        "user_agent": request.user_agent,
    }
    found = {name: value for name, value in found.items() if value}
    if request.HasField("latency"):
        found["latency_s"] = request.latency.seconds + request.latency.nanos / 1e9
    return found


@lru_cache(maxsize=1_000)
def _origin(log_name: str, resource: bytes, kind: Any) -> Origin:
    # A resource is spelled alike in all of its entries: its bytes need opening once.
    message = kind.FromString(resource)
    return origin_of(log_name, message.type, dict(message.labels))


def _struct(struct: Any, shaper: Any) -> dict[str, Any]:
    # Redacted while it is opened: going through it twice takes twice as long.
    members, text, plain_name = struct.fields, shaper.text, shaper.plain_name
    found: dict[str, Any] = {}
    for key in members:  # its items() are made one by one in Python
        value = members[key]
        if (name := plain_name(key)) is None:
            found.update(shaper.redacted({key: _value(value, _AS_IT_IS)}))
        elif string := value.string_value:
            found[name] = text(string)
        else:
            found[name] = _value(value, shaper)
    return found


def _value(value: Any, shaper: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return shaper.text(value.string_value)
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        return _struct(value.struct_value, shaper)
    if kind == "list_value":
        return [_value(item, shaper) for item in value.list_value.values]
    return value.bool_value if kind == "bool_value" else None


def _any(payload: Any) -> dict[str, Any]:
    # Audit entries come packed; the message type must be known before they can be opened.
    from google.cloud.audit import audit_log_pb2  # type: ignore[import-untyped]  # noqa: F401
    from google.protobuf.json_format import MessageToDict

    try:
        return dict(MessageToDict(payload))
    except (TypeError, ValueError):
        return {"@type": payload.type_url}
