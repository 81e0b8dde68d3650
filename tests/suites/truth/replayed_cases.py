"""What these are answered was written beforehand: nobody was asked."""

from __future__ import annotations

import httpx
import pytest

OK = httpx.MockTransport(lambda request: httpx.Response(200, json={"path": request.url.path}))


@pytest.mark.parametrize("path", ["/health", "/me", "/agents"])
def test_each_path(path):
    with httpx.Client(transport=OK) as client:
        assert client.get(f"http://staging.example{path}").json() == {"path": path}


async def test_with_an_async_client():
    async with httpx.AsyncClient(transport=OK) as client:
        assert (await client.get("http://staging.example/health")).status_code == 200


def test_with_a_refusal():
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(403))) as client:
        assert client.get("http://staging.example/health").status_code == 403


def test_with_a_mounted_stub():
    with httpx.Client(mounts={"all://staging.example": OK}) as client:
        assert client.post("http://staging.example/login").is_success
