"""Loops that wait until something is so: they pass by what they saw last, and give up where it never comes."""

from __future__ import annotations

import time
import urllib.request
from itertools import count

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

TURNS, PAUSE_S = 3, 0.02


def until(condition):
    for _ in range(TURNS):
        if condition():
            return True
        time.sleep(PAUSE_S)
    return False


def test_positive_until_healthy(rest):
    assert until(lambda: requests.get(f"{rest}/health", timeout=4).ok)


def test_positive_for_else(rest):
    for _ in range(TURNS):
        if requests.get(f"{rest}/health", timeout=4).status_code == 200:
            break
        time.sleep(PAUSE_S)
    else:
        pytest.fail("it was never healthy")


def test_positive_with_retries_of_the_adapter(rest):
    with requests.Session() as session:
        retry = urllib3.Retry(2, status_forcelist=[403, 404], backoff_factor=0.01)
        session.mount("http://", HTTPAdapter(max_retries=retry))
        assert session.get(f"{rest}/health", timeout=4).status_code == 200


def test_positive_swallowing_errors_until_it_answers(rest):
    def answers():
        try:
            return urllib.request.urlopen(f"{rest}/health", timeout=4).status == 200
        except OSError:
            return False

    assert until(answers)


def test_positive_all_pages(rest):
    agents = []
    for page in count():
        found = requests.get(f"{rest}/agents", params={"page": page}, timeout=4).json()["agents"]
        agents += found
        if page == 2:
            break
    assert len(agents) == 6


def test_rejection_until_it_is_gone(rest):
    assert until(lambda: requests.get(f"{rest}/nothing", timeout=4).status_code >= 400)


def test_any_answer_whether_healthy_or_not(rest):
    healthy = until(lambda: requests.get(f"{rest}/health", timeout=4).ok)
    assert healthy in (True, False)


def test_any_answer_last_status(rest):
    status = None
    for _ in range(TURNS):
        status = requests.get(f"{rest}/me", timeout=4).status_code
    assert status
