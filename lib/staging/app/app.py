"""The application: its routes put together, and what answers where there is none."""

from __future__ import annotations

import time
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..logging.journal import trace_of
from .access import AuthRefused
from .agents import Agents
from .endpoints import Endpoint, Invalid, invalid, openapi, routes_for
from .routes_agents import AgentRoutes
from .routes_public import PublicRoutes
from .routes_user import UserRoutes
from .service import Service
from .sessions import SocketRoutes


def application(service: Service, agents: Agents) -> ASGIApp:
    """The ASGI application of one instance."""
    endpoints = [
        *PublicRoutes(service, agents).endpoints(),
        *UserRoutes(service).endpoints(),
        *AgentRoutes(service, agents).endpoints(),
    ]

    async def describe(request: Request, values: dict[str, Any]) -> Response:
        return JSONResponse(openapi(endpoints))

    endpoints.append(Endpoint(method="GET", path="/openapi.json", handler=describe, summary="This description"))
    sockets = SocketRoutes(service, agents)
    routes: list[BaseRoute] = [*routes_for(endpoints, service), WebSocketRoute("/ws/test", sockets.test)]
    for path in service.socket.paths:
        routes += [WebSocketRoute(path, sockets.session)]
        routes += [Route(path, upgrade_required)] if service.socket.knows_websocket else []
    handlers: Any = {HTTPException: http_error, AuthRefused: http_error, Invalid: invalid}
    cors = Middleware(CORSMiddleware, allow_origins=service.socket.origins or ("*",), allow_credentials=True)
    return Gate(Starlette(routes=routes, exception_handlers=handlers, middleware=[cors]), service)


class Gate:
    """Logs every request with its trace, and refuses paths that climb before any route sees them."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, trace = 500, trace_of(Headers(scope=scope))
        if "upgrade" in Headers(scope=scope):
            self.service.log.bare("Unsupported upgrade request.", severity="WARNING", trace=trace)

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        started = time.perf_counter()
        try:
            await (path_not_allowed if ".." in scope["path"].split("/") else self.app)(scope, receive, noting)
        finally:
            elapsed_ms = (time.perf_counter() - started) * 1000
            line = f"{scope['method']} {scope['path']} {status} in {elapsed_ms:.1f} ms"
            self.service.log.bare(line, severity="ERROR" if status >= 500 else "INFO", trace=trace)


async def path_not_allowed(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request whose path climbs."""
    body = {"error": "path_not_allowed", "message": "The path climbs out of the API", "code": 403}
    await JSONResponse(body, 403)(scope, receive, send)


async def upgrade_required(request: Request) -> JSONResponse:
    """A plain request for a WebSocket's path."""
    body = {"error": "upgrade_required", "message": "This is a WebSocket: send an upgrade request", "code": 426}
    return JSONResponse(body, 426, {"Upgrade": "websocket", "Connection": "Upgrade"})


async def http_error(request: Request, error: Exception) -> JSONResponse:
    """An error as JSON."""
    assert isinstance(error, HTTPException)
    names = {401: "not_authenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 503: "unavailable"}
    body = {
        "error": names.get(error.status_code, "error"),
        "message": error.detail,
        "code": error.status_code,
        "path": request.url.path,
    }
    return JSONResponse(body, error.status_code, error.headers)
