"""Stubs of three libraries: what these are answered was written beforehand, and nobody was asked."""

from __future__ import annotations

import httpx
import pytest
import requests
import requests_mock
import responses
import respx

URL = "http://staging.example/health"


@responses.activate
def test_replayed_by_responses():
    responses.add(responses.GET, URL, json={"status": "healthy"})
    assert requests.get(URL, timeout=4).json()["status"] == "healthy"


def test_replayed_by_responses_as_a_context():
    with responses.RequestsMock() as stub:
        stub.get(URL, status=503)
        assert requests.get(URL, timeout=4).status_code == 503


@respx.mock
def test_replayed_by_respx():
    respx.get(URL).respond(json={"status": "healthy"})
    assert httpx.get(URL).json() == {"status": "healthy"}


@respx.mock
async def test_replayed_by_respx_async():
    route = respx.get(URL).mock(return_value=httpx.Response(204))
    async with httpx.AsyncClient() as client:
        assert (await client.get(URL)).status_code == 204
    assert route.called


def test_replayed_by_the_fixture_of_respx(respx_mock):
    respx_mock.get(URL).respond(403)
    with pytest.raises(httpx.HTTPStatusError):
        httpx.get(URL).raise_for_status()


def test_replayed_by_requests_mock():
    with requests_mock.Mocker() as stub:
        stub.get(URL, text="healthy")
        assert requests.get(URL, timeout=4).text == "healthy"


def test_replayed_by_the_fixture_of_requests_mock(requests_mock):
    requests_mock.get(URL, json={"status": "healthy"})
    assert requests.Session().get(URL, timeout=4).json()["status"] == "healthy"


def test_replayed_though_it_names_the_target(rest, requests_mock):
    requests_mock.get(f"{rest}/health", json={"status": "healthy"})
    assert requests.get(f"{rest}/health", timeout=4).ok


def test_positive_past_the_stub(rest, requests_mock):
    requests_mock.get(URL, text="healthy")
    requests_mock.get(f"{rest}/health", real_http=True)
    assert requests.get(URL, timeout=4).ok
    assert requests.get(f"{rest}/health", timeout=4).json()["status"] == "healthy"


@responses.activate
def test_rejection_past_the_stub(rest):
    responses.add_passthru(rest)
    assert requests.get(f"{rest}/me", timeout=4).status_code == 401
