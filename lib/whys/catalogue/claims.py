"""Which factors a claim of a token is about: the one place that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PERMISSION_NAME = re.compile(
    r"^(permissions?|scopes?|scp|roles?|groups?|privileges?|entitlements?|authorities|rights|grants?|capabilities|realm_access)$",
    re.IGNORECASE,
)
_OF_THEIR_OWN = {
    "iss": "iss",
    "aud": "aud",
    "sub": "user",
    "exp": "lifetime",
    "iat": "backdating",
    "nbf": "backdating",
    "jti": "fresh_token",
}


def is_permission(name: str) -> bool:
    """Whether a claim of this name says what the subject may do."""
    return bool(_PERMISSION_NAME.match(name))


def claim_factors(name: str, configured: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """The factors that a change of this claim touches, the one that it is named after first.

    `configured`: the claims that are changed; without them every factor that it may be about.
    """
    if configured is None:
        return (_OF_THEIR_OWN[name],) if name in _OF_THEIR_OWN else ("permission", "claim") if is_permission(name) else ("claim",)
    present = configured.get(name) is not None
    absent = not present and (name == "nbf" or name in configured)
    if name in _OF_THEIR_OWN and not (absent and name in {"exp", "iat", "nbf", "jti"}):
        return (_OF_THEIR_OWN[name],)
    if is_permission(name):
        return ("permission",) if present else ("claim", "permission")
    return ("claim", "permission") if present else ("claim",)
