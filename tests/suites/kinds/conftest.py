"""The target of these cases, and what people's fixtures do before a case begins: log in, open a session, open a WebSocket."""

from __future__ import annotations

import os

import pytest
import requests
import websocket

REST, WS = os.environ["TRUTH_REST"], os.environ["TRUTH_WS"]


@pytest.fixture
def rest():
    return REST


@pytest.fixture
def ws():
    return WS


@pytest.fixture(scope="session")
def token():
    answer = requests.post(f"{REST}/login", json={"user": "someone"}, timeout=5)
    answer.raise_for_status()
    return answer.json()["token"]


@pytest.fixture
def headers(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def session(token):
    """Logged in, its connection open, and shared by a module's cases."""
    with requests.Session() as made:
        made.headers["Authorization"] = f"Bearer {token}"
        made.get(f"{REST}/health", timeout=5).raise_for_status()
        yield made


@pytest.fixture
def open_websocket():
    """A WebSocket that stands before the case begins."""
    made = websocket.create_connection(WS, timeout=4)
    yield made
    made.close()
