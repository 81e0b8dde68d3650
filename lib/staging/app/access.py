"""Who a REST request comes from: the token is judged by the auth service, not by the rules that the WebSocket holds."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..logging.journal import trace_of
from .service import AuthUnavailable, Service


class AuthRefused(HTTPException):
    """The request is not authenticated."""

    def __init__(self, message: str) -> None:
        super().__init__(401, message, {"WWW-Authenticate": 'Bearer realm="netra-staging"'})


async def user_of(request: Request, service: Service) -> dict[str, Any]:
    """The account behind the request's bearer token; raises AuthRefused, or 503 where the auth service gives no verdict."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    trace = trace_of(request.headers)
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthRefused("A bearer token is required")
    token = token.strip()
    if service.shared.is_reused(token):
        service.log.doubled(
            "AUTHENTICATION TOKEN REUSE DETECTED: the same token came twice within the threshold", severity="ERROR", trace=trace
        )
        raise AuthRefused("Token was used a moment ago")
    try:
        verdict = await service.auth.ask("/auth/validate", {"token": token}, trace)
    except AuthUnavailable as error:
        service.log.doubled(f"Auth service unreachable: {error}", severity="ERROR", trace=trace)
        raise HTTPException(503, "Authentication is not available", {"Retry-After": "5"}) from None
    if not verdict.get("valid"):
        service.log.doubled("Token validation successful", trace=trace)
        service.log.line(
            f"Request refused: auth service verdict {verdict.get('error')}", severity="WARNING", trace=trace, logger="netra.auth"
        )
        raise AuthRefused("The token is not valid")
    account = service.store.account(verdict["user_id"])
    base = account or {"id": verdict["user_id"], "email": verdict.get("email"), "name": None, "status": "active"}
    return {**base, "permissions": verdict.get("permissions") or []}


async def user_or_guest(request: Request, service: Service) -> dict[str, Any]:
    """As user_of, but a request without any credential comes from a guest."""
    if "authorization" in request.headers:
        return await user_of(request, service)
    return {"id": "guest", "email": None, "name": "Guest", "status": "active", "permissions": ["read"]}
