"""Raw protobuf entries read like their JSON."""

from __future__ import annotations

import re
from typing import Any

import pytest
from google.cloud.audit import audit_log_pb2
from google.cloud.logging_v2.types import LogEntry as WireEntry
from google.protobuf.json_format import ParseDict

from lib.logs.sources.moments import Unreadable
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.protobuf import entry_of
from lib.redaction.redact import redact_text

RAW: dict[str, Any] = {
    "insertId": "a1", "timestamp": "2026-03-01T12:00:00.123456Z", "receiveTimestamp": "2026-03-01T12:00:01Z",
    "severity": "WARNING",
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
    assert entry_of(raw(jsonPayload=payload), Shaper()) == Shaper().entry({**RAW, "jsonPayload": payload})
    assert entry_of(raw(jsonPayload=payload), Shaper()).payload == payload


@pytest.mark.parametrize(
    "fields",
    [
        {"textPayload": "hello"},
        {"textPayload": '{"message": "in a text", "trace_id": "0af7651916cd43dd8448eb211c80319c"}', "trace": ""},
        {"textPayload": '10.0.0.1 - "GET /ws HTTP/1.1" 403', "httpRequest": {}},
        {"textPayload": "Traceback (most recent call last):\\n  File x\\n", "spanId": "b7ad6b7169203331"},
        {"jsonPayload": {"message": "Bearer abcdefgh12345678 and a-known-secret", "password": "hunter2hunter2"}, "labels": {}},
        {"jsonPayload": {"list": ["Bearer abcdefgh12345678", {"note": "a-known-secret", "x-api-key": ["hunter2hunter2"]}]}},
        {"jsonPayload": {"secret": "Bearer abcdefgh12345678", "empty": "", "nothing": {}}},
        {"textPayload": '{"message": "m", "note": "a-known-secret", "password": "hunter2hunter2"}'},
        {"jsonPayload": {"error": {"value": "broken"}}, "severity": "DEFAULT", "receiveTimestamp": None, "resource": {}},
        {"httpRequest": {"requestUrl": "https://h/ws?token=abcdefgh12345678", "userAgent": "u", "latency": "0s"}},
    ],
)
def test_every_part_is_read_alike(fields: dict[str, Any]) -> None:
    """What the API sends and what a file holds of the same entry give the same, redacted."""
    given = {name: value for name, value in {**RAW, **fields}.items() if value is not None}
    entry, shaper = entry_of(ParseDict(given, WireEntry.pb(WireEntry())), Shaper(["a-known-secret"])), Shaper(["a-known-secret"])
    assert entry == shaper.entry(given)
    assert not {"abcdefgh12345678", "a-known-secret", "hunter2hunter2"} & set(re.findall(r"[\w-]+", repr(entry)))


def test_an_entry_without_severity_or_request_has_none() -> None:
    """Protobuf's zero values are absences."""
    entry = entry_of(ParseDict({"timestamp": RAW["timestamp"], "textPayload": "x"}, WireEntry.pb(WireEntry())), Shaper())
    assert (entry.severity, entry.request, entry.trace_id, entry.received_at) == (None, None, None, None)


@pytest.mark.parametrize("seconds", [10**15, -(2**62)])
def test_a_moment_that_no_calendar_has_is_unreadable(seconds: int) -> None:
    """A broken server's entry is left out and counted; it does not end the reading."""
    message = raw(textPayload="x")
    message.timestamp.seconds = seconds
    with pytest.raises(Unreadable):
        entry_of(message, Shaper())


def test_audit_entries_are_unpacked() -> None:
    """A deployment's packed payload tells its method, and no secret."""
    log = "projects/p/logs/cloudaudit.googleapis.com%2Factivity"
    message = WireEntry.pb(WireEntry())
    message.proto_payload.Pack(audit_log_pb2.AuditLog(method_name="Services.ReplaceService", resource_name="ns/a-known-secret"))
    message.timestamp.seconds, message.log_name = 1772366400, log
    entry = entry_of(message, Shaper(["a-known-secret"]))
    told = redact_text("ns/a-known-secret", ["a-known-secret"])
    assert (entry.layer, entry.text) == ("audit", f"Services.ReplaceService {told}")
    assert entry.payload is not None
    assert entry.payload["resourceName"] == told != "ns/a-known-secret"
