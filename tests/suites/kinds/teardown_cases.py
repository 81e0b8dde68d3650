# ruff: noqa: PT009 - cases as people write them
"""Soft assertions: what a case found wrong is collected, and told when the case is over, by a fixture, a cleanup or tearDown."""

from __future__ import annotations

import os
import unittest

import pytest
import requests

REST = os.environ["TRUTH_REST"]


@pytest.fixture
def wrong():
    """Asserted at its end."""
    found = []
    yield found
    assert not found, found


@pytest.fixture
def expect(request):
    """As plug-ins for soft assertions do it, with a finalizer."""
    failures = []

    def check(condition, text):
        if not condition:
            failures.append(text)

    request.addfinalizer(lambda: pytest.fail("; ".join(failures)) if failures else None)  # noqa: PT021
    return check


@pytest.fixture
def grouped():
    """All of them raised together."""
    failures = []
    yield lambda condition: None if condition else failures.append(AssertionError("not so"))
    if failures:
        raise ExceptionGroup("soft assertions", failures)


@pytest.fixture
def created(rest, session):
    """A resource, cleared up over the session that a saboteur answers by then."""
    yield "a"
    assert session.get(f"{rest}/health", timeout=4).ok


def test_positive_collected(rest, wrong):
    answer = requests.get(f"{rest}/health", timeout=4)
    if answer.status_code != 200:
        wrong.append(answer.status_code)


def test_positive_by_a_finalizer(rest, expect):
    expect(requests.get(f"{rest}/health", timeout=4).ok, "not healthy")


def test_positive_in_a_group(rest, grouped):
    grouped(requests.get(f"{rest}/health", timeout=4).status_code == 200)


def test_rejection_collected(rest, wrong):
    answer = requests.get(f"{rest}/admin", timeout=4)
    if answer.status_code not in (401, 403):
        wrong.append(answer.status_code)


def test_any_answer_collected_and_forgotten(rest, wrong):
    if requests.get(f"{rest}/health", timeout=4).status_code >= 500:
        wrong.append("down")


def test_any_answer_though_its_fixture_asserts_of_what_it_asks(rest, created):
    requests.get(f"{rest}/health?of={created}", timeout=4)


class TestVerified(unittest.TestCase):
    def setUp(self):
        self.verification_errors = []

    def tearDown(self):
        self.assertEqual([], self.verification_errors)

    def verify(self, condition, text="wrong"):
        if not condition:
            self.verification_errors.append(text)

    def test_positive(self):
        self.verify(requests.get(f"{REST}/health", timeout=4).ok)

    def test_any_answer(self):
        self.verify(requests.get(f"{REST}/health", timeout=4).status_code < 500)


class TestCleanedUp(unittest.TestCase):
    def setUp(self):
        self.found = []
        self.addCleanup(lambda: self.assertEqual(self.found, []))

    def test_positive(self):
        answer = requests.get(f"{REST}/health", timeout=4)
        self.found += [] if answer.ok else [answer.status_code]

    def test_positive_by_a_cleanup_that_asks(self):
        self.addCleanup(lambda: self.assertTrue(requests.get(f"{REST}/health", timeout=4).ok))
        self.assertIsNotNone(requests.get(f"{REST}/health", timeout=4))

    def test_rejection(self):
        answer = requests.get(f"{REST}/me", timeout=4)
        self.found += [] if answer.status_code == 401 or answer.status_code == 403 else [answer.status_code]
