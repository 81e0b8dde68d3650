# ruff: noqa: S113, S110, PT009, PT011, PT027, B017 - cases as people write them
"""What people write on an ordinary day: swallowed, soft, retried, polled for, logged, skipped, or looked at closely."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import unittest
import warnings

import aiohttp
import httpx
import pytest
import requests
import websockets
from websockets.sync.client import connect

REST, WS = os.environ["TRUTH_REST"], os.environ["TRUTH_WS"]


@pytest.fixture(scope="session")
def session_health():
    return requests.get(REST + "/health")


@pytest.fixture
def asserted_health():
    r = requests.get(REST + "/health")
    assert r.ok
    return r


def test_any_answer_pass_on_exception():
    try:
        assert requests.get(REST + "/health").status_code == 200
    except Exception:
        pass


def test_positive_assert_r():
    assert requests.get(REST + "/health")


def test_any_answer_httpx_assert_r():
    assert httpx.get(REST + "/health")


def test_any_answer_is_not_none():
    assert requests.get(REST + "/health") is not None


def test_any_answer_in_200_403():
    assert requests.get(REST + "/health").status_code in (200, 403)


def test_rejection_403_only():
    assert requests.get(REST + "/admin").status_code in (401, 403)


def test_positive_soft_inside():
    errors = []
    r = requests.get(REST + "/health")
    if r.status_code != 200:
        errors.append(r.status_code)
    assert not errors


def test_no_traffic_session_fixture(session_health):
    assert session_health.status_code == 200


def test_no_traffic_asserted_fixture(asserted_health):
    assert asserted_health.json()["status"] == "healthy"


def test_any_answer_warns():
    r = requests.get(REST + "/health")
    if r.status_code != 200:
        warnings.warn("not healthy", stacklevel=1)


def test_any_answer_logs():
    r = requests.get(REST + "/health")
    logging.info("status %s", r.status_code) if r.ok else logging.error("bad")


def test_any_answer_raises_exception():
    with pytest.raises(Exception):
        connect(WS + "/refused").__enter__().recv()


def test_positive_retry():
    for _ in range(3):
        try:
            r = requests.get(REST + "/health", timeout=2)
            r.raise_for_status()
            break
        except requests.RequestException:
            time.sleep(0.05)
    else:
        pytest.fail("never healthy")


def test_positive_poll_until():
    end = time.time() + 2
    while time.time() < end:
        if requests.get(REST + "/health").status_code == 200:
            return
        time.sleep(0.1)
    raise AssertionError("timeout")


def test_any_answer_poll_until_silently():
    end = time.time() + 1
    while time.time() < end:
        if requests.get(REST + "/health").status_code == 200:
            return
        time.sleep(0.1)


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/agents", 200)])
def test_positive_param(path, status):
    assert requests.get(REST + path).status_code == status


@pytest.mark.parametrize(("path", "status"), [("/me", 401), ("/admin", 403)])
def test_rejection_param(path, status):
    assert requests.get(REST + path).status_code == status


async def test_positive_async_ws():
    async with websockets.connect(WS) as s:
        await s.send("x")
        assert await asyncio.wait_for(s.recv(), 2) == "x"


async def test_any_answer_async_ws_swallow():
    try:
        async with websockets.connect(WS) as s:
            await s.send("x")
            await s.recv()
    except Exception as e:
        print("refused", e)


async def test_any_answer_gather_return_exceptions():
    async with aiohttp.ClientSession() as c:
        r = await asyncio.gather(*(c.get(REST + "/health") for _ in range(2)), return_exceptions=True)
    assert len(r) == 2


class TestU(unittest.TestCase):
    def setUp(self):
        self.r = requests.get(REST + "/health")

    def test_no_traffic_of_setup(self):
        self.assertEqual(self.r.status_code, 200)

    def test_positive_own(self):
        self.assertIn("status", requests.get(REST + "/health").json())

    def test_positive_subtests(self):
        for p in ("/health", "/agents"):
            with self.subTest(p):
                self.assertEqual(requests.get(REST + p).status_code, 200)

    def test_rejection_raises_http_error(self):
        with self.assertRaises(requests.HTTPError):
            requests.get(REST + "/admin").raise_for_status()


def test_no_traffic_monkeypatched(monkeypatch):
    monkeypatch.setattr(requests, "get", lambda u: type("R", (), {"status_code": 200})())
    assert requests.get(REST + "/health").status_code == 200


def test_positive_snapshot():
    assert requests.get(REST + "/health").json() == {"status": "healthy"}


def test_any_answer_below_500():
    assert requests.get(REST + "/health").status_code < 500


def test_any_answer_isinstance():
    assert isinstance(requests.get(REST + "/health").json(), dict)


def test_unknown_skip_if_refused():
    r = requests.get(REST + "/health")
    if r.status_code != 200:
        pytest.skip("not available")


def test_positive_raw_socket():
    host, port = REST.removeprefix("http://").split(":")
    s = socket.create_connection((host, int(port)), timeout=2)
    s.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b" 200 " in s.recv(65536)


def test_rejection_error_in_body():
    assert "error" in requests.get(REST + "/admin").json()


def test_positive_not_error():
    assert "error" not in requests.get(REST + "/health").json()


def test_any_answer_if_ok_then_assert():
    r = requests.get(REST + "/health")
    if r.status_code == 200:
        assert r.elapsed.total_seconds() < 5


def test_positive_unless_xor():
    assert requests.get(REST + "/health").ok is True


def test_positive_context_wait():
    with connect(WS) as s:
        s.ping().wait(1)
