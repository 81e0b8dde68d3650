"""Servers that have nothing of the built-in system: other frameworks, other words, other places for the token. Real sockets,
port 0."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request as Upgrade
from websockets.http11 import Response

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.handshake import configured
from lib.parameters.loading import ROOT, Parameters, _merge, read_yaml, validated
from lib.whys import Diagnosis, investigate

KEY, OTHER_KEY = "k" * 32 + "1", "k" * 32 + "2"
Check = Callable[[Upgrade], tuple[int, str] | None]


def claims_of(token: str | None, *, key: str = KEY, **wanted: Any) -> dict[str, Any] | None:
    """The claims of a good token, None for any other."""
    try:
        return dict(
            jwt.decode(token or "", key, algorithms=["HS256"], **{"options": {"verify_aud": "audience" in wanted}, **wanted})
        )
    except jwt.PyJWTError:
        return None


def bearer(request: Upgrade) -> str | None:
    """The token after the word Bearer."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else None


def query(request: Upgrade, name: str = "token") -> str | None:
    """The token in the query."""
    return parse_qs(urlsplit(request.path).query).get(name, [None])[0]


def cookie(request: Upgrade) -> str | None:
    """The token in a cookie."""
    found = SimpleCookie(request.headers.get("Cookie", "")).get("token")
    return found.value if found else None


@contextlib.asynccontextmanager
async def plain_websockets(
    check: Check, *, path: str = "/live", after: Callable[[ServerConnection], Any] | None = None
) -> AsyncIterator[int]:
    """The `websockets` library's own server; `check` refuses by status and words, `after` acts once accepted. Yields the port."""

    def answer(connection: ServerConnection, request: Upgrade) -> Response | None:
        route = urlsplit(request.path).path
        if route == "/up":
            return connection.respond(200, "up\n")
        if route == "/me":
            return connection.respond(200, "you\n") if claims_of(bearer(request)) else connection.respond(401, "who?\n")
        if route != path:
            return connection.respond(404, "nothing here\n")
        refusal = check(request)
        return connection.respond(*refusal) if refusal else None

    async def stay(connection: ServerConnection) -> None:
        if after is not None:
            await after(connection)
        async for _ in connection:
            pass

    async with serve(stay, "127.0.0.1", 0, process_request=answer) as server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def aiohttp_application(answer: Callable[[web.Request], Any]) -> AsyncIterator[int]:
    """An aiohttp application with one handler for every path. Yields the port."""
    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def aiohttp_service(check: Callable[[web.Request], dict[str, Any] | None], *, status: int = 401) -> AsyncIterator[int]:
    """An aiohttp application that answers refusals as JSON, and 404 as HTML of its own. Yields the port."""

    async def live(request: web.Request) -> web.StreamResponse:
        refusal = check(request)
        if refusal is not None:
            return web.json_response(refusal, status=status)
        socket = web.WebSocketResponse(protocols=("chat.v2",))
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async def up(request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def me(request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return web.json_response({"ok": True}) if claims_of(token) else web.json_response({"error": "no"}, status=401)

    async def route(request: web.Request) -> web.StreamResponse:
        handler = {"/live": live, "/up": up, "/me": me}.get(request.path)
        return await handler(request) if handler else web.Response(status=404, text="<h1>no</h1>", content_type="text/html")

    async with aiohttp_application(route) as port:
        yield port


@contextlib.asynccontextmanager
async def edge(upstream: int, change: Callable[[bytes], bytes | None], *, refusal: bytes = b"") -> AsyncIterator[int]:
    """A proxy that rewrites request heads; where `change` gives None it answers `refusal` itself. Yields the port."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = change(await reader.readuntil(b"\r\n\r\n"))
            if head is None:
                writer.write(refusal)
                await writer.drain()
            else:
                there, back = await asyncio.open_connection("127.0.0.1", upstream)
                back.write(head)
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
        writer.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@contextlib.asynccontextmanager
async def raw(serve_one: Callable[[bytes, asyncio.StreamWriter], Any]) -> AsyncIterator[int]:
    """A server made of bare sockets: `serve_one` gets the request's head. Yields the port."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve_one(await reader.readuntil(b"\r\n\r\n"), writer)
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def settings(port: int, **groups: Any) -> Parameters:
    """Parameters that point at a port of this machine."""
    target = {
        "rest_url": f"http://127.0.0.1:{port}",
        "ws_url": f"ws://127.0.0.1:{port}/live",
        "health_path": "/up",
        "protected_path": "/me",
        "timeout_s": 2,
        "watch_s": 1,
    }
    given = {
        "environment": "foreign",
        "target": {**target, **groups.pop("target", {})},
        "token": {"secret": "env:KEY", "user": "ann", "claims": {}, **groups.pop("token", {})},
        "budget": {"seconds": 8, **groups.pop("budget", {})},
        **groups,
    }
    return validated(_merge(read_yaml(ROOT / "params" / "base.yaml"), given, prefix=""), "foreign")


async def whys(port: int, **groups: Any) -> Diagnosis:
    """The diagnosis of what listens on this port."""
    parameters = settings(port, **groups)
    environ = {"KEY": KEY, "OTHER_KEY": OTHER_KEY, "BYPASS": "let-me-in-please"}
    rest = Rest()
    try:
        return await investigate(
            parameters, handshake=configured(parameters, environ=environ), rest=rest, ws=WebSockets(), environ=environ
        )
    finally:
        await rest.close()
