"""What the plug-in told becomes facts: named, redacted, comparable between runs."""

from __future__ import annotations

import pytest

from lib.suite import results

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJlLWNhbmFyeS1zaWduYXR1cmU"


@pytest.mark.parametrize(
    ("nodeid", "module", "name"),
    [
        ("test_a.py::test_b", "test_a", "test_b"),
        ("sub/test_a.py::TestC::test_b[x::y]", "test_a", "test_b[x::y]"),
        ("sub/test_a.py", "test_a", "test_a.py"),
    ],
)
def test_names_come_from_the_node_id(nodeid, module, name):
    """The module is the file's stem, the name the last part with its parameters."""
    assert (results.module_of(nodeid), results.name_of(nodeid)) == (module, name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("connect to 127.0.0.1:43211 failed", "connect to 127.0.0.1:39001 failed"),
        ("thread thread_0a1b2c3d4e5f6a7b lost", "thread thread_ffeeddccbbaa9988 lost"),
        ("at 2025-09-07T08:39:01.5Z", "at 2025-09-08T10:00:00Z"),
        ("<object at 0x7faa5f0140d0>", "<object at 0x7faa5f041950>"),
        ("took 1.25 s", "took 0.75 s"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-e89b-12d3-a456-426614174999"),
    ],
)
def test_what_varies_is_taken_out_of_a_signature(one, other):
    """The same failure of two runs has one signature."""
    assert results.signature(one) == results.signature(other)


def test_a_page_in_a_failure_is_told_by_its_words():
    """An assertion that quotes an HTML answer is grouped under what the page says, not under its first tag."""
    page = "<!DOCTYPE html>\n<html>\n<head>\n<title>Access denied</title></head><body>x</body></html>"
    assert results.signature(f"AssertionError: 403: {page}") == "AssertionError: 403: Access denied"


def test_what_matters_stays_in_a_signature():
    """Statuses and close codes tell failures apart."""
    assert (
        results.signature("server rejected WebSocket connection: HTTP 403\nmore")
        == "server rejected WebSocket connection: HTTP 403"
    )
    assert results.signature("HTTP 403") != results.signature("HTTP 500")
    assert results.signature("received 1008 (policy violation)") != results.signature("received 1011 (internal error)")


def test_an_exchange_says_what_was_sent_without_its_token():
    """The token is a fingerprint, wherever it stands; the trace id is kept."""
    seen = {
        "channel": "websocket", "method": "GET", "url": f"ws://h/ws?token={TOKEN}", "peer": "1.2.3.4:80", "status": 403,
        "elapsed_ms": 3.0,
        "request_headers": [["authorization", f"Bearer {TOKEN}"], ["traceparent", f"00-{'a' * 32}-{'b' * 16}-01"]],
        "headers": [["set-cookie", f"session={TOKEN}"]], "body": f"bad {TOKEN}", "first_frame": None, "close_code": None,
        "started": 0.0,
    }  # fmt: skip
    exchange = results.exchanges_of({"nodeid": "test_a.py::test_b", "exchanges": [seen]})[0]
    assert (exchange.kind, exchange.rung, exchange.status, exchange.trace_id) == ("handshake", "upgrade", 403, "a" * 32)
    assert exchange.credential is not None
    assert exchange.credential.startswith("jwt:")
    assert TOKEN.split(".")[2] not in str(exchange)


@pytest.mark.parametrize(("closed_ms", "accepted"), [(None, True), (9.0, False), (5003.0, True)])
def test_a_socket_that_the_server_closed_late_had_been_accepted(closed_ms, accepted):
    """What counts is how long it was left open after its 101; a server may end what is finished."""
    seen = {
        "channel": "websocket", "method": "GET", "url": "ws://h/ws", "peer": "1.2.3.4:80", "status": 101, "elapsed_ms": 3.0,
        "request_headers": [], "headers": [], "started": 0.0, "close_code": closed_ms and 1000, "closed_ms": closed_ms,
    }  # fmt: skip
    exchange = results.exchanges_of({"nodeid": "test_a.py::test_b", "exchanges": [seen]})[0]
    assert (exchange.accepted, exchange.phases.upgrade_ms) == (accepted, 3.0)


def test_secrets_leave_no_trace_in_a_message():
    """A known secret in a failure's text is replaced."""
    event = {
        "nodeid": "test_a.py::test_b",
        "outcome": "failed",
        "message": "E  got canary-secret",
        "failure": "ValueError: canary-secret",
    }
    case = results.case_result(event, ["canary-secret"])
    assert "canary" not in f"{case.message}{case.signature}"
