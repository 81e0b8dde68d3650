"""Cases that are run again where they fail: the last attempt decides, and every attempt is watched."""

from __future__ import annotations

from collections import Counter

import aiohttp
import httpx
import pytest
import requests

pytestmark = pytest.mark.flaky(reruns=2)
TRIED = Counter()


@pytest.fixture
def attempt(request):
    """How often this case has begun."""
    TRIED[request.node.nodeid] += 1
    return TRIED[request.node.nodeid]


def test_positive_at_once(rest):
    assert requests.get(f"{rest}/health", timeout=4).json()["status"] == "healthy"


def test_positive_in_the_second_attempt(rest, attempt):
    assert requests.get(f"{rest}/health", timeout=4).ok
    assert attempt >= 2


def test_positive_in_the_third_attempt(rest, attempt):
    assert attempt >= 3
    httpx.get(f"{rest}/health", timeout=4).raise_for_status()


async def test_positive_and_async(rest, attempt):
    async with aiohttp.ClientSession() as session, session.get(f"{rest}/health") as answer:
        assert answer.status == 200
    assert attempt >= 2


def test_any_answer_in_the_second_attempt(rest, attempt):
    assert requests.get(f"{rest}/health", timeout=4).status_code < 600
    assert attempt >= 2


@pytest.mark.parametrize("path", ["/me", "/admin"])
def test_rejection_in_the_second_attempt(rest, attempt, path):
    assert requests.get(rest + path, timeout=4).status_code in (401, 403)
    assert attempt >= 2


def test_no_traffic_in_the_second_attempt(attempt):
    assert attempt >= 2


@pytest.mark.flaky(reruns=1, reruns_delay=0.05)
def test_positive_after_a_delay(rest, attempt):
    assert attempt >= 2
    assert requests.get(f"{rest}/health", timeout=4).status_code == 200
