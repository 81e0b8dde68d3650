"""The filter language of the embedded Logging API."""

from __future__ import annotations

import pytest

from lib.staging.logging.filter import BadFilter, compile_filter
from lib.staging.logging.journal import Entry

FIELDS = {
    "insertId": "a1",
    "timestamp": "2026-01-02T03:04:05.000250Z",
    "receiveTimestamp": "2026-01-02T03:04:06.000000Z",
    "severity": "WARNING",
    "logName": "projects/p/logs/run.googleapis.com%2Fstdout",
    "trace": "projects/p/traces/abc",
    "textPayload": "User x-1 not found",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "backend-staging"}},
    "labels": {"compute.example/zone": "b"},
    "httpRequest": {"status": 403, "requestUrl": "http://h/ws"},
    "jsonPayload": {"context": {"name": "netra"}},
}
ENTRY = Entry(at_us=1_767_323_045_000_250, visible_at=0.0, fields=FIELDS)

TRUE = [
    "",
    'insertId="a1"',
    "severity>=WARNING",
    "severity=WARNING",
    "severity<ERROR",
    'severity>="notice"',
    'timestamp>="2026-01-02T03:04:05Z"',
    'timestamp>="2026-01-02T03:04:05.00025Z" AND timestamp<="2026-01-02T03:04:05.00025Z"',
    "timestamp<2026-01-02T03:04:05.000250001Z",
    'timestamp<"2026-01-02T04:04:05.1+00:30"',
    'resource.labels.service_name=~"^backend"',
    'resource.type="cloud_run_revision"',
    "httpRequest.status=403",
    "httpRequest.status>=400",
    'jsonPayload.context.name="netra"',
    'trace=("x" OR "projects/p/traces/abc")',
    'textPayload:"USER"',
    "jsonPayload:*",
    'labels."compute.example/zone"="b"',
    'NOT insertId="b"',
    '-insertId="b"',
    'insertId="a1" severity>=INFO',
    'textPayload!=""',
    'textPayload!~"^x"',
    'insertId="b" OR insertId="a1" AND severity>=INFO',
    '(insertId="b" AND severity>=INFO) OR insertId="a1"',
    'logName:"stdout"',
    'insertId=(a1 AND "a1")',
]
FALSE = [
    'insertId="A1"',
    "severity>WARNING",
    'timestamp>"2026-01-02T03:04:05.00025Z"',
    "httpRequest.status<400",
    'spanId="1"',
    'spanId!="1"',
    'trace=("x" OR "y")',
    'insertId="a1" OR insertId="b" AND severity>=ERROR',
    'NOT (insertId="a1")',
    "jsonPayload.error:*",
    'textPayload=~"^x"',
]
BAD = [
    "insertId",
    'insertId=="a1"',
    'insertId="a1',
    '(insertId="a1"',
    'insertId="a1")',
    'unknown="x"',
    "severity>=LOUD",
    'timestamp>"soon"',
    'timestamp:"2026"',
    'textPayload=~"["',
    'insertId="a" OR',
    'AND insertId="a"',
    'resource="',
    'insertId=("a" OR)',
    'insertId=("a" OR "b" AND "c")',
    'insertId="x" and "y"',
    "x" * 20_001,
    "(" * 60 + 'insertId="a"' + ")" * 60,
    "httpRequest..status=1",
    'timestamp>="2026-13-01T00:00:00Z"',
]


@pytest.mark.parametrize("text", TRUE)
def test_entry_is_found(text):
    """A filter that the entry fulfils finds it."""
    assert compile_filter(text)(ENTRY)


@pytest.mark.parametrize("text", FALSE)
def test_entry_is_left_out(text):
    """A filter that the entry does not fulfil leaves it out."""
    assert not compile_filter(text)(ENTRY)


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:20])
def test_filter_is_refused(text):
    """What the language does not have is refused with a reason."""
    with pytest.raises(BadFilter, match=r".+"):
        compile_filter(text)
