"""Whether a WebSocket handshake is let in: the gates in their order, each with the reason that the log names.

A refusal before the accept reaches the client as a bare HTTP 403: the reason stays in the log, as it does in the real service.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket

from ..auth.token_check import TokenRefused, claims_of
from .service import AuthUnavailable, Service, digest_of

KNOWN_SUBPROTOCOLS = ("jwt-auth", "chat.v1", "e2e-testing")
TOKEN_PREFIX = "jwt."  # noqa: S105  what stands before a token, not one


class Refused(Exception):
    """The handshake is refused; its text is the log's line."""

    def __init__(self, line: str, *, severity: str = "WARNING") -> None:
        super().__init__(line)
        self.severity = severity


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Who was let in, and the subprotocol that the server chose."""

    user: dict[str, Any]
    subprotocol: str | None


async def admit(socket: WebSocket, service: Service, trace: str | None) -> Admission:
    """Passes the handshake through all gates; raises Refused at the first that stays shut."""
    _check_request(socket, service)
    token = credential(socket, service)
    claims = _check_token(token, service)
    user = _check_user(claims, service)
    if service.shared.is_reused(token):
        raise Refused("AUTHENTICATION TOKEN REUSE DETECTED: the same token came twice within the threshold", severity="ERROR")
    await _check_session(token, claims, service, trace)
    _check_limit(user["id"], service)
    return Admission(user=user, subprotocol=subprotocol_for(socket, service))


def _check_request(socket: WebSocket, service: Service) -> None:
    policy, headers = service.socket, socket.headers
    host = headers.get("host", "").partition(":")[0]
    if policy.hosts is not None and host not in policy.hosts:
        raise Refused(f"WebSocket host DENIED: {host or 'none'} is not an allowed host")
    if service.is_starting:
        raise Refused("WebSocket refused: startup incomplete, phase services")
    origin = headers.get("origin")
    if policy.origins is not None and origin not in policy.origins:
        raise Refused(f"WebSocket origin DENIED: {origin or 'none'}")
    bypass = headers.get("x-e2e-bypass-key", "")
    if policy.needs_bypass and not secrets.compare_digest(bypass.encode(), service.bypass_key.encode()):
        raise Refused(f"E2E bypass key {'invalid' if bypass else 'missing'} for WebSocket access")
    if policy.needed_subprotocol is not None and policy.needed_subprotocol not in offered(socket):
        raise Refused(f"Subprotocol {policy.needed_subprotocol} is required, offered: {_named(offered(socket))}")


def offered(socket: WebSocket) -> list[str]:
    """The subprotocols that the client offers."""
    return list(socket.scope.get("subprotocols", []))


def subprotocol_for(socket: WebSocket, service: Service) -> str | None:
    """The server's choice: one that was offered and carries no token, unless it is misconfigured."""
    if service.socket.forced_subprotocol:
        return service.socket.forced_subprotocol
    if service.socket.needed_subprotocol:
        return service.socket.needed_subprotocol
    return next((item for item in offered(socket) if item in KNOWN_SUBPROTOCOLS), None)


def credential(socket: WebSocket, service: Service) -> str:
    """The token, from the first carrier that has one; raises Refused without."""
    readers = {"authorization": _from_header, "subprotocol": _from_subprotocol, "query": _from_query, "cookie": _from_cookie}
    for carrier in service.socket.carriers:
        if token := readers[carrier](socket, service):
            return token
    header = socket.headers.get("authorization")
    if header and "authorization" in service.socket.carriers:
        raise Refused(f"No JWT token provided: Authorization header does not use the {service.socket.scheme} scheme")
    raise Refused("No JWT token provided")


def _from_header(socket: WebSocket, service: Service) -> str | None:
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == service.socket.scheme.lower() else None


def _from_subprotocol(socket: WebSocket, service: Service) -> str | None:
    for item in offered(socket):
        if item.startswith(TOKEN_PREFIX):
            value = item.removeprefix(TOKEN_PREFIX)
            return value if value.count(".") == 2 else _decoded(value)
    return None


def _from_query(socket: WebSocket, service: Service) -> str | None:
    return socket.query_params.get("token")


def _from_cookie(socket: WebSocket, service: Service) -> str | None:
    return socket.cookies.get("token")


def _decoded(value: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None


def _check_token(token: str, service: Service) -> dict[str, Any]:
    try:
        return claims_of(token, service.socket_rules, now_s=service.shared.now_s())
    except TokenRefused as error:
        raise Refused(f"JWT validation failed: {error}") from None


def _check_user(claims: dict[str, Any], service: Service) -> dict[str, Any]:
    user = service.store.socket_user(str(claims["sub"]))
    if user is None:
        raise Refused(f"User {claims['sub']} not found")
    if user["status"] != "active":
        raise Refused(f"User {user['id']} is {user['status']}")
    if "websocket" not in user["permissions"]:
        raise Refused(f"User {user['id']} has no permission to open WebSockets")
    return user


async def _check_session(token: str, claims: dict[str, Any], service: Service, trace: str | None) -> None:
    digest, now = digest_of(token), time.monotonic()
    if service.refused_verdicts.get(digest, 0.0) > now:
        raise Refused("Session verdict: invalid (from cache)")
    if service.socket.caches_hiccup and not service.refused_verdicts:
        service.refused_verdicts[digest] = now + service.options.verdict_cache_s
        raise Refused("Session check failed: connection to auth service reset; verdict cached", severity="ERROR")
    try:
        verdict = await service.auth.ask("/auth/session", {"jti": claims.get("jti"), "sub": claims["sub"]}, trace)
    except AuthUnavailable as error:
        raise Refused(f"Auth service unreachable: {error}", severity="ERROR") from None
    if not verdict.get("valid"):
        raise Refused(f"Session rejected by auth service: {verdict.get('error')}")


def _check_limit(user_id: str, service: Service) -> None:
    if not service.socket.limits_connections:
        return
    open_now = sum(1 for owner in service.shared.connections.values() if owner == user_id)
    if open_now >= service.options.connection_limit:
        raise Refused(f"Connection limit reached for user {user_id}: {open_now} of {service.options.connection_limit} open")


def _named(items: list[str]) -> str:
    return ", ".join("jwt.…" if item.startswith(TOKEN_PREFIX) else item for item in items) or "none"
