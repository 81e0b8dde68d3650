"""Cases by other ways than a plain function: inherited, generated, of one fixture's many values, sub-tests, doctests' kin."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import pytest
import requests
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REST = os.environ["TRUTH_REST"]
PATHS = {"health": "/health", "agents": "/agents"}


class Checks:
    path = "/health"

    def test_positive_inherited(self, rest):
        assert requests.get(rest + self.path, timeout=4).ok

    def test_any_answer_inherited(self, rest):
        requests.get(rest + self.path, timeout=4)


class TestHealth(Checks):
    pass


class TestAgents(Checks):
    path = "/agents"

    class TestNested:
        def test_positive_nested(self, rest):
            assert requests.get(f"{rest}/agents", timeout=4).json()["agents"]


def _made(path):
    def case(rest):
        assert requests.get(rest + path, timeout=4).status_code == 200

    return case


for _name, _path in PATHS.items():
    globals()[f"test_positive_made_{_name}"] = _made(_path)


@pytest.mark.parametrize("path", [pytest.param(path, id=f"GET {path} ✓ [{name}]::x") for name, path in PATHS.items()])
def test_positive_by_awkward_names(rest, path):
    assert requests.get(rest + path, timeout=4).ok


def pytest_generate_tests(metafunc):
    if "generated" in metafunc.fixturenames:
        metafunc.parametrize("generated", ["/me", "/admin"])


def test_rejection_generated(rest, generated):
    assert requests.get(rest + generated, timeout=4).status_code in (401, 403)


@settings(max_examples=3, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(["/health", "/agents"]))
def test_positive_of_properties(rest, path):
    assert requests.get(rest + path, timeout=4).status_code == 200


@settings(max_examples=3, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text("abc", max_size=3))
def test_any_answer_of_properties(rest, path):
    assert requests.get(f"{rest}/{path}", timeout=4).status_code < 500


def test_positive_in_sub_tests(rest, subtests):
    for path in PATHS.values():
        with subtests.test(path=path):
            assert requests.get(rest + path, timeout=4).status_code == 200


def test_any_answer_in_sub_tests(rest, subtests):
    for path in PATHS.values():
        with subtests.test(path=path):
            requests.get(rest + path, timeout=4)


@functools.cache
def token():
    return requests.post(f"{REST}/login", timeout=4).json()["token"]


def test_positive_by_a_cached_login(rest):
    assert requests.get(f"{rest}/me", headers={"Authorization": f"Bearer {token()}"}, timeout=4).ok


@pytest.fixture
async def opened(ws):
    async with websockets.connect(ws) as made:
        yield made


async def test_positive_over_an_async_fixtures_websocket(opened):
    await opened.send("ping")
    assert await opened.recv() == "ping"


async def test_any_answer_over_an_async_fixtures_websocket(opened):
    try:
        await opened.send("ping")
        await opened.recv()
    except websockets.ConnectionClosed:
        print("closed, as it may be")


async def test_no_traffic_an_async_fixture_is_open(opened):
    assert opened.state.name == "OPEN"


@pytest.fixture
def available(rest):
    if not requests.get(f"{rest}/health", timeout=4).ok:
        pytest.skip("the target refuses")


def test_positive_behind_a_fixture_that_skips(rest, available):
    assert requests.get(f"{rest}/health", timeout=4).json()["status"] == "healthy"


def test_any_answer_behind_a_fixture_that_skips(rest, available):
    assert requests.get(f"{rest}/health", timeout=4).text is not None


def test_unknown_by_a_command(ws):
    talk = [sys.executable, "-m", "websockets", ws]
    assert subprocess.run(talk, input="", capture_output=True, text=True, timeout=20, check=False).returncode in (0, 1)


def test_unknown_by_a_command_that_may_be_absent(ws):
    try:
        subprocess.run(["no-such-wscat", "-c", ws, "-x", "ping"], capture_output=True, timeout=20, check=True)
    except FileNotFoundError:
        subprocess.run([sys.executable, "-c", "pass"], timeout=20, check=True)
