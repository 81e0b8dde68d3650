"""Four protocols whose sessions authenticate by message: strawberry's GraphQL over graphql-transport-ws, python-socketio, Action
Cable's JSON, and a free form. Every socket gets its 101; what the session then says of a token stands in `words`, if anywhere.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import policy
import socketio
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError

WORDS: Mapping[str, str] = policy.CONFIG.get("words", {})
"""What a refusal is told as, by its reason; one that is not there is refused without a word."""
INIT_WITHIN_S = policy.CONFIG.get("init_within_s", 2.0)


def refusal(token: Any) -> str | None:
    """Why this token is refused, None where it is not."""
    try:
        if not isinstance(token, str) or not token:
            raise policy.Refused("no token")
        policy.WEBSOCKET.claims(token.removeprefix("Bearer "))
    except policy.Refused as refused:
        return str(refused)
    return None


@strawberry.type
class Query:
    """What any schema has."""

    @strawberry.field
    def hello(self) -> str:
        """A greeting."""
        return "hello"


class Graph(GraphQL):
    """Authenticates by the payload of connection_init."""

    async def on_ws_connect(self, context: Any) -> Any:
        reason = refusal((context["connection_params"] or {}).get("Authorization"))
        if reason:
            raise ConnectionRejectionError({"reason": WORDS.get(reason, "Forbidden")})


sio = socketio.AsyncServer(async_mode="asgi", namespaces=["/", "/chat"])


async def connect(sid: str, environ: Any, auth: Any = None) -> None:
    """Authenticates by the payload of the connect packet."""
    reason = refusal((auth or {}).get("token"))
    if reason:
        raise socketio.exceptions.ConnectionRefusedError(WORDS.get(reason, "not today"))


sio.on("connect", connect, namespace="/")
sio.on("connect", connect, namespace="/chat")


async def cable(socket: WebSocket) -> None:
    """Action Cable: a connection by its Authorization header where that is asked for, else a subscription by its parameters."""
    by_header = socket.query_params.get("by") == "header"
    await socket.accept("actioncable-v1-json" if "actioncable-v1-json" in socket.scope["subprotocols"] else None)
    reason = refusal(socket.headers.get("authorization")) if by_header else None
    if reason:
        await socket.send_json({"type": "disconnect", "reason": WORDS.get(reason, "unauthorized"), "reconnect": False})
        await socket.close()
        return
    await socket.send_json({"type": "welcome"})
    while True:
        try:
            text = await asyncio.wait_for(socket.receive_text(), 3)
        except TimeoutError:
            await socket.send_json({"type": "ping", "message": int(time.time())})
            continue
        command = json.loads(text)
        wrong = not by_header and refusal(json.loads(command["identifier"]).get("token"))
        kind = "reject_subscription" if wrong else "confirm_subscription"
        await socket.send_json({"identifier": command["identifier"], "type": kind})


async def free(socket: WebSocket) -> None:
    """A first message with the token, in time; refused by a frame, by a close, or by nothing at all."""
    how = socket.query_params.get("how", "frame")
    await socket.accept()
    await socket.send_json({"type": "hello", "server": "one"})
    try:
        said = json.loads(await asyncio.wait_for(socket.receive_text(), INIT_WITHIN_S))
    except TimeoutError:
        await socket.close(4408, "Authentication timeout")
        return
    reason = refusal(said.get("token"))
    if reason is None:
        await socket.send_json({"type": "auth_ok"})
    elif how == "close":
        await socket.close(4401, WORDS.get(reason, ""))
        return
    elif how == "frame":
        await socket.send_json({"type": "auth_error", "message": WORDS.get(reason, "refused")})
    while True:
        await socket.receive_text()


def recorded(serve: Any) -> Any:
    async def socket(socket: WebSocket) -> None:
        try:
            await serve(socket)
        except (WebSocketDisconnect, RuntimeError):
            pass

    return socket


async def health(request: Request) -> Response:
    policy.record("rest", path=request.url.path)
    return JSONResponse({"status": "pass"})


async def me(request: Request) -> Response:
    policy.record("rest", path=request.url.path)
    try:
        policy.REST.check(request.headers.items())
    except policy.Refused:
        return Response(status_code=401)
    return JSONResponse({"user": "you"})


inner = Starlette(
    routes=[
        Route("/api/health", health),
        Route("/api/auth/me", me),
        WebSocketRoute("/cable", recorded(cable)),
        WebSocketRoute("/ws", recorded(free)),
        WebSocketRoute(
            "/graphql", Graph(strawberry.Schema(Query), connection_init_wait_timeout=timedelta(seconds=INIT_WITHIN_S))
        ),
        Mount("/", socketio.ASGIApp(sio, socketio_path="/socket.io")),
    ]
)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Takes down each handshake, whoever serves it."""
    if scope["type"] == "websocket":
        policy.record("handshake", path=scope["path"])
    await inner(scope, receive, send)


def main() -> None:
    sock = policy.listening()
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws=policy.CONFIG.get("ws", "auto"))
    asyncio.run(uvicorn.Server(config).serve(sockets=[sock]))


main()
