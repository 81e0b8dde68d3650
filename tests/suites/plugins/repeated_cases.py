"""pytest-repeat, -rerunfailures, -timeout and -randomly: repeated, tried again, ended in time, in any order."""

from __future__ import annotations

import random
import time

import allure
import pytest
import requests

ATTEMPTS: list[int] = []


@pytest.mark.repeat(2)
def test_positive_repeated(rest):
    assert requests.get(f"{rest}/health", timeout=4).ok


@pytest.mark.repeat(2)
def test_any_answer_repeated(rest):
    requests.get(f"{rest}/health", timeout=4)


@pytest.mark.flaky(reruns=2, reruns_delay=0.05)
def test_positive_tried_again(rest):
    assert requests.get(f"{rest}/health", timeout=4).ok


@pytest.mark.flaky(reruns=1)
def test_any_answer_passes_only_when_tried_again(rest):
    ATTEMPTS.append(requests.get(f"{rest}/health", timeout=4).status_code)
    assert len(ATTEMPTS) > 1


@pytest.mark.timeout(60)
def test_positive_in_time(rest):
    for _ in range(200):
        if requests.get(f"{rest}/health", timeout=4).ok:
            return
        time.sleep(0.05)
    pytest.fail("not in time")


@pytest.mark.timeout(60, method="thread")
def test_rejection_in_time_by_a_thread(rest):
    assert requests.get(f"{rest}/me", timeout=4).status_code in (401, 403)


def test_positive_by_chance(rest):
    path = random.choice(["/health", "/agents"])
    assert requests.get(rest + path, timeout=4).ok


@allure.title("Shown by another name")
@allure.severity(allure.severity_level.CRITICAL)
def test_positive_in_steps(session, rest):
    with allure.step("asking"):
        answer = session.get(f"{rest}/health", timeout=4)
        allure.attach(answer.text, "body", allure.attachment_type.JSON)
    with allure.step("judging"):
        assert answer.json() == {"status": "healthy"}
