"""A redirect of the handshake: what it names is tried, and nobody is followed to another host."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from lib.whys import Diagnosis
from tests.raw_servers import self_signed
from tests.whys.foreign import bearer, claims_of, whys


async def asked(location: str, *, opens: str = "/sockets/v2") -> tuple[Diagnosis, list[str]]:
    """The diagnosis of a server that sends handshakes elsewhere, and the paths that it was asked for."""
    paths: list[str] = []

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        paths.append(request.path)
        if request.path == opens:
            return None if claims_of(bearer(request)) else connection.respond(401, "who?\n")
        if request.path == "/live":
            response = connection.respond(308, "")
            response.headers["Location"] = location
            return response
        return connection.respond(200 if request.path == "/up" else 404, "")

    async def stay(connection: ServerConnection) -> None:
        async for _ in connection:
            await asyncio.sleep(0)

    async with serve(stay, "127.0.0.1", 0, process_request=answer) as server:
        return await whys(server.sockets[0].getsockname()[1], budget={"seconds": 20}), paths


async def test_the_path_that_a_redirect_names_is_tried_and_proved() -> None:
    """Nobody lists the path: the Location does, and with it and nothing else the handshake is accepted."""
    found, _ = await asked("/sockets/v2?from=live")
    assert [(cause.id, cause.strength) for cause in found.causes] == [("route-missing", "proved")]
    assert found.works_with is not None
    assert found.works_with.changes == {"path": "/sockets/v2"}


async def test_a_path_with_a_blank_is_asked_as_a_client_would() -> None:
    """What stands raw in a Location is encoded: no request line is broken by it."""
    found, paths = await asked("/sockets/v 2", opens="/sockets/v%202")
    assert "/sockets/v%202" in paths
    assert [cause.id for cause in found.causes] == ["route-missing"]


@contextlib.asynccontextmanager
async def moved(to: str, tmp_path: Path) -> AsyncIterator[tuple[int, list[str]]]:
    """A plain port whose every handshake is sent on to a TLS port (`%PORT%` in `to`), and the credentials that came there."""
    came: list[str] = []

    def check(connection: ServerConnection, request: Request) -> Response | None:
        came.append(request.headers.get("Authorization", "") + request.headers.get("X-Bypass", "") + request.path)
        return None if claims_of(bearer(request)) else connection.respond(401, "who?\n")

    def send_on(connection: ServerConnection, request: Request) -> Response:
        response = connection.respond(200 if request.path == "/up" else 301, "")
        response.headers["Location"] = to.replace("%PORT%", str(secure))
        return response

    context, _ = self_signed(tmp_path)
    async with serve(wait, "127.0.0.1", 0, process_request=check, ssl=context) as there:
        secure = there.sockets[0].getsockname()[1]
        async with serve(wait, "127.0.0.1", 0, process_request=send_on) as here:
            yield here.sockets[0].getsockname()[1], came


async def wait(connection: ServerConnection) -> None:
    async for _ in connection:
        await asyncio.sleep(0)


async def test_the_scheme_that_a_redirect_names_is_tried_and_proved(tmp_path: Path) -> None:
    """The other scheme and port of the same host get the credential: what is stated becomes proved."""
    async with moved("https://127.0.0.1:%PORT%/live", tmp_path) as (port, _):
        found = await whys(port, target={"tls": {"verify": False}}, budget={"seconds": 20})
    assert [(cause.id, cause.strength) for cause in found.causes] == [("wrong-scheme", "proved")]
    assert found.works_with is not None
    assert list(found.works_with.changes) == ["host"]


async def test_another_host_is_asked_without_anything_of_ours(tmp_path: Path) -> None:
    """A permitted host that is not ours gets neither token nor header nor query; that it answers leads, and says what to add."""
    async with moved("https://localhost:%PORT%/v2", tmp_path) as (port, came):
        groups = {"tls": {"verify": False}, "allow_hosts": ["127.0.0.1", "localhost"]}
        groups["ws_url"] = f"ws://127.0.0.1:{port}/live?api_key=of-ours"
        found = await whys(port, target=groups, headers={"X-Bypass": "env:BYPASS"}, budget={"seconds": 12})
    assert set(came) == {"/v2"}
    assert found.candidates == ("host-refused", "route-missing")
    assert any("without anything of ours" in lead.because and "401" in lead.because for lead in found.leads)
    assert found.next_probe is not None
    assert str(dict(found.next_probe.set or {})).startswith("{'alternatives.hosts': ['wss://localhost:")


@pytest.mark.parametrize("groups", [
    {"target": {"query": {"api_key": "env:BYPASS"}}, "headers": {"X-Bypass": "env:BYPASS"}},
    {"alternatives": {"tokens": ["env:BYPASS"], "secrets": ["env:OTHER_KEY"], "headers": [{"X-Bypass": "env:BYPASS"}]}},
], ids=["configured", "alternatives"])  # fmt: skip
async def test_another_host_gets_nothing_although_no_token_is_configured(groups: dict[str, Any], tmp_path: Path) -> None:
    """No token does not mean no credential: parameters, headers and alternatives stay with the hosts that are ours."""
    async with moved("https://localhost:%PORT%/v2", tmp_path) as (port, came):
        target = {"tls": {"verify": False}, "allow_hosts": ["127.0.0.1", "localhost"], **groups.get("target", {})}
        without = {"secret": None, "user": None}
        await whys(port, **{**groups, "target": target}, token=without, budget={"seconds": 12})
    assert set(came) == {"/v2"}


async def test_another_host_that_is_not_permitted_is_told(tmp_path: Path) -> None:
    """A host outside of allow_hosts is not asked; what to add names it in both places."""
    async with moved("https://localhost:%PORT%/v2", tmp_path) as (port, came):
        found = await whys(port, budget={"seconds": 12})
    assert came == []
    assert found.next_probe is not None
    assert list(found.next_probe.set or {}) == ["target.allow_hosts", "alternatives.hosts", "alternatives.paths"]


async def test_a_path_that_is_refused_too_is_not_proved() -> None:
    """What the Location names may be wrong itself: then the redirect is quoted, and no change works."""
    found, paths = await asked("/sockets/v1")
    assert "/sockets/v1" in paths
    assert found.works_with is None


@pytest.mark.parametrize("location", ["http://other.example/sockets/v2", "/login?next=/live", "http://127.0.0.1:99999999/x"])
async def test_nothing_else_is_followed(location: str) -> None:
    """Another host, a login and an address that is none are told and not tried here."""
    found, paths = await asked(location)
    assert "/sockets/v2" not in paths
    assert "/login" not in " ".join(paths)
    assert found.works_with is None
