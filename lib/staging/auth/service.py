"""The auth service: issues tokens, validates them for other services, and knows which sessions were revoked."""

from __future__ import annotations

import secrets
import time
from typing import Any

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..config import Keys
from ..logging.journal import Journal, trace_of
from ..store import PERMISSIONS, Store
from .token_check import TokenRefused, TokenRules, claims_of

SERVICE_ID = "netra-backend"
ACCESS_S = 900
REFRESH_S = 7 * 24 * 3600
RESOURCE = {
    "type": "cloud_run_revision",
    "labels": {
        "project_id": "embedded-staging",
        "service_name": "netra-auth-staging",
        "revision_name": "netra-auth-staging-00018-kip",
        "location": "us-central1",
    },
}


class AuthService:
    """The routes and the state behind them."""

    def __init__(self, keys: Keys, store: Store, journal: Journal) -> None:
        self.keys, self.store, self.journal = keys, store, journal
        self.rules = TokenRules(key=keys.jwt)
        self.revoked: set[str] = set()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(routes=[
            Route("/health", self.health),
            Route("/auth/e2e/test-auth", self.test_auth, methods=["POST"]),
            Route("/auth/refresh", self.refresh, methods=["POST"]),
            Route("/auth/validate", self.validate, methods=["POST"]),
            Route("/auth/session", self.session, methods=["POST"]),
            Route("/auth/revoke", self.revoke, methods=["POST"]),
        ])  # fmt: skip

    async def health(self, request: Request) -> JSONResponse:
        """Whether it is up."""
        return JSONResponse({"status": "healthy", "service": "netra-auth", "version": "1.0.0"})

    async def test_auth(self, request: Request) -> JSONResponse:
        """The OAuth simulation: a bypass key in, an access token out."""
        given = request.headers.get("x-e2e-bypass-key")
        if not given or not secrets.compare_digest(given.encode(), self.keys.bypass.encode()):
            reason = "Invalid E2E bypass key" if given else "E2E bypass key required"
            self._log(request, reason, "WARNING")
            return JSONResponse({"detail": reason}, 401)
        body = await _json(request)
        email = body.get("email") or "e2e-test-001@staging.localhost"
        permissions = body.get("permissions") or list(PERMISSIONS)
        if not isinstance(email, str) or "@" not in email or not isinstance(permissions, list):
            return JSONResponse({"detail": "email must be a mail address and permissions a list"}, 422)
        account = self.store.account_by_email(email) or {
            "id": email.partition("@")[0],
            "name": body.get("name") or "E2E Test User",
        }
        user = {"id": account["id"], "email": email, "name": account["name"], "permissions": permissions, "oauth_simulated": True}
        self._log(request, f"Simulated OAuth login for {user['id']}", "INFO")
        return JSONResponse(self._tokens(user) | {"user": user})

    async def refresh(self, request: Request) -> JSONResponse:
        """A refresh token in, a new access token out."""
        rules = TokenRules(key=self.keys.jwt, max_lifetime_s=REFRESH_S)
        try:
            token = str((await _json(request)).get("refresh_token", ""))
            claims = jwt.decode(token, self.keys.jwt, algorithms=["HS256"], audience=rules.audience, issuer=rules.issuer)
            if claims.get("token_type") != "refresh":
                raise TokenRefused("Invalid token type: expected refresh")
        except (jwt.InvalidTokenError, TokenRefused) as error:
            return JSONResponse({"detail": str(error)}, 401)
        return JSONResponse(
            self._tokens({"id": claims["sub"], "email": claims.get("email"), "permissions": claims.get("permissions", [])})
        )

    async def validate(self, request: Request) -> JSONResponse:
        """A token in, whether it is valid out; always 200, the verdict stands in the body."""
        if refusal := self._stranger(request):
            return JSONResponse({"valid": False, "error": refusal})
        token = (await _json(request)).get("token")
        if not token:
            return JSONResponse({"valid": False, "error": "missing_token"})
        try:
            claims = claims_of(str(token), self.rules, now_s=time.time())
            if claims.get("jti") in self.revoked:
                raise TokenRefused("Token has been revoked")
        except TokenRefused as error:
            self._log(request, f"Token validation failed: {error}", "WARNING")
            return JSONResponse({"valid": False, "error": "invalid_token", "reason": str(error)})
        kept = {name: claims.get(name) for name in ("email", "permissions", "jti", "exp")}
        return JSONResponse({"valid": True, "user_id": claims["sub"], **kept})

    async def session(self, request: Request) -> JSONResponse:
        """Whether a session that a service has verified itself was revoked since; always 200."""
        if refusal := self._stranger(request):
            return JSONResponse({"valid": False, "error": refusal})
        revoked = (await _json(request)).get("jti") in self.revoked
        return JSONResponse({"valid": not revoked, "error": "invalid_token" if revoked else None})

    async def revoke(self, request: Request) -> JSONResponse:
        """Ends a session: its token is refused everywhere from now on."""
        try:
            claims = claims_of(str((await _json(request)).get("token", "")), self.rules, now_s=time.time())
        except TokenRefused as error:
            return JSONResponse({"detail": str(error)}, 401)
        self.revoked.add(claims.get("jti", ""))
        return JSONResponse({"revoked": True})

    def _tokens(self, user: dict[str, Any]) -> dict[str, Any]:
        now = int(time.time())
        base = {
            "iss": self.rules.issuer,
            "aud": self.rules.audience,
            "sub": user["id"],
            "email": user["email"],
            "permissions": user["permissions"],
            "iat": now,
            "env": "staging",
        }

        def signed(kind: str, lifetime_s: int) -> str:
            claims = {**base, "exp": now + lifetime_s, "jti": secrets.token_hex(16), "token_type": kind, "type": kind}
            return jwt.encode(claims, self.keys.jwt, algorithm="HS256")

        return {
            "access_token": signed("access", ACCESS_S),
            "refresh_token": signed("refresh", REFRESH_S),
            "token_type": "Bearer",
            "expires_in": ACCESS_S,
        }

    def _stranger(self, request: Request) -> str | None:
        """Why the calling service is not one that may ask, or None."""
        service_id = request.headers.get("x-service-id", "")
        if service_id != SERVICE_ID:
            self._log(request, f"Service ID mismatch: received '{service_id}', expected '{SERVICE_ID}'", "ERROR")
            return "invalid_service_id"
        if not secrets.compare_digest(request.headers.get("x-service-secret", "").encode(), self.keys.service.encode()):
            self._log(request, "INTER-SERVICE AUTH FAILURE: service secret does not match", "ERROR")
            return "invalid_service_secret"
        return None

    def _log(self, request: Request, message: str, severity: str) -> None:
        payload = {"message": message, "logger": "auth_service", "service": "netra-auth"}
        self.journal.write(
            "run.googleapis.com%2Fstdout", payload, severity=severity, trace=trace_of(request.headers), resource=RESOURCE
        )


async def _json(request: Request) -> dict[str, Any]:
    """The request's JSON object, or an empty one."""
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
