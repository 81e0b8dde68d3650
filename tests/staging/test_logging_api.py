"""The Logging API, read by the real google-cloud-logging client."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import httpx
import pytest
from google.api_core.exceptions import InvalidArgument, PermissionDenied
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport

PROJECT = "projects/embedded-staging"


def client_of(staging) -> LoggingServiceV2Client:
    channel = grpc.insecure_channel(staging.logs_endpoint.removeprefix("http://"))
    return LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel))


def entries_of(staging, text: str, **request) -> list:
    client = client_of(staging)
    try:
        return list(client.list_log_entries({"resource_names": [PROJECT], "filter": text, **request}))
    finally:
        client.transport.close()


def knock_traced(staging, **changes) -> str:
    """One handshake with a trace of its own; the trace's name in the log, once its entries are readable."""
    trace = uuid.uuid4().hex
    staging.knock(headers={"traceparent": f"00-{trace}-{'1' * 16}-01"}, **changes)
    time.sleep(0.2)
    return f'trace="{PROJECT}/traces/{trace}"'


def test_refusal_is_seen_by_edge_platform_and_application(start):
    """A refused handshake has three entries with its trace, and the application's names the reason."""
    staging = start("secret-mismatch")
    found = entries_of(staging, knock_traced(staging))
    assert sorted(entry.log_name.rpartition("/")[2] for entry in found) == [
        "requests",
        "run.googleapis.com%2Frequests",
        "run.googleapis.com%2Fstdout",
    ]
    messages = [entry.json_payload["message"] for entry in found if "message" in (entry.json_payload or {})]
    assert messages == ["JWT validation failed: Signature verification failed"]
    assert [entry.http_request.status for entry in found if "http_request" in entry] == [403, 403]


def test_edge_refusal_is_seen_by_the_edge_alone(start):
    """What the edge refuses never reaches the platform."""
    staging = start("edge-policy")
    found = entries_of(staging, knock_traced(staging))
    assert [(entry.resource.type, entry.json_payload["statusDetails"]) for entry in found] == [
        ("http_load_balancer", "denied_by_security_policy")
    ]


def test_direct_host_is_seen_by_the_platform_alone(healthy):
    """A request that goes around the edge has no entry of the edge."""
    found = entries_of(healthy, knock_traced(healthy, host="localhost"))
    assert {entry.resource.type for entry in found} == {"cloud_run_revision"}
    assert any(entry.http_request.status == 101 for entry in found)


def test_several_traces_in_one_filter_and_the_service_filter(healthy):
    """The filters that the client sends combine: service, window and a list of traces."""
    names = [knock_traced(healthy).partition("=")[2] for _ in range(2)]
    since = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    text = f'({healthy.filter}) AND timestamp>="{since}" AND trace=({names[0]} OR {names[1]})'
    found = entries_of(healthy, text, order_by="timestamp desc")
    assert {f'"{entry.trace}"' for entry in found} == set(names)
    assert [entry.timestamp for entry in found] == sorted((entry.timestamp for entry in found), reverse=True)


def test_paging_loses_and_repeats_nothing(start):
    """Pages of any size give the same entries as one page, in order."""
    staging = start(options={"flush_s": 0})
    for _ in range(20):
        httpx.get(staging.rest_url + "/health")
    until = f'timestamp<="{datetime.now(UTC).isoformat()}"'
    whole = [entry.insert_id for entry in entries_of(staging, until, page_size=1000)]
    assert len(whole) > 40
    assert [entry.insert_id for entry in entries_of(staging, until, page_size=7)] == whole


def test_entries_arrive_late(start):
    """Before the flush delay has passed an entry cannot be read, afterwards it can."""
    staging = start(options={"flush_s": 1.0})
    httpx.get(staging.rest_url + "/health", headers={"traceparent": f"00-{'a' * 32}-{'1' * 16}-01"})
    text = f'trace="{PROJECT}/traces/{"a" * 32}"'
    assert entries_of(staging, text) == []
    time.sleep(1.1)
    assert len(entries_of(staging, text)) == 2


@pytest.mark.parametrize(
    "text",
    ['trace=="x"', "severity>=LOUD", 'timestamp>="yesterday"', 'colour="red"', '(severity="INFO"', 'jsonPayload.message=~"("', "nonsense"],
)
def test_other_filters_are_refused(healthy, text):
    """What the filter language does not have is an invalid argument."""
    with pytest.raises(InvalidArgument):
        entries_of(healthy, text)


def test_other_projects_and_foreign_page_tokens_are_refused(healthy):
    """Another project is not permitted; a page token belongs to its filter."""
    with pytest.raises(PermissionDenied):
        entries_of(healthy, "", resource_names=["projects/another"])
    with pytest.raises(InvalidArgument):
        entries_of(healthy, "", page_token="bm9uc2Vuc2U=")


def test_no_entry_holds_a_token_or_a_key(healthy):
    """Whatever carrier brought it, no secret reaches the log."""
    token = healthy.token()
    for carrier in ("authorization", "subprotocol", "query", "cookie"):
        healthy.knock(token=token, carrier=carrier)
        healthy.knock(token=token + "x", carrier=carrier)
    httpx.get(healthy.rest_url + "/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    time.sleep(0.2)
    written = json.dumps([type(entry).to_json(entry) for entry in entries_of(healthy, "", page_size=1000)])
    for secret in (token, token.split(".")[2], *healthy.keys.values()):
        assert secret not in written


def test_shifted_clock_shifts_entries_and_date_headers(start):
    """A system whose clock is off stamps its entries and its answers accordingly."""
    staging = start(options={"log_clock_offset_s": -40})
    answer = httpx.get(staging.rest_url + "/health")
    time.sleep(0.2)
    behind_s = (datetime.now(UTC) - entries_of(staging, 'resource.type="http_load_balancer"')[0].timestamp).total_seconds()
    assert 39 < behind_s < 42
    date = datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    assert 39 < (datetime.now(UTC) - date).total_seconds() < 42
