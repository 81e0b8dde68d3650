"""What an inquiry knows before it asks: the configured handshake in plain words, and the changes that are worth trying."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from lib.handshake import Handshake
from lib.parameters.loading import Parameters
from lib.whys.probes import COMPUTED, ISSUED, Change

_PERMISSION_NAME = re.compile(
    r"^(permissions?|scopes?|scp|roles?|groups?|privileges?|entitlements?|authorities|rights|grants?|capabilities|realm_access)$",
    re.IGNORECASE,
)
_CREDENTIAL_HEADER = re.compile(r"^(authorization|cookie)$|token|api[-_]?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The configured handshake without its secrets, the changes on offer, and the bounds of conduct.

    `credential`: minted for each handshake; fixed (a header of the parameters carries it); or none. `sendable` names the
    pairs of key reference (None: the configured key) and algorithm with which a token can be signed, `issued_marks` what the
    header of the issued token says beyond ours.
    """

    environment: str
    ws_path: str
    host: str
    same_authority: bool
    credential: Literal["minted", "fixed", "none"]
    fresh_tokens: bool
    carrier: str
    user: str
    origin: str | None
    claims: Mapping[str, Any]
    changes: tuple[Change, ...]
    hosts: tuple[str, ...] = ()
    issued_marks: tuple[str, ...] = ()
    sendable: frozenset[tuple[str | None, str]] = frozenset()
    algorithm: str = "HS256"
    lifetime_s: float = 900
    timeout_s: float = 10.0
    concurrency: int = 8
    spacing_s: float = 0.0
    seconds: float = 60.0
    handshakes: int = 120
    has_logs: bool = False
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def impossible_path(self) -> str:
        """A path that no application serves, the same for the same target."""
        return f"/no-such-route-{hashlib.sha256((self.host + self.ws_path).encode()).hexdigest()[:8]}"

    def can_send(self, factors: Mapping[str, Any]) -> bool:
        """Whether a token can be signed with this key and algorithm."""
        if self.credential != "minted" or factors.get("token") or not self.sendable:
            return True
        return (factors.get("key"), factors.get("algorithm", self.algorithm)) in self.sendable or factors.get("key") == "forged"


def context_of(
    parameters: Parameters,
    handshake: Handshake,
    *,
    readable: frozenset[str],
    sendable: frozenset[tuple[str | None, str]],
    issued: Mapping[str, Any] | None,
    has_logs: bool,
) -> Context:
    """The context of a diagnosis; `readable` are the references that resolve, `issued` what the issued token says of itself."""
    url, rest = urlsplit(handshake.url), urlsplit(handshake.rest_url)
    fixed = any(_CREDENTIAL_HEADER.search(name) for name, _ in handshake.headers)
    overridden = handshake.carrier == "authorization" and any(name.lower() == "authorization" for name, _ in handshake.headers)
    credential: Literal["minted", "fixed", "none"] = (
        "fixed" if overridden else "minted" if handshake.key else "fixed" if fixed or handshake.token else "none"
    )
    return Context(
        environment=parameters.environment,
        ws_path=url.path or "/",
        host=url.netloc,
        same_authority=url.netloc == rest.netloc,
        credential=credential,
        fresh_tokens=credential == "minted" and "jti" not in handshake.claims,
        carrier=handshake.carrier,
        user=handshake.user,
        origin=handshake.origin,
        claims=handshake.claims,
        changes=tuple(_changes(parameters, handshake, credential, readable, issued)),
        hosts=tuple(parameters.alternatives.hosts),
        issued_marks=tuple(issued.get("marks", ())) if issued else (),
        sendable=sendable,
        algorithm=handshake.algorithm,
        lifetime_s=handshake.lifetime_s,
        timeout_s=handshake.timeout_s,
        concurrency=parameters.budget.concurrency,
        spacing_s=parameters.budget.spacing_ms / 1000,
        seconds=parameters.budget.seconds,
        handshakes=parameters.budget.handshakes,
        has_logs=has_logs,
    )


def claim_factor(name: str, configured: Mapping[str, Any]) -> str:
    """Which factor a claim belongs to."""
    special = {
        "iss": "iss",
        "aud": "aud",
        "sub": "user",
        "exp": "lifetime",
        "iat": "backdating",
        "nbf": "backdating",
        "jti": "fresh_token",
    }
    absent = configured.get(name) is None and (name == "nbf" or name in configured)
    if name in special and not (absent and name in {"exp", "iat", "nbf", "jti"}):
        return special[name]
    return "permission" if is_permission(name) and configured.get(name) is not None else "claim"


def is_permission(name: str) -> bool:
    """Whether a claim of this name says what the subject may do."""
    return bool(_PERMISSION_NAME.match(name))


def _changes(
    parameters: Parameters, handshake: Handshake, credential: str, readable: frozenset[str], issued: Mapping[str, Any] | None
) -> Iterator[Change]:
    """Single-factor changes, what costs least and says most first; each once."""
    seen: list[Mapping[str, Any]] = []
    for change in (
        *_of_token(parameters, handshake, credential, readable, issued),
        *_of_request(parameters, handshake, credential, readable),
    ):
        if change.factors not in seen:
            seen.append(change.factors)
            yield change


