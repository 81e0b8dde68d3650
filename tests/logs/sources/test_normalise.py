"""One shape out of many spellings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lib.facts import LogEntry
from lib.logs.sources.moments import Unreadable, moment
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.origin import layer_of
from lib.logs.sources.severities import severity_of
from lib.redaction.redact import pseudonym, redact_value

TRACE = "0af7651916cd43dd8448eb211c80319c"
CAMEL: dict[str, Any] = {
    "insertId": "a1", "timestamp": "2026-03-01T12:00:00.123456789Z", "receiveTimestamp": "2026-03-01T12:00:01Z",
    "severity": "WARNING",
    "logName": "projects/p/logs/run.googleapis.com%2Frequests", "trace": f"projects/p/traces/{TRACE}",
    "spanId": "b7ad6b7169203331",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api", "revision_name": "api-1"}},
    "labels": {"instanceId": "i9"},
    "httpRequest": {"requestMethod": "GET", "requestUrl": "https://h/ws?x=1", "status": 403, "latency": "0.25s",
    "userAgent": "curl"},
}  # fmt: skip


def shaped(**raw: Any) -> LogEntry:
    """The entry of a raw one that has at least a time."""
    return Shaper().entry({"timestamp": "2026-03-01T12:00:00Z", **raw})


def test_every_field_of_a_gcloud_entry_is_read() -> None:
    """A request entry keeps its times, its place and what it says of the request."""
    entry = Shaper().entry(CAMEL)
    assert (entry.insert_id, entry.severity, entry.trace_id, entry.span_id) == ("a1", "WARNING", TRACE, "b7ad6b7169203331")
    assert entry.timestamp == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert (entry.service, entry.revision, entry.instance, entry.layer) == ("api", "api-1", "i9", "platform")
    assert entry.request == {"method": "GET", "url": "https://h/ws?x=1", "status": 403, "latency_s": 0.25, "user_agent": "curl"}


def test_snake_case_says_the_same() -> None:
    """The other exporter's spelling gives an equal entry."""
    request = {
        "request_method": "GET",
        "request_url": "https://h/ws?x=1",
        "status": "403",
        "latency": {"nanos": 250_000_000},
        "user_agent": "curl",
    }
    names = {"insertId": "insert_id", "receiveTimestamp": "receive_timestamp", "logName": "log_name", "spanId": "span_id"}
    snake = {names.get(key, key): value for key, value in CAMEL.items() if key != "httpRequest"}
    snake |= {"http_request": request, "labels": {"instance_id": "i9"}}
    assert Shaper().entry(snake) == Shaper().entry(CAMEL)


@pytest.mark.parametrize(
    "raw",
    [
        {"textPayload": "hello"},
        {"jsonPayload": {"message": "hello", "textPayload": "other"}},
        {"json_payload": {"msg": "hello"}},
        {"textPayload": '{"message": "hello"}'},
        {"jsonPayload": '{"message": "hello"}'},
        {"jsonPayload": {"message": "", "textPayload": "hello"}},
        {"payload": "hello"},
        {"message": "hello"},
    ],
)
def test_the_message_is_found_wherever_it_stands(raw: dict[str, Any]) -> None:
    """Each payload form gives the same text."""
    assert shaped(**raw).text == "hello"


@pytest.mark.parametrize(
    "raw",
    [
        {"trace": f"projects/p/traces/{TRACE}"},
        {"trace": TRACE.upper()},
        {"jsonPayload": {"message": "m", "trace_id": TRACE}},
        {"jsonPayload": {"message": "m", "logging.googleapis.com/trace": f"projects/p/traces/{TRACE}"}},
        {"jsonPayload": {"message": "m", "context": {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}}},
        {"jsonPayload": {"message": "m", "x-cloud-trace-context": f"{TRACE}/12;o=1"}},
        {"labels": {"trace_id": TRACE}},
        {"textPayload": f"refused trace_id={TRACE} path=/ws"},
    ],
)
def test_the_trace_is_found_wherever_it_stands(raw: dict[str, Any]) -> None:
    """A trace id in any of its carriers is the same 32 hex digits."""
    assert shaped(**raw).trace_id == TRACE


def test_other_long_hex_is_no_trace() -> None:
    """An instance id or a digest in the message does not become a trace."""
    assert shaped(textPayload=f"image sha256 {TRACE}").trace_id is None


def test_an_escaped_traceback_gets_its_lines_back() -> None:
    """A formatter that escapes twice leaves backslash-n; a traceback in one line could not be read, while a quoted one is
    kept."""
    assert shaped(textPayload="Traceback (most recent call last):\\n  File x").text.splitlines()[1] == "  File x"
    assert shaped(textPayload="from 'a\\n' to 'a'").text == "from 'a\\n' to 'a'"


