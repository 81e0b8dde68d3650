"""One function, many cases: each is judged by itself."""

from __future__ import annotations

import httpx
import pytest
import requests


@pytest.fixture(params=["/health", "/health?a=1&b=[2]"])
def path(request):
    return request.param


@pytest.fixture(params=["requests", "httpx"])
def get(request):
    client = {"requests": requests, "httpx": httpx}[request.param]
    return lambda url: client.get(url, timeout=4)


@pytest.mark.parametrize("path", ["/health", "/health/", "/health?x=a::b"], ids=["plain", "a/b [c]", "x::y"])
def test_positive_by_name(rest, path):
    assert requests.get(rest + path.replace("h/", "h"), timeout=4).status_code == 200


def test_positive_by_fixture(rest, path, get):
    assert get(rest + path).json()["status"] == "healthy"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": ""}], ids=repr)
@pytest.mark.parametrize("route", ["/me", "/admin"])
def test_rejection_crossed(rest, route, headers):
    assert requests.get(rest + route, headers=headers, timeout=4).status_code in (401, 403)


@pytest.mark.parametrize(("number", "expected"), [(1, 1), pytest.param(2, 2, id="zwei"), pytest.param(3, 3, id="три")])
def test_no_traffic(number, expected):
    assert number == expected


@pytest.mark.parametrize("get", ["health", "nothing"], indirect=False)
def test_any_answer(rest, get):
    assert requests.get(f"{rest}/{get}", timeout=4).elapsed


@pytest.mark.parametrize("route", ["/health", "/me"])
class TestInAClass:
    def test_positive_with_its_control(self, rest, route, headers):
        assert requests.get(rest + route, headers=headers, timeout=4).status_code == 200

    def test_any_answer(self, rest, route):
        assert requests.get(rest + route, timeout=4).headers
