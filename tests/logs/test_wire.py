"""Raw protobuf entries read like their JSON."""

from __future__ import annotations

from typing import Any

from google.cloud.audit import audit_log_pb2
from google.cloud.logging_v2.types import LogEntry as WireEntry
from google.protobuf.json_format import ParseDict

from lib.logs.shape import Shaper
from lib.logs.wire import mapping_of

RAW: dict[str, Any] = {
    "insertId": "a1", "timestamp": "2026-03-01T12:00:00.123456Z", "receiveTimestamp": "2026-03-01T12:00:01Z", "severity": "WARNING",
    "logName": "projects/p/logs/run.googleapis.com%2Frequests", "trace": "projects/p/traces/0af7651916cd43dd8448eb211c80319c",
    "resource": {"type": "cloud_run_revision", "labels": {"revision_name": "api-1"}}, "labels": {"instanceId": "i9"},
    "httpRequest": {"requestMethod": "GET", "requestUrl": "https://h/ws", "status": 403, "latency": "0.250s"},
}  # fmt: skip


def raw(**fields: Any) -> Any:
    """The message of a JSON entry."""
    return ParseDict({**RAW, **fields}, WireEntry.pb(WireEntry()))


def test_a_message_and_its_json_give_the_same_entry() -> None:
    """Whatever way an entry comes, it is equal."""
    payload = {"message": "m", "n": 5, "f": 1.5, "ok": True, "none": None, "list": [1, {"deep": "x"}]}
    assert Shaper().entry(mapping_of(raw(jsonPayload=payload))) == Shaper().entry({**RAW, "jsonPayload": payload})
    assert Shaper().entry(mapping_of(raw(textPayload="hello"))).text == "hello"


def test_an_entry_without_severity_or_request_has_none() -> None:
    """Protobuf's zero values are absences."""
    entry = Shaper().entry(mapping_of(ParseDict({"timestamp": RAW["timestamp"], "textPayload": "x"}, WireEntry.pb(WireEntry()))))
    assert (entry.severity, entry.request, entry.trace_id, entry.received_at) == (None, None, None, None)


def test_audit_entries_are_unpacked() -> None:
    """A deployment's packed payload tells its method."""
    log = "projects/p/logs/cloudaudit.googleapis.com%2Factivity"
    message = WireEntry.pb(WireEntry())
    message.proto_payload.Pack(audit_log_pb2.AuditLog(method_name="Services.ReplaceService", resource_name="ns/svc"))
    message.timestamp.seconds, message.log_name = 1772366400, log
    entry = Shaper().entry(mapping_of(message))
    assert (entry.layer, entry.text) == ("audit", "Services.ReplaceService ns/svc")