def test_an_access_line_tells_of_a_request() -> None:
    """Web servers that log plain text still say method, path and status."""
    request = shaped(textPayload='INFO:     10.0.0.1:5 - "WebSocket /ws" 403').request
    assert request == {"method": "GET", "url": "/ws", "status": 403}


def test_secrets_are_replaced_in_text_payload_and_url() -> None:
    """A known secret is nowhere in the entry."""
    raw = {**CAMEL, "jsonPayload": {"message": "key=hunter22222", "deep": ["hunter22222"]}}
    raw["httpRequest"] = {**raw["httpRequest"], "requestUrl": "https://h/ws?token=hunter22222"}
    assert "hunter22222" not in repr(Shaper(["hunter22222"]).entry(raw))


def test_payloads_are_redacted_as_any_value_is() -> None:
    """Names that tell of a secret, lists, and numbers: the same as `redact_value`, only faster."""
    secret = "hunter22222"
    payload = {
        "message": f"using {secret}", "password": "correct horse", "n": 5, "f": 1.5, "none": None, "ok": True, f"x-{secret}": "y",
        "deep": {"api_key": "k3y-9999-zzzz", "list": [secret, {"authorization": "Bearer abcdefghijklmnop123456"}, 7]},
    }  # fmt: skip
    entry = Shaper([secret]).entry({**CAMEL, "jsonPayload": payload})
    assert entry.payload == redact_value(payload, [secret])
    assert secret not in repr(entry)


def test_a_name_tells_of_every_value_in_its_list() -> None:
    """Some servers log headers as `{"x-api-key": ["…"]}`; what is an object there has names of its own."""
    key, told = "hunter22222", pseudonym("hunter22222")
    payload = {"headers": {"x-api-key": [key]}, "token": [[key], {"kid": "k1"}, 5], "secret": {"token": [key]}}
    entry = Shaper().entry({**CAMEL, "jsonPayload": payload})
    assert entry.payload == {"headers": {"x-api-key": [told]}, "token": [[told], {"kid": "k1"}, 5], "secret": {"token": [told]}}


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"timestamp": "yesterday"},
        {"timestamp": None},
        {"timestamp": {"seconds": "x"}},
        {"timestamp": float("nan")},
        {"timestamp": {}},
    ],
)
def test_an_entry_without_a_moment_is_unreadable(raw: dict[str, Any]) -> None:
    """No time is made up."""
    with pytest.raises(Unreadable):
        Shaper().entry(raw)


def test_moments_come_in_many_forms() -> None:
    """Text with any zone, seconds, milliseconds and protobuf's object name the same moment."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    forms = [
        "2026-03-01T12:00:00Z",
        "2026-03-01T05:00:00-07:00",
        "2026-03-01 12:00:00 UTC",
        "2026-03-01T12:00:00",
        1772366400,
        1772366400000,
        {"seconds": 1772366400},
    ]
    assert {moment(form) for form in forms} == {noon}


def test_entries_without_an_id_get_a_stable_one() -> None:
    """The same content has the same made-up id, other content another."""
    assert shaped(textPayload="a").insert_id == shaped(textPayload="a").insert_id != shaped(textPayload="b").insert_id


@pytest.mark.parametrize(
    ("given", "name"),
    [("error", "ERROR"), (500, "ERROR"), ("WARN", "WARNING"), ("DEFAULT", None), (0, None), ("x", None), (None, None)],
)
def test_severities_are_named_as_the_api_names_them(given: Any, name: str | None) -> None:
    """Numbers and other words become names; what is no severity is none."""
    assert severity_of(given) == name


@pytest.mark.parametrize(
    ("log", "resource", "layer"),
    [
        ("projects/p/logs/requests", "http_load_balancer", "edge"),
        ("projects/p/logs/run.googleapis.com/requests", "cloud_run_revision", "platform"),
        ("projects/p/logs/run.googleapis.com/varlog/system", "cloud_run_revision", "platform"),
        ("projects/p/logs/run.googleapis.com/stderr", "cloud_run_revision", "application"),
        ("projects/p/logs/cloudaudit.googleapis.com/activity", "cloud_run_revision", "audit"),
        ("", "cloud_run_revision", "application"),
    ],
)
def test_the_layer_follows_from_log_and_resource(log: str, resource: str, layer: str) -> None:
    """Who wrote an entry is read from where it stands."""
    assert layer_of(log, resource) == layer


def test_labels_that_are_no_texts_are_shown_as_text() -> None:
    """An exporter's odd labels cost no entry."""
    raw = {
        "timestamp": "2026-03-01T12:00:00Z",
        "textPayload": "x",
        "resource": {"labels": {"service_name": ["a"], "revision_name": 7}},
    }
    entry = Shaper().entry(raw)
    assert (entry.service, entry.revision) == ("['a']", "7")
