"""An aiohttp application that says plainly, or in generic words, why it refuses: status, headers and body as configured."""

from __future__ import annotations

import asyncio
from typing import Any

import policy
from aiohttp import web

SAYS = policy.CONFIG["says"]


async def health(request: web.Request) -> web.Response:
    policy.record("rest", path=request.path)
    return web.json_response({"status": "pass"})


async def me(request: web.Request) -> web.Response:
    policy.record("rest", path=request.path)
    try:
        policy.REST.check(request.headers.items())
    except policy.Refused:
        return web.Response(status=401)
    return web.json_response(policy.CONFIG.get("profile", {"user": "you"}))


async def socket(request: web.Request) -> Any:
    policy.record(policy.kind(request.headers), path=request.path)
    wanted = policy.CONFIG.get("accepts")
    if wanted is None or request.headers.get(wanted["header"], "").partition(" ")[0] != wanted["begins"]:
        headers = {"Content-Type": "text/plain", **SAYS.get("headers", {})}
        return web.Response(status=SAYS["status"], headers=headers, body=SAYS.get("body", "").encode())
    accepted = web.WebSocketResponse()
    await accepted.prepare(request)
    async for _ in accepted:
        pass
    return accepted


async def main() -> None:
    app = web.Application()
    app.add_routes([web.get("/api/health", health), web.get("/api/auth/me", me), web.get("/ws", socket)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, policy.listening()).start()
    await asyncio.Event().wait()


asyncio.run(main())
