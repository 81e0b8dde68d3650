"""The target of these cases, and a session that is logged in."""

from __future__ import annotations

import os

import pytest
import requests


@pytest.fixture
def rest():
    return os.environ["TRUTH_REST"]


@pytest.fixture
def ws():
    return os.environ["TRUTH_WS"]


@pytest.fixture(scope="session")
def session():
    with requests.Session() as made:
        made.get(f"{os.environ['TRUTH_REST']}/health", timeout=5).raise_for_status()
        yield made
