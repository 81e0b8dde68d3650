# ruff: noqa: B015, B017, PT009, PT027, F631, B012, B018, RUF043 - cases as people write them
"""Ways in which a refusal goes unnoticed: swallowed, allowed for, asserted of something else, or of nothing at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import unittest

import httpx
import pytest
import requests
import websockets
from websockets.sync.client import connect

REST = os.environ["TRUTH_REST"]


def test_any_answer_suppressed(rest):
    with contextlib.suppress(Exception):
        assert requests.get(f"{rest}/health", timeout=4).status_code == 200


def test_any_answer_suppressed_by_a_stack(rest):
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(requests.RequestException))
        requests.get(f"{rest}/health", timeout=4).raise_for_status()


def test_any_answer_or_true(rest):
    assert requests.get(f"{rest}/health", timeout=4).ok or True


def test_any_answer_a_tuple_is_true(rest):
    answer = requests.get(f"{rest}/health", timeout=4)
    assert (answer.status_code == 200, "must be healthy")  # type: ignore[unused-ignore]


def test_any_answer_not_called(rest):
    answer = httpx.get(f"{rest}/health", timeout=4)
    answer.raise_for_status
    assert answer.is_success is not None


def test_any_answer_compared_and_dropped(rest):
    requests.get(f"{rest}/health", timeout=4).status_code == 200


def test_any_answer_method_is_true(rest):
    assert requests.get(f"{rest}/health", timeout=4).json


def test_any_answer_returned_in_finally(rest):
    try:
        assert requests.get(f"{rest}/health", timeout=4).status_code == 200
    finally:
        return


def test_any_answer_returned_instead_of_asserted(rest):
    return requests.get(f"{rest}/health", timeout=4).status_code == 200


def test_any_answer_status_among_many(rest):
    assert requests.get(f"{rest}/health", timeout=4).status_code in [200, 201, 204, 301, 302, 400, 401, 403, 404, 422]


def test_any_answer_unless_the_server_broke(rest):
    assert not httpx.get(f"{rest}/health", timeout=4).is_server_error


def test_any_answer_only_if_ok(rest):
    answer = requests.get(f"{rest}/health", timeout=4)
    assert answer.json().get("status", "healthy") == "healthy" if answer.ok else True


def test_any_answer_returns_early(rest):
    answer = requests.get(f"{rest}/me", timeout=4)
    if answer.status_code in (401, 403, 404):
        return
    assert answer.status_code == 200


def test_any_answer_over_no_items(rest):
    for agent in requests.get(f"{rest}/agents", timeout=4).json().get("agents", []):
        assert agent["state"] in ("idle", "busy")


def test_any_answer_all_of_none(rest):
    assert all(agent["id"] for agent in requests.get(f"{rest}/agents", timeout=4).json().get("agents") or [])


def test_any_answer_length_at_least_none(rest):
    assert len(requests.get(f"{rest}/agents", timeout=4).json().get("agents", ())) >= 0


def test_any_answer_either_data_or_error(rest):
    document = requests.get(f"{rest}/health", timeout=4).json()
    assert "status" in document or "error" in document or not document or "detail" in document


def test_any_answer_a_header_is_there(rest):
    assert requests.get(f"{rest}/health", timeout=4).headers.get("Content-Length")


def test_any_answer_expected_failure_of_either_kind(ws):
    with pytest.raises((websockets.InvalidStatus, websockets.InvalidHandshake, ConnectionError)):
        connect(f"{ws}/refused", open_timeout=4)


def test_any_answer_message_names_http(ws):
    with pytest.raises(Exception, match="(?i)http"):
        connect(f"{ws}/refused", open_timeout=4)


async def test_any_answer_a_timeout_is_as_good(ws):
    try:
        async with asyncio.timeout(2):
            async with websockets.connect(ws) as made:
                await made.send("ping")
                await made.recv()
    except (TimeoutError, OSError, websockets.WebSocketException):
        pass


async def test_any_answer_connected_flag(ws):
    result = {"connected": False, "error": None}
    try:
        async with websockets.connect(ws):
            result["connected"] = True
    except websockets.InvalidStatus as refused:
        result["error"] = refused.response.status_code
    assert result["connected"] or result["error"]


async def test_any_answer_success_rate_of_nothing(ws):
    opened = 0
    for _ in range(2):
        with contextlib.suppress(websockets.InvalidStatus):
            async with websockets.connect(ws):
                opened += 1
    assert opened / 2 >= 0.0


def test_unknown_xfail_when_refused(rest):
    if requests.get(f"{rest}/health", timeout=4).status_code != 200:
        pytest.xfail("staging is not up")


def test_unknown_skips_on_errors(ws):
    try:
        connect(ws, open_timeout=4).close()
    except Exception as error:
        pytest.skip(f"no WebSocket today: {error}")


@pytest.mark.xfail(reason="flaky in staging", strict=False)
def test_unknown_marked_as_expected_to_fail(rest):
    assert requests.get(f"{rest}/health", timeout=4).status_code == 200


def test_positive_success_rate(rest):
    answers = [requests.get(f"{rest}/health", timeout=4).ok for _ in range(3)]
    assert sum(answers) / len(answers) > 0.5


def test_positive_though_errors_are_wrapped(rest):
    try:
        requests.get(f"{rest}/health", timeout=4).raise_for_status()
    except requests.HTTPError as error:
        raise RuntimeError("staging is not healthy") from error


def test_positive_status_in_a_set(rest):
    assert requests.get(f"{rest}/health", timeout=4).status_code in {200, 201, 202, 204}


def test_positive_by_an_event_hook(rest):
    with httpx.Client(event_hooks={"response": [lambda answer: answer.raise_for_status()]}, timeout=4) as client:
        client.get(f"{rest}/health")


def test_positive_match_statement(rest):
    match requests.get(f"{rest}/health", timeout=4).status_code:
        case 200:
            pass
        case other:
            pytest.fail(f"HTTP {other}")


def test_rejection_refused_or_absent(rest):
    assert requests.get(f"{rest}/admin", timeout=4).status_code not in range(200, 300)


def test_rejection_either_exception_with_its_status(ws):
    with pytest.raises((websockets.InvalidStatus, OSError)) as caught:
        connect(f"{ws}/refused", open_timeout=4)
    assert caught.value.response.status_code in (401, 403)


def test_rejection_negated(rest):
    assert not requests.get(f"{rest}/admin", timeout=4).ok


class Wrong(unittest.TestCase):
    def test_any_answer_assert_true_takes_a_message(self):
        self.assertTrue(requests.get(f"{REST}/health", timeout=4).status_code, 200)

    def test_any_answer_assert_raises_anything(self):
        with self.assertRaises(Exception):
            requests.get(f"{REST}/admin", timeout=4).raise_for_status()
            raise ValueError

    def test_unknown_skips_itself(self):
        if not requests.get(f"{REST}/health", timeout=4).ok:
            self.skipTest("not today")

    def test_positive_assert_is(self):
        self.assertIs(requests.get(f"{REST}/health", timeout=4).ok, True)
