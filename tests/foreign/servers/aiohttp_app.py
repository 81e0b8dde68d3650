"""An aiohttp application: 401 with WWW-Authenticate before the 101, or an accepted socket that it closes or drops."""

from __future__ import annotations

import asyncio
from typing import Any

import policy
from aiohttp import web

MODE = policy.CONFIG.get("mode", "401")


async def health(request: web.Request) -> web.Response:
    policy.record("rest", path=request.path)
    return web.json_response({"status": "pass"})


async def me(request: web.Request) -> web.Response:
    policy.record("rest", path=request.path)
    try:
        policy.REST.check(request.headers.items())
    except policy.Refused:
        return web.Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="api"'})
    return web.json_response({"user": "you"})


async def socket(request: web.Request) -> Any:
    policy.record(policy.kind(request.headers), path=request.path)
    offered = [item.strip() for item in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if item.strip()]
    try:
        policy.WEBSOCKET.check(request.headers.items(), request.query_string, offered)
    except policy.Refused as refused:
        if MODE == "401":
            code = 'error="invalid_token"' if policy.CONFIG.get("tells") else 'charset="UTF-8"'
            return web.Response(status=401, headers={"WWW-Authenticate": f'Bearer realm="ws", {code}'})
        accepted = web.WebSocketResponse()
        await accepted.prepare(request)
        await accepted.send_json({"type": "error", "code": "AUTH"})
        await accepted.close(code=4401 if str(refused) == "no token" else 1008, message=b"policy")
        return accepted
    accepted = web.WebSocketResponse(protocols=policy.CONFIG.get("speaks", ()))
    await accepted.prepare(request)
    if MODE == "drop":
        request.transport.abort()
        return accepted
    if MODE == "1011":
        await accepted.close(code=1011, message=b"Internal error")
        return accepted
    async for _ in accepted:
        pass
    return accepted


async def main() -> None:
    app = web.Application()
    app.add_routes(
        [web.get("/api/health", health), web.get("/api/auth/me", me), web.get(policy.CONFIG.get("path", "/ws"), socket)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, policy.listening()).start()
    await asyncio.Event().wait()


asyncio.run(main())
