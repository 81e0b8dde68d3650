"""The application: its routes put together, and what answers where there is none."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from .access import AuthRefused
from .routes_public import PublicRoutes
from .routes_user import UserRoutes
from .service import Service
from .sessions import SocketRoutes


def application(service: Service) -> Starlette:
    """The ASGI application of one instance."""
    sockets = SocketRoutes(service)
    routes: list[BaseRoute] = [*PublicRoutes(service).routes(), *UserRoutes(service).routes()]
    routes.append(WebSocketRoute("/ws/test", sockets.test))
    for path in service.socket.paths:
        routes += [WebSocketRoute(path, sockets.session), Route(path, upgrade_required)]
    return Starlette(routes=routes, exception_handlers={HTTPException: http_error, AuthRefused: http_error})


async def upgrade_required(request: Request) -> JSONResponse:
    """A plain request for a WebSocket's path."""
    body = {"error": "upgrade_required", "message": "This is a WebSocket: send an upgrade request", "code": 426}
    return JSONResponse(body, 426, {"Upgrade": "websocket", "Connection": "Upgrade"})


async def http_error(request: Request, error: Exception) -> JSONResponse:
    """An error as JSON."""
    assert isinstance(error, HTTPException)
    names = {400: "bad_request", 401: "not_authenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 503: "unavailable"}
    body = {"error": names.get(error.status_code, "error"), "message": error.detail, "code": error.status_code, "path": request.url.path}
    return JSONResponse(body, error.status_code, error.headers)
