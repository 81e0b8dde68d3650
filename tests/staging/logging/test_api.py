"""The Logging API, read by the real google-cloud-logging client."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from google.api_core.exceptions import InvalidArgument, PermissionDenied

PROJECT = "projects/embedded-staging"


def test_refusal_is_seen_by_edge_platform_and_application(start):
    """A refused handshake has three entries with its trace, and the application's names the reason."""
    staging = start("secret-mismatch")
    found = staging.entries(staging.knock_traced())
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
    found = staging.entries(staging.knock_traced())
    assert [(entry.resource.type, entry.json_payload["statusDetails"]) for entry in found] == [
        ("http_load_balancer", "denied_by_security_policy")
    ]


def test_direct_host_is_seen_by_the_platform_alone(healthy):
    """A request that goes around the edge has no entry of the edge."""
    found = healthy.entries(healthy.knock_traced(host="localhost"))
    assert {entry.resource.type for entry in found} == {"cloud_run_revision"}
    assert any(entry.http_request.status == 101 for entry in found)


def test_several_traces_in_one_filter_and_the_service_filter(healthy):
    """The filters that the client sends combine: service, window and a list of traces."""
    names = [healthy.knock_traced().partition("=")[2] for _ in range(2)]
    since = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    text = f'({healthy.filter}) AND timestamp>="{since}" AND trace=({names[0]} OR {names[1]})'
    found = healthy.entries(text, order_by="timestamp desc")
    assert {f'"{entry.trace}"' for entry in found} == set(names)
    assert [entry.timestamp for entry in found] == sorted((entry.timestamp for entry in found), reverse=True)


def test_paging_loses_and_repeats_nothing(start):
    """Pages of any size give the same entries as one page, in order."""
    staging = start(options={"flush_s": 0})
    for _ in range(20):
        httpx.get(staging.rest_url + "/health")
    until = f'timestamp<="{datetime.now(UTC).isoformat()}"'
    whole = [entry.insert_id for entry in staging.entries(until, page_size=1000)]
    assert len(whole) > 40
    assert [entry.insert_id for entry in staging.entries(until, page_size=7)] == whole


def test_entries_arrive_late(start):
    """Before the flush delay has passed an entry cannot be read, afterwards it can."""
    staging = start(options={"flush_s": 1.5})
    httpx.get(staging.rest_url + "/health", headers={"traceparent": f"00-{'a' * 32}-{'1' * 16}-01"})
    text = f'trace="{PROJECT}/traces/{"a" * 32}"'
    assert staging.entries(text) == []
    time.sleep(1.6)
    assert len(staging.entries(text)) == 3


@pytest.mark.parametrize(
    "text",
    [
        'trace=="x"',
        "severity>=LOUD",
        'timestamp>="yesterday"',
        'colour="red"',
        '(severity="INFO"',
        'jsonPayload.message=~"("',
        "nonsense",
    ],
)
def test_other_filters_are_refused(healthy, text):
    """What the filter language does not have is an invalid argument."""
    with pytest.raises(InvalidArgument):
        healthy.entries(text)


def test_other_projects_and_foreign_page_tokens_are_refused(healthy):
    """Another project is not permitted; a page token belongs to its filter."""
    with pytest.raises(PermissionDenied):
        healthy.entries("", resource_names=["projects/another"])
    with pytest.raises(InvalidArgument):
        healthy.entries("", page_token="bm9uc2Vuc2U=")


def test_no_entry_holds_a_token_or_a_key(healthy):
    """Whatever carrier brought it, no secret reaches the log."""
    token = healthy.token()
    for carrier in ("authorization", "subprotocol", "query", "cookie"):
        healthy.knock(token=token, carrier=carrier)
        healthy.knock(token=token + "x", carrier=carrier)
    httpx.get(healthy.rest_url + "/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    time.sleep(0.2)
    written = json.dumps([type(entry).to_json(entry) for entry in healthy.entries("", page_size=1000)])
    for secret in (token, token.split(".")[2], *healthy.keys.values()):
        assert secret not in written


def test_shifted_clock_shifts_entries_and_date_headers(start):
    """A system whose clock is off stamps its entries and its answers accordingly."""
    staging = start(options={"log_clock_offset_s": -40})
    answer = httpx.get(staging.rest_url + "/health")
    time.sleep(0.2)
    behind_s = (datetime.now(UTC) - staging.entries('resource.type="http_load_balancer"')[0].timestamp).total_seconds()
    assert 39 < behind_s < 42
    date = datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    assert 39 < (datetime.now(UTC) - date).total_seconds() < 42


@pytest.mark.parametrize("cause", ["route-missing", "rate-limited", "edge-blocks-upgrade"])
def test_some_refusals_leave_no_reason(start, cause):
    """Where no code of the application decides, its log gives none: only the status is told."""
    staging = start(cause, options={"rate_limit": 0})
    found = staging.entries(staging.knock_traced())
    assert found
    assert not [entry for entry in found if entry.severity >= 400 and "requests" not in entry.log_name]


def test_refusal_by_the_auth_service_is_in_its_own_log(start):
    """The reason of a service-identity refusal stands in the auth service's entries, with the same trace."""
    staging = start("service-identity")
    found = staging.entries(staging.knock_traced() + ' AND resource.labels.service_name="netra-auth-staging"')
    assert [entry.json_payload["message"][:19] for entry in found] == ["Service ID mismatch"]


def test_deployment_stands_in_the_audit_log(start):
    """Each revision's deployment is a NOTICE at the start."""
    text = 'logName:"cloudaudit" severity=NOTICE'
    assert [len(start(*faults).entries(text)) for faults in ((), ("mixed-revisions",))] == [1, 2]
