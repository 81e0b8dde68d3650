"""Whether a WebSocket handshake is let in: the gates in their order, each with the reason that the log names.

A refusal before the accept reaches the client as a bare HTTP 403: the reason stays in the log, as it does in the real service,
unless the configuration lets the service say why.
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
from . import session_store
from .service import AuthUnavailable, Service, digest_of

KNOWN_SUBPROTOCOLS = ("jwt-auth", "chat.v1", "e2e-testing")
TOKEN_PREFIX = "jwt."  # noqa: S105  what stands before a token, not one


class Refused(Exception):
    """The handshake is refused; its text is the log's line, `status` what a service that says why would answer."""

    def __init__(self, line: str, *, severity: str = "WARNING", status: int = 403) -> None:
        super().__init__(line)
        self.severity, self.status = severity, status


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
        line = "AUTHENTICATION TOKEN REUSE DETECTED: the same token came twice within the threshold"
        raise Refused(line, severity="ERROR", status=401)
    await _check_session(token, claims, service, trace)
    _check_limit(user["id"], service)
    return Admission(user=user, subprotocol=subprotocol_for(socket, service))


def _check_request(socket: WebSocket, service: Service) -> None:
    policy, headers = service.socket, socket.headers
    host = headers.get("host", "").partition(":")[0]
    if policy.hosts is not None and host not in policy.hosts:
        raise Refused(f"WebSocket host DENIED: {host or 'none'} is not an allowed host")
    if service.is_starting:
        raise Refused("WebSocket refused: startup incomplete, phase services", status=503)
    origin = headers.get("origin")
    if policy.origins is not None and origin not in policy.origins:
        raise Refused(f"WebSocket origin DENIED: {origin or 'none'}")
    bypass = headers.get("x-e2e-bypass-key", "")
    if policy.needs_bypass and not secrets.compare_digest(bypass.encode(), service.bypass_key.encode()):
        raise Refused(f"E2E bypass key {'invalid' if bypass else 'missing'} for WebSocket access")
    if policy.needed_subprotocol is not None and policy.needed_subprotocol not in offered(socket):
        raise Refused(f"Subprotocol {policy.needed_subprotocol} is required, offered: {_named(offered(socket))}", status=400)
    version = socket.query_params.get("v")
    if policy.needed_version is not None and version != policy.needed_version:
        line = f"Unsupported protocol version {version or '1'}: this server speaks version {policy.needed_version}"
        raise Refused(line, status=400)
    protocol = headers.get("x-forwarded-proto")
    if policy.forwarded_protocols is not None and protocol is not None and protocol not in policy.forwarded_protocols:
        needed = " or ".join(policy.forwarded_protocols)
        raise Refused(f"WebSocket refused: X-Forwarded-Proto is {protocol}, {needed} is required")


def offered(socket: WebSocket) -> list[str]:
    """The subprotocols that the client offers."""
    return list(socket.scope.get("subprotocols", []))


def subprotocol_for(socket: WebSocket, service: Service) -> str | None:
    """The server's choice: one that was offered and carries no token, unless it is misconfigured."""
    if service.socket.forced_subprotocol:
        return service.socket.forced_subprotocol
    if service.socket.needed_subprotocol:
        return service.socket.needed_subprotocol
    if not service.socket.answers_subprotocol:
        return None
    return next((item for item in offered(socket) if item in KNOWN_SUBPROTOCOLS), None)


def credential(socket: WebSocket, service: Service) -> str:
    """The token, from the first carrier that has one; raises Refused without."""
    readers = {"authorization": _from_header, "subprotocol": _from_subprotocol, "query": _from_query, "cookie": _from_cookie}
    for carrier in service.socket.carriers:
        if token := readers[carrier](socket, service):
            return token
    header = socket.headers.get("authorization")
    if header and "authorization" in service.socket.carriers:
        raise Refused(f"No JWT token provided: Authorization header does not use the {service.socket.scheme} scheme", status=401)
    raise Refused("No JWT token provided", status=401)


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
        raise Refused(f"JWT validation failed: {error}", status=401) from None


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
    if service.socket.awaits_store:
        await session_store.ask(service.shared.store_port, str(claims["sub"]), service.log, trace)
    digest, now = digest_of(token), time.monotonic()
    if service.refused_verdicts.get(digest, 0.0) > now:
        raise Refused("Session verdict: invalid (from cache)")
    if service.socket.caches_hiccup and not service.refused_verdicts:
        service.refused_verdicts[digest] = now + service.options.verdict_cache_s
        raise Refused("Session check failed: connection to auth service reset; verdict cached", severity="ERROR")
    try:
        verdict = await service.auth.ask("/auth/session", {"jti": claims.get("jti"), "sub": claims["sub"]}, trace)
    except AuthUnavailable as error:
        raise Refused(f"Auth service unreachable: {error}", severity="ERROR", status=503) from None
    if not verdict.get("valid"):
        raise Refused(f"Session rejected by auth service: {verdict.get('error')}")


def _check_limit(user_id: str, service: Service) -> None:
    if not service.socket.limits_connections:
        return
    open_now = sum(1 for owner in service.shared.connections.values() if owner == user_id)
    if open_now >= service.options.connection_limit:
        line = f"Connection limit reached for user {user_id}: {open_now} of {service.options.connection_limit} open"
        raise Refused(line, status=429)


def _named(items: list[str]) -> str:
    return ", ".join("jwt.…" if item.startswith(TOKEN_PREFIX) else item for item in items) or "none"
