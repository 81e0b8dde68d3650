"""What a report says of the suite: grouped, counted, and careful about what a socket that nobody opened means."""

from __future__ import annotations

import pytest

from lib.reports.cases import failures, impact, module_rows, route, socket_use, worked
from tests import sample_round as sample

MODULE = "test_1_websocket_events_staging"
FEATURES = sample.parameters()["features"]


def rows(suite=None, exchanges=(), ws_url=sample.WS_URL):
    return {row["module"]: row for row in module_rows(suite or sample.suite(), exchanges, ws_url)}


def test_a_module_fails_with_one_of_its_cases():
    """A module's row has its counts, and the names of the cases that fail."""
    row = rows()[MODULE]
    assert (row["status"], row["passed"], row["failed"], row["positive"]) == ("failed", 1, 2, 1)
    assert row["failing"] == ["test_concurrent_websocket_real", "test_websocket_event_flow_real"]


@pytest.mark.parametrize(
    ("outcome", "status"), [("passed", "passed"), ("skipped", "not run"), ("untested", "not run"), ("error", "failed")]
)
def test_a_module_that_did_not_run_did_not_pass(outcome, status):
    """Skipped and untested cases make no module pass."""
    assert rows(sample.suite(sample.case("m", "a", outcome)))["m"]["status"] == status


@pytest.mark.parametrize(
    ("changes", "use"),
    [
        ({"status": 101, "rung": "session"}, "opened"),
        ({"status": 101, "rung": "session", "close_code": 1000}, "opened"),
        ({"status": 101, "rung": "session", "close_code": 1008}, "refused"),
        ({"status": 403}, "refused"),
        ({"url": "ws://127.0.0.1:40001/ws/test", "status": 101}, "never tried"),
    ],
)
def test_a_socket_counts_by_what_became_of_it(changes, use):
    """Opened means that the investigated path took the handshake and did not throw it out."""
    cases = [sample.case(MODULE, "test_a", traffic=sample.traffic(handshakes=1))]
    assert socket_use(cases, [sample.exchange("e1", **changes)], sample.WS_URL) == use


def test_a_handshake_that_nobody_saw_is_not_known():
    """Counted handshakes without their exchanges say neither yes nor no."""
    cases = [sample.case(MODULE, "test_a", traffic=sample.traffic(handshakes=2))]
    assert socket_use(cases, [], sample.WS_URL) == "not known"


def test_results_of_another_runner_say_nothing_of_sockets():
    """A JUnit file counts no traffic, so a socket is not known."""
    assert socket_use([sample.case("m", "a", worth=None, traffic=sample.traffic())], [], sample.WS_URL) == "not known"


def test_failures_are_grouped_by_signature():
    """One sentence a failure, with all its cases and the exchanges that show it."""
    other = sample.case("m", "b", "failed", signature="KeyError")
    groups = failures(sample.suite(*sample.suite()["cases"], other), [sample.exchange("e1"), sample.exchange("e2", status=101)])
    assert [(group["signature"], group["n"]) for group in groups] == [(sample.FORBIDDEN, 3), ("KeyError", 1)]
    assert groups[0]["modules"] == [MODULE, "test_3_agent_pipeline_staging"]
    assert groups[0]["exchanges"] == ["e1"]


def test_only_what_was_measured_worked():
    """Each line of what worked has an n above zero; a figure without samples is not there."""
    rest = [sample.exchange(f"r{n}", kind="rest", url=f"http://h/api/threads/{n}", status=200, rung="http") for n in range(3)]
    found = {
        line["what"]: line["n"]
        for line in worked(sample.suite(), [*rest, sample.exchange("e")], sample.performance(), sample.WS_URL)
    }
    assert found == {
        "GET /api/threads/{id} answers 2xx with the credential": 3,
        "cases pass with positive evidence": 3,
        "cases see a required rejection": 1,
        "api_response_ms meets its objective of 100 ms": 30,
    }


def test_a_probe_that_opens_is_not_the_configured_handshake():
    """An accepted variant is told apart from an accepted control, and from another path."""
    opened = {"status": 101, "rung": "session"}
    seen = [sample.exchange("p", of="probe", **opened), sample.exchange("t", **opened, url="ws://127.0.0.1:40001/ws/test")]
    assert [line["what"] for line in worked(None, seen, None, sample.WS_URL)] == [
        "the WebSocket is opened by a changed handshake (a probe)",
        "another WebSocket path is opened",
    ]


def test_features_are_judged_by_their_cases():
    """A feature is failing, exercised or not exercised, with the cases that say so."""
    rated = {row["feature"]: row for row in impact(FEATURES, list(rows().values()), sample.suite())}
    assert {name: row["state"] for name, row in rated.items()} == {
        "chat": "exercised",
        "real_time_updates": "failing",
        "critical_path": "not exercised",
    }
    assert rated["chat"]["because"].endswith("none of them over the authenticated WebSocket")
    assert rated["critical_path"]["because"] == "no case of its modules ran; test_10_critical_path_staging did not run"


@pytest.mark.parametrize("worth", ["no-traffic", "any-answer", None])
def test_a_feature_without_evidence_is_not_exercised(worth):
    """Green cases that show nothing exercise nothing."""
    suite = sample.suite(sample.case("test_2_message_flow_staging", "a", worth=worth))
    assert impact({"chat": ["test_2_message_flow_staging"]}, list(rows(suite).values()), suite)[0]["state"] == "not exercised"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h/api/threads/12/messages?x=1", "/api/threads/{id}/messages"),
        ("http://h/api/t/3f2a91c0-1111-4222-8333-123456789abc", "/api/t/{id}"),
        ("http://h/api/t/thread_0a1b2c3d4e", "/api/t/{id}"),
        ("http://h/api/health", "/api/health"),
        ("http://h", "/"),
    ],
)
def test_routes_are_paths_without_what_varies(url, path):
    """Ids in a path do not make it another route."""
    assert route(url) == path
