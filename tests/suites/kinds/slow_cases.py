"""How long an answer took says nothing of what it was: whoever takes the target's place answers at the target's pace."""

from __future__ import annotations

import time

import aiohttp
import httpx
import pytest
import requests


@pytest.fixture
def clock():
    started = time.perf_counter()
    return lambda: time.perf_counter() - started


def test_any_answer_that_takes_its_time(rest, clock):
    requests.get(f"{rest}/slow", timeout=3)
    assert clock() > 0.2


def test_any_answer_within_a_second_or_three(rest, clock):
    httpx.get(f"{rest}/slow", timeout=3)
    assert 0.15 < clock() < 3


def test_any_answer_by_elapsed(rest):
    assert requests.get(f"{rest}/slow", timeout=3).elapsed.total_seconds() > 0.2


async def test_any_answer_that_takes_its_time_async(rest, clock):
    async with aiohttp.ClientSession() as session, session.get(f"{rest}/slow"):
        assert clock() > 0.2


def test_any_answer_that_was_fast(rest, clock):
    requests.get(f"{rest}/health", timeout=3)
    assert clock() < 3


def test_positive_and_slow(rest, clock):
    assert requests.get(f"{rest}/slow", timeout=3).json()["status"] == "done"
    assert clock() > 0.2


def test_positive_though_it_waits_itself(rest):
    time.sleep(0.2)
    assert requests.get(f"{rest}/health", timeout=3).ok


def test_rejection_and_slow(rest, clock):
    assert requests.get(f"{rest}/slow/nothing", timeout=3).status_code == 404
    assert clock() > 0.2


def test_no_traffic_but_slow(clock):
    time.sleep(0.25)
    assert clock() > 0.2
