"""A redirect of the handshake: what it names is tried, and nobody is followed to another host."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from lib.whys import Diagnosis
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


async def test_a_path_that_is_refused_too_is_not_proved() -> None:
    """What the Location names may be wrong itself: then the redirect is quoted, and no change works."""
    found, paths = await asked("/sockets/v1")
    assert "/sockets/v1" in paths
    assert found.works_with is None


@pytest.mark.parametrize("location", ["http://other.example/sockets/v2", "/login?next=/live", "https://127.0.0.1/sockets/v2"])
async def test_nothing_else_is_followed(location: str) -> None:
    """Another host, a login and another scheme are told and not tried here."""
    found, paths = await asked(location)
    assert "/sockets/v2" not in paths
    assert "/login" not in " ".join(paths)
    assert found.works_with is None