def _of_token(
    parameters: Parameters, handshake: Handshake, credential: str, readable: frozenset[str], issued: Mapping[str, Any] | None
) -> Iterator[Change]:
    other = parameters.alternatives
    if credential == "fixed":
        return
    for reference in other.secrets:
        if reference in readable:
            yield Change(factor="key" if credential == "minted" else "credential", factors={"key": reference})
    if credential == "none":
        if issued is not None:
            yield Change(factor="credential", factors={"token": ISSUED})
        return
    yield from (Change(factor="user", factors={"user": user}) for user in other.users if user != handshake.user)
    for name, values in other.claims.items():
        for value in values:
            if value != handshake.claims.get(name, ...):
                yield _claim_change(name, value, handshake.claims)
    yield from (
        Change(factor="algorithm", factors={"algorithm": name}) for name in other.algorithms if name != handshake.algorithm
    )
    yield from _learned_from(issued, handshake)
    for name in ("exp", "iat", "nbf"):
        if handshake.claims.get(name) is not None:
            yield Change(factor="lifetime" if name == "exp" else "backdating", factors={f"claims.{name}": COMPUTED})
    if handshake.claims.get("jti") is not None:
        yield Change(factor="fresh_token", factors={"claims.jti": COMPUTED})
    if handshake.lifetime_s > 60 and handshake.claims.get("exp") is None:
        yield Change(factor="lifetime", factors={"lifetime_s": 60}, harmless=True, own=True)
    if handshake.lifetime_s < 300 and handshake.claims.get("exp") is None:
        yield Change(factor="lifetime", factors={"lifetime_s": 900}, own=True)
    if handshake.claims.get("iat") is None and "iat" not in handshake.claims:
        yield Change(factor="backdating", factors={"issued_ago_s": 150}, harmless=True, own=True)
        yield Change(factor="backdating", factors={"issued_ago_s": 3600}, own=True)


def _claim_change(name: str, value: Any, configured: Mapping[str, Any]) -> Change:
    present = configured.get(name)
    grows = present is None or (isinstance(present, list) and isinstance(value, list) and all(item in value for item in present))
    return Change(
        factor=claim_factor(name, configured),
        factors={f"claims.{name}": value},
        harmless=grows and name not in {"nbf", "exp", "iat", "sub"},
    )


def _learned_from(issued: Mapping[str, Any] | None, handshake: Handshake) -> Iterator[Change]:
    """What an issued token has and ours has not, one claim at a time; then the issued token itself."""
    if issued is None:
        return
    claims = issued.get("claims", {})
    for name, value in claims.items():
        if name in {"exp", "iat", "nbf", "jti"} or value is None:
            continue
        if name == "sub":
            if value != handshake.user and isinstance(value, str):
                yield Change(factor="user", factors={"user": value})
        elif value != handshake.claims.get(name):
            yield _claim_change(name, value, handshake.claims)
    if isinstance(issued.get("alg"), str) and issued["alg"] != handshake.algorithm:
        yield Change(factor="algorithm", factors={"algorithm": issued["alg"]})
    yield Change(factor="issued", factors={"token": ISSUED})


def _of_request(parameters: Parameters, handshake: Handshake, credential: str, readable: frozenset[str]) -> Iterator[Change]:
    other = parameters.alternatives
    yield from (Change(factor="origin", factors={"origin": origin}) for origin in other.origins if origin != handshake.origin)
    offers = (list(offer) for offer in other.subprotocols if tuple(offer) != handshake.subprotocols)
    yield from (Change(factor="subprotocols", factors={"subprotocols": offer}, harmless=True) for offer in offers)
    for headers in other.headers:
        if all(value in readable or not re.match(r"(env|file):", value) for value in headers.values()):
            yield Change(factor=_header_factor(headers), factors={"headers": dict(headers)}, harmless=True)
    if handshake.carrier == "authorization" and credential == "minted":
        yield from (Change(factor="scheme", factors={"scheme": scheme}) for scheme in other.schemes if scheme != handshake.scheme)
    if credential == "minted":
        if handshake.carrier == "subprotocol":
            yield Change(
                factor="encoding",
                factors={"carrier_encoding": "plain" if handshake.carrier_encoding == "base64url" else "base64url"},
            )
        for carrier in other.carriers:
            if carrier != handshake.carrier:
                yield Change(factor="carrier", factors={"carrier": carrier})
            if carrier == "subprotocol" != handshake.carrier:
                flipped = "plain" if handshake.carrier_encoding == "base64url" else "base64url"
                yield Change(factor="carrier", factors={"carrier": carrier, "carrier_encoding": flipped})
    url = urlsplit(handshake.url)
    path = url.path or "/"
    own = f"{path}?{url.query}" if url.query else path
    yield from (Change(factor="path", factors={"path": given}) for given in other.paths if given not in (path, own))
    if path != "/":
        yield Change(factor="path", factors={"path": path.rstrip("/") if path.endswith("/") else f"{path}/"}, own=True)
    yield from (Change(factor="host_header", factors={"host_header": name}) for name in other.host_headers if name != url.netloc)
    yield from (Change(factor="host", factors={"host": authority}) for authority in other.hosts if authority != url.netloc)
    if handshake.origin is not None:
        yield Change(factor="origin", factors={"origin": None}, own=True)
    same = f"{'https' if url.scheme == 'wss' else 'http'}://{url.netloc}"
    if same != handshake.origin:
        yield Change(factor="origin", factors={"origin": same}, own=True)


def _header_factor(headers: Mapping[str, str]) -> str:
    names = {name.lower() for name in headers}
    if names & {"authorization", "cookie"}:
        return "credential"
    return "origin" if names == {"origin"} else "host_header" if names == {"host"} else "headers"
