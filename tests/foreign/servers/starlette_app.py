"""A Starlette application on uvicorn: whatever it dislikes before accepting becomes an empty 403."""

from __future__ import annotations

import asyncio

import policy
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

MODE = policy.CONFIG.get("mode", "close")


async def health(request: Request) -> Response:
    policy.record("rest", path=request.url.path)
    return JSONResponse({"status": "ok"})


async def me(request: Request) -> Response:
    policy.record("rest", path=request.url.path)
    if policy.CONFIG.get("echo"):
        return JSONResponse({"you": request.headers.get("authorization", "").removeprefix("Bearer ")})
    try:
        claims = policy.REST.check(request.headers.items())
    except policy.Refused:
        return JSONResponse({"detail": "Not authenticated"}, status_code=401)
    return JSONResponse({"sub": claims.get("sub")})


async def socket(websocket: WebSocket) -> None:
    offered = websocket.scope["subprotocols"]
    note = policy.log_for(websocket.headers.get("traceparent", ""))
    try:
        if MODE == "crash":
            raise RuntimeError("the handler is broken")
        if MODE == "crash-on-good":
            policy.WEBSOCKET.check(websocket.headers.items(), websocket.url.query, offered)
            raise RuntimeError("only good tokens come this far")
        policy.WEBSOCKET.check(websocket.headers.items(), websocket.url.query, offered)
    except policy.Refused as refused:
        note(str(refused))
        if MODE == "tell-after":
            await websocket.accept()
            await websocket.close(1008, "policy violation")
        elif MODE == "denial":
            await websocket.send_denial_response(JSONResponse({"error": str(refused)}, status_code=401))
        else:
            await websocket.close(1008)
        return
    await asyncio.sleep(policy.CONFIG.get("slow_s", 0))
    wanted = policy.CONFIG.get("demands", {}).get("subprotocol")
    await websocket.accept(wanted if wanted in offered else next((item for item in offered if not item.startswith("jwt")), None))
    if policy.CONFIG.get("echo"):
        await websocket.send_text(f"hello {websocket.headers.get('authorization', '').removeprefix('Bearer ')}")
    if MODE == "close-after":
        await websocket.close(1008, "not today")
    elif MODE == "fail-after":
        raise RuntimeError("failed after the 101")
    async for _ in websocket.iter_text():
        pass


async def anybody(websocket: WebSocket) -> None:
    await websocket.accept()
    async for _ in websocket.iter_text():
        pass


class Counted:
    """Takes every handshake down, also at paths that no route serves."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            policy.record("handshake", path=scope["path"])
        await self.app(scope, receive, send)


rest = [] if policy.CONFIG.get("no_rest") else [Route("/api/health", health), Route("/api/auth/me", me)]
app = Starlette(
    routes=[
        *rest,
        *[WebSocketRoute(path, socket) for path in policy.CONFIG.get("paths", ["/ws"])],
        WebSocketRoute("/public", anybody),
    ]
)
sock = policy.listening()
server = uvicorn.Server(
    uvicorn.Config(Counted(app), log_level="critical", ws=policy.CONFIG.get("ws", "auto"), lifespan="off", access_log=False)
)
asyncio.run(server.serve(sockets=[sock]))
