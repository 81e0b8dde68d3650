"""Raw protobuf entries of the Logging API as the dictionaries that `Shaper` reads; several times faster than entry objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from lib.logs.shape import SEVERITIES

_SEVERITY = {number * 100: name for number, name in enumerate(SEVERITIES)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def mapping_of(entry: Any) -> dict[str, Any]:
    """A raw `google.logging.v2.LogEntry` message with the JSON form's names; what is unset is left out."""
    resource, labels = entry.resource, entry.labels
    found: dict[str, Any] = {
        "logName": entry.log_name,
        "insertId": entry.insert_id,
        "severity": _SEVERITY.get(entry.severity),
        "trace": entry.trace,
        "spanId": entry.span_id,
        "resource": _resource(resource.SerializeToString(), type(resource)),
        "labels": {key: labels[key] for key in labels},
    }
    if entry.HasField("timestamp"):
        found["timestamp"] = _moment(entry.timestamp)
    if entry.HasField("receive_timestamp"):
        found["receiveTimestamp"] = _moment(entry.receive_timestamp)
    match entry.WhichOneof("payload"):
        case "text_payload":
            found["textPayload"] = entry.text_payload
        case "json_payload":
            found["jsonPayload"] = _struct(entry.json_payload)
        case "proto_payload":
            found["protoPayload"] = _any(entry.proto_payload)
    if entry.HasField("http_request"):
        found["httpRequest"] = _request(entry.http_request)
    return found


def _moment(stamp: Any) -> datetime:
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def _request(request: Any) -> dict[str, Any]:
    found = {
        "requestMethod": request.request_method,
        "requestUrl": request.request_url,
        "status": request.status or None,
        "userAgent": request.user_agent,
    }
    if request.HasField("latency"):
        found["latency"] = request.latency.seconds + request.latency.nanos / 1e9
    return found


@lru_cache(maxsize=1_000)
def _resource(message: bytes, kind: Any) -> dict[str, Any]:
    # A log has few resources and many entries.
    resource = kind.FromString(message)
    return {"type": resource.type, "labels": dict(resource.labels)}


def _struct(struct: Any) -> dict[str, Any]:
    members, found = struct.fields, {}
    for key in members:  # its items() are made one by one in Python
        value = members[key]
        found[key] = value.string_value or _value(value, value.WhichOneof("kind"))
    return found


def _value(value: Any, kind: str | None) -> Any:
    if kind == "string_value":
        return value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        return _struct(value.struct_value)
    if kind == "list_value":
        return [_value(item, item.WhichOneof("kind")) for item in value.list_value.values]
    return value.bool_value if kind == "bool_value" else None


def _any(payload: Any) -> dict[str, Any]:
    # Audit entries come packed; the message type must be known before they can be opened.
    from google.cloud.audit import audit_log_pb2  # type: ignore[import-untyped]  # noqa: F401
    from google.protobuf.json_format import MessageToDict

    try:
        return dict(MessageToDict(payload))
    except (TypeError, ValueError):
        return {"@type": payload.type_url}
