"""The REST routes that need no credential."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .service import VERSION, Service


class PublicRoutes:
    """Health, discovery and descriptions."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def routes(self) -> list[Route]:
        """Method, path and handler of each."""
        return [Route("/health", self.health), Route("/api/health", self.health)]

    async def health(self, request: Request) -> Response:
        """Whether the application has finished starting."""
        shared = self.service.shared
        await shared.delay(f"GET {request.url.path}")
        ready = shared.ready.is_set()
        body = {
            "status": "healthy" if ready else "starting", "service": "netra-backend", "version": VERSION, "revision": self.service.revision,
            "uptime_s": round(time.monotonic() - shared.started_s, 3), "timestamp": shared.now_s(),
        }  # fmt: skip
        return JSONResponse(body, 200 if ready else 503, None if ready else {"Retry-After": "1"})
