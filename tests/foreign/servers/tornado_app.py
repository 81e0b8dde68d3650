"""A Tornado application: its own 403 with words for a foreign Origin, 401 for a missing token, HTML for an unknown path."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import policy
import tornado.httpserver
import tornado.web
import tornado.websocket


class Health(tornado.web.RequestHandler):
    def get(self) -> None:
        policy.record("rest", path=self.request.path)
        self.write({"ok": True})


class Me(tornado.web.RequestHandler):
    def get(self) -> None:
        policy.record("rest", path=self.request.path)
        try:
            policy.REST.check(self.request.headers.get_all())
        except policy.Refused:
            self.set_status(401)


class Socket(tornado.websocket.WebSocketHandler):
    async def get(self, *args: str, **kwargs: str) -> None:
        policy.record(policy.kind(self.request.headers), path=self.request.path)
        offered = [item.strip() for item in self.request.headers.get("Sec-WebSocket-Protocol", "").split(",") if item.strip()]
        try:
            policy.WEBSOCKET.check(self.request.headers.get_all(), self.request.query, offered)
        except policy.Refused as refused:
            self.set_status(403 if str(refused) in ("origin", "user", "permission") else 401)
            self.finish({"reason": "forbidden"} if policy.CONFIG.get("words", True) else None)
            return
        await super().get(*args, **kwargs)

    def check_origin(self, origin: str) -> bool:
        allowed = policy.CONFIG.get("allowed_origins")
        return urlsplit(origin).netloc in allowed if allowed is not None else super().check_origin(origin)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return next((item for item in subprotocols if item == policy.CONFIG.get("speaks")), None)

    def open(self, *args: str, **kwargs: str) -> None:
        if policy.CONFIG.get("speaks") and self.selected_subprotocol is None:
            self.close(1002, "subprotocol required")


async def main() -> None:
    app = tornado.web.Application([("/api/health", Health), ("/api/auth/me", Me), (policy.CONFIG.get("path", "/ws"), Socket)])
    tornado.httpserver.HTTPServer(app).add_sockets([policy.listening()])
    await asyncio.Event().wait()


asyncio.run(main())
