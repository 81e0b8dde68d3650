"""Whether a token is good, by rules that each service holds for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jwt

NEEDED = ("sub", "iat", "exp", "iss")
SKEW_ALLOWED_S = 60.0
MAX_LIFETIME_S = 24 * 3600.0


class TokenRefused(Exception):
    """A token is not accepted; its text is the reason as the service's log names it, never the token."""


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """What one service demands of a token."""

    key: str = field(repr=False)
    algorithms: tuple[str, ...] = ("HS256",)
    issuer: str = "netra-auth-service"
    audience: str = "netra-platform"
    needed: tuple[str, ...] = ()
    max_lifetime_s: float = MAX_LIFETIME_S
    permission: str | None = None
    kind: str = "access"


def claims_of(token: str, rules: TokenRules, *, now_s: float) -> dict[str, Any]:
    """The claims of a good token; raises TokenRefused with the reason."""
    options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": [*NEEDED, *rules.needed]}
    try:
        claims = jwt.decode(
            token, rules.key, algorithms=list(rules.algorithms), issuer=rules.issuer, audience=rules.audience, options=options
        )
    except jwt.InvalidTokenError as error:
        raise TokenRefused(str(error)) from None
    _check_times(claims, rules, now_s)
    if claims.get("token_type", "access") != rules.kind:
        raise TokenRefused(f"Invalid token type: expected {rules.kind}")
    if rules.permission is not None and rules.permission not in _list(claims.get("permissions")):
        raise TokenRefused(f"Permission '{rules.permission}' is required to open a WebSocket")
    return claims


def _check_times(claims: dict[str, Any], rules: TokenRules, now_s: float) -> None:
    times = {name: claims[name] for name in ("iat", "nbf", "exp") if name in claims}
    if any(not isinstance(value, int | float) or isinstance(value, bool) for value in times.values()):
        raise TokenRefused("iat, nbf and exp must be numbers")
    if times["exp"] <= now_s:
        raise TokenRefused("Signature has expired")
    for name in ("iat", "nbf"):
        if times.get(name, 0) > now_s + SKEW_ALLOWED_S:
            raise TokenRefused(f"The token is not yet valid ({name})")
    lifetime_s = times["exp"] - times["iat"]
    if lifetime_s > rules.max_lifetime_s:
        raise TokenRefused(f"Token lifetime of {lifetime_s:.0f} s exceeds the maximum of {rules.max_lifetime_s:.0f} s")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
