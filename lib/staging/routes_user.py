"""The REST routes of a user: who they are, their threads and messages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .access import user_of
from .service import Service


class UserRoutes:
    """Routes that need a credential."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def routes(self) -> list[Route]:
        """Method, path and handler of each."""
        return [Route("/api/auth/me", self.me)]

    async def me(self, request: Request) -> Response:
        """The account behind the token."""
        await self.service.shared.delay("GET /api/auth/me")
        return JSONResponse(await user_of(request, self.service))
