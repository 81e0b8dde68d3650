"""The catalogue: complete, in the contract's order, and its log signatures recognise what libraries really write."""

from __future__ import annotations

import re

import pytest

from lib.parameters.loading import ROOT
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.log_entries import named_in

LINES = {
    "Signature verification failed": "secret-mismatch",
    "JsonWebTokenError: invalid signature": "secret-mismatch",
    "The specified alg value is not allowed": "algorithm-mismatch",
    "JsonWebTokenError: invalid algorithm": "algorithm-mismatch",
    "Invalid issuer": "issuer-mismatch",
    "jwt issuer invalid. expected: auth": "issuer-mismatch",
    "Audience doesn't match": "audience-mismatch",
    "jwt audience invalid. expected: live": "audience-mismatch",
    'Token is missing the "tenant" claim': "claim-missing",
    "Signature has expired": "token-expired",
    "TokenExpiredError: jwt expired": "token-expired",
    "The token is not yet valid (iat)": "clock-skew",
    "NotBeforeError: jwt not active": "clock-skew",
    "User 4711 not found": "user-unknown",
    "Account ann is disabled": "user-inactive",
    "PermissionDenied: missing scope websocket:connect": "permission-missing",
    "WebSocket origin DENIED: https://app.example": "origin-refused",
    "Cross origin websockets not allowed": "origin-refused",
    "Invalid HTTP_HOST header: 'api.example'. You may need to add it to ALLOWED_HOSTS.": "host-refused",
    "No route found for path 'socket'.": "route-missing",
    "auth service at http://auth:8081 unreachable: connection refused": "auth-service-down",
    "Service ID mismatch: received 'x' expected 'y'": "service-identity",
    "Exception in ASGI application": "server-error",
    "User has reached the maximum number of WebSocket managers (5)": "connection-limit",
    "limiting requests: rate limit exceeded for 10.0.0.1": "rate-limited",
    "AUTHENTICATION TOKEN REUSE DETECTED": "token-reuse",
    "denied_by_security_policy": "edge-policy",
    "No JWT token provided": "credential-absent",
    "jwt malformed": "credential-malformed",
    "websocket: 'upgrade' token not found in 'Connection' header": "edge-blocks-upgrade",
    "RBAC: access denied": "edge-policy",
    "Unexpected signing method: HS256": "algorithm-mismatch",
    'limiting requests, excess: 5.0 by zone "one"': "rate-limited",
    'limiting connections by zone "addr"': "connection-limit",
}


def test_it_has_the_causes_of_the_contract() -> None:
    """Thirty-four causes, each with a layer, a why, a remedy and what would split it."""
    assert len(CATALOGUE) == 34
    assert all(cause.why and cause.remedy and cause.set_to_split and cause.means for cause in CATALOGUE.values())


def test_every_refutation_is_a_feature() -> None:
    """No cause waits for a feature that nothing computes."""
    source = (ROOT / "lib" / "whys" / "evidence" / "features.py").read_text(encoding="utf-8")
    features = set(re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)"', source))
    assert not {name for cause in CATALOGUE.values() for name in cause.refuted_by} - features


@pytest.mark.parametrize("line", LINES)
def test_a_line_names_its_cause_and_no_other(line: str) -> None:
    """What a library writes is recognised, and by one signature only."""
    found = named_in(line)
    assert LINES[line] in found
    assert set(found) == {LINES[line]}


GENERAL = """Token validation successful
connection open
GET /ws 403
authentication failed
closing with 1008
Token invalid or expired
Missing or malformed token
Handshake failed: signature, issuer or audience not valid
Authentication required
Missing X-Request-ID header, generated one
rate limit ok: remaining 99
No route to host 10.0.0.1
circuit breaker half-open"""


@pytest.mark.parametrize("line", GENERAL.splitlines())
def test_a_general_line_names_nothing(line: str) -> None:
    """Lines that every service writes name no cause."""
    assert not named_in(line)
