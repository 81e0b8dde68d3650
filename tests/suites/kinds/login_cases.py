"""A login in a fixture: it decides nothing for the case, whatever the case makes of it."""

from __future__ import annotations

import httpx
import pytest
import requests


@pytest.fixture(autouse=True)
def asked_before(rest):
    """A probe that every case runs behind."""
    if requests.get(f"{rest}/health", timeout=4).status_code != 200:
        pytest.skip("the target is not there")


@pytest.fixture
def user(rest, headers):
    return requests.get(f"{rest}/me", headers=headers, timeout=4).json()["user"]


def test_positive_by_headers(rest, headers):
    assert requests.get(f"{rest}/me", headers=headers, timeout=4).json() == {"user": "someone"}


def test_positive_by_session(rest, session):
    assert session.get(f"{rest}/me", timeout=4).status_code == 200


async def test_positive_async(rest, headers):
    async with httpx.AsyncClient(headers=headers, timeout=4) as client:
        assert (await client.get(f"{rest}/me")).json()["user"] == "someone"


def test_positive_logging_in_itself(rest):
    token = requests.post(f"{rest}/login", timeout=4).json()["token"]
    assert token


def test_positive_token_is_accepted(rest, user, headers):
    assert requests.get(f"{rest}/me", headers=headers, timeout=4).json()["user"] == user


def test_rejection_though_logged_in(rest, headers):
    assert requests.get(f"{rest}/admin", headers=headers, timeout=4).status_code == 403


def test_rejection_by_session(rest, session):
    with pytest.raises(requests.HTTPError):
        session.get(f"{rest}/admin", timeout=4).raise_for_status()


def test_any_answer_though_logged_in(rest, session):
    assert session.get(f"{rest}/me", timeout=4).status_code != 500


def test_no_traffic_token_is_there(token):
    assert token


def test_no_traffic_user_is_known(user):
    assert user == "someone"
