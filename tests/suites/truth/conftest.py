"""The target of these cases, and the fixtures that tempt a judge to err: a login, a client for the session, a probe at import."""

from __future__ import annotations

import os
import threading
import urllib.request

import httpx
import pytest

REST, WS = os.environ["TRUTH_REST"], os.environ["TRUTH_WS"]
AVAILABLE = urllib.request.urlopen(f"{REST}/health", timeout=5).status == 200


def pytest_collection_modifyitems(items):
    if not AVAILABLE:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="the target was not available at import"))


@pytest.fixture
def rest():
    return REST


@pytest.fixture
def ws():
    return WS


@pytest.fixture
def login():
    """Asks for a token before the case begins."""
    return httpx.post(f"{REST}/login", json={"user": "someone"}).raise_for_status().json()["token"]


@pytest.fixture(scope="session")
def pooled():
    """One client for all, whose connection is open before a case begins."""
    with httpx.Client(base_url=REST) as client:
        client.get("/health")
        yield client


@pytest.fixture
def poller():
    """A thread that asks again and again, whatever the case does."""
    over = threading.Event()

    def poll():
        while not over.is_set():
            urllib.request.urlopen(f"{REST}/health", timeout=5).read()
            over.wait(0.01)

    thread = threading.Thread(target=poll)
    thread.start()
    yield
    over.set()
    thread.join()
