"""The fault switches: each cause is one misconfiguration of the layer that really commits it.

A layer reads only its own policy and knows no cause id. Adding a cause is one entry in FAULTS, and a field in the policy of
its layer where none says it yet. Where systems commit one cause in several ways, the others stand as CAUSE/WAY.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .config import BadConfiguration

ALL_CARRIERS = ("authorization", "subprotocol", "query", "cookie")


@dataclass(frozen=True, kw_only=True)
class ClientPolicy:
    """What stands between the client and the network."""

    has_proxy: bool = False


@dataclass(frozen=True, kw_only=True)
class EdgePolicy:
    """Rules of the proxy on the public port; they concern upgrade requests only."""

    strips_credential: bool = False
    drops_upgrade: bool = False
    denies_upgrade: bool = False
    limits_rate: bool = False
    answers_upgrade: int | None = None
    """The status of a page of its own, where upgrades are not enabled."""
    subrequest_fails: bool = False
    """It asks for permission first, by a request that carries the upgrade along and so becomes a WebSocket itself."""
    too_large: int | None = None
    """The status with which a header line past the limit is answered."""
    removes: tuple[str, ...] = ()
    """Headers of the 101 that do not reach the client."""
    swaps_accept: bool = False
    rewrites_host: str | None = None
    closes_idle: bool = False


@dataclass(frozen=True, kw_only=True)
class TlsPolicy:
    """The edge's TLS port, which there is only where a policy speaks of it."""

    opens: bool = False
    is_the_address: bool = False
    """Whether clients are told this port's address, with wss."""
    authority_is_known: bool = True
    """Whether clients are told the private authority."""
    certificate: str = "good"
    """`good`, `expired`, or for `another name`."""
    wants_client: str | None = None
    """How a client without a certificate is refused: handshake (by TLS itself) or page (by HTTP behind it)."""
    answers_plain: str | None = None
    """What plain text gets: redirect (on the public port) or page (on the TLS port, which is then told with ws)."""


@dataclass(frozen=True, kw_only=True)
class PlatformPolicy:
    """What the application's instances share: revisions, clock, identity towards the auth service, guards on tokens."""

    has_stale_revision: bool = False
    clock_behind: bool = False
    service_id: str = "netra-backend"
    refuses_reuse: bool = False


@dataclass(frozen=True, kw_only=True)
class SocketPolicy:
    """What the WebSocket service demands of a handshake, and what it then does."""

    paths: tuple[str, ...] = ("/ws", "/websocket")
    hosts: tuple[str, ...] | None = None
    origins: tuple[str, ...] | None = None
    needed_subprotocol: str | None = None
    forced_subprotocol: str | None = None
    answers_subprotocol: bool = True
    needed_version: str | None = None
    """What the query parameter `v` must be."""
    forwarded_protocols: tuple[str, ...] | None = None
    """What X-Forwarded-Proto may say where it is there."""
    needs_bypass: bool = False
    carriers: tuple[str, ...] = ALL_CARRIERS
    scheme: str = "Bearer"
    key: str = "jwt"
    algorithms: tuple[str, ...] = ("HS256",)
    issuer: str = "netra-auth-service"
    audience: str = "netra-platform"
    needed_claims: tuple[str, ...] = ()
    limits_lifetime: bool = False
    token_kind: str = "access"  # noqa: S105  a kind, not a token
    needed_permission: str | None = None
    caches_hiccup: bool = False
    opens_late: bool = False
    limits_connections: bool = False
    crashes_before_accept: bool = False
    closes_after_accept: bool = False
    crashes_after_accept: bool = False
    knows_websocket: bool = True
    awaits_store: bool = False
    """Whether the handler first asks a session store that takes connections and never answers."""
    needs_first_message: bool = False


@dataclass(frozen=True, kw_only=True)
class UsersPolicy:
    """How the WebSocket service's copy of the users differs from the accounts that REST reads."""

    missing: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    without_permission: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AuthPolicy:
    """The auth service."""

    runs: bool = True


@dataclass(frozen=True, kw_only=True)
class Policies:
    """One policy for each layer."""

    client: ClientPolicy = field(default_factory=ClientPolicy)
    edge: EdgePolicy = field(default_factory=EdgePolicy)
    tls: TlsPolicy = field(default_factory=TlsPolicy)
    platform: PlatformPolicy = field(default_factory=PlatformPolicy)
    socket: SocketPolicy = field(default_factory=SocketPolicy)
    users: UsersPolicy = field(default_factory=UsersPolicy)
    auth: AuthPolicy = field(default_factory=AuthPolicy)


@dataclass(frozen=True)
class Fault:
    """The layer that commits a cause, and how its policy then differs; layer None: the client's own doing."""

    layer: str | None
    changes: dict[str, Any] = field(default_factory=dict)


FIRST_USER = "staging-e2e-user-001"

_TLS: dict[str, Any] = {"opens": True, "is_the_address": True}

FAULTS: dict[str, Fault] = {
    "client-proxy": Fault("client", {"has_proxy": True}),
    "credential-absent": Fault(None),
    "credential-malformed": Fault("socket", {"scheme": "JWT"}),
    "credential-carrier": Fault("socket", {"carriers": ("subprotocol",)}),
    "subprotocol-unoffered": Fault("socket", {"forced_subprotocol": "chat.v1"}),
    "edge-strips-credential": Fault("edge", {"strips_credential": True}),
    "edge-blocks-upgrade": Fault("edge", {"drops_upgrade": True}),
    "edge-policy": Fault("edge", {"denies_upgrade": True}),
    "host-refused": Fault("socket", {"hosts": ("api.staging.localhost",)}),
    "route-missing": Fault("socket", {"paths": ("/websocket",)}),
    "origin-refused": Fault("socket", {"origins": ("https://app.staging.example",)}),
    "subprotocol-refused": Fault("socket", {"needed_subprotocol": "chat.v1"}),
    "bypass-key": Fault("socket", {"needs_bypass": True}),
    "token-reuse": Fault("platform", {"refuses_reuse": True}),
    "secret-mismatch": Fault("socket", {"key": "jwt_websocket"}),
    "algorithm-mismatch": Fault("socket", {"algorithms": ("HS512",)}),
    "issuer-mismatch": Fault("socket", {"issuer": "netra-auth"}),
    "audience-mismatch": Fault("socket", {"audience": "netra-websocket"}),
    "claim-missing": Fault("socket", {"needed_claims": ("tenant",)}),
    "token-expired": Fault("socket", {"limits_lifetime": True}),
    "clock-skew": Fault("platform", {"clock_behind": True}),
    "user-unknown": Fault("users", {"missing": (FIRST_USER,)}),
    "user-inactive": Fault("users", {"disabled": (FIRST_USER,)}),
    "permission-missing": Fault("socket", {"needed_permission": "realtime"}),
    "auth-service-down": Fault("auth", {"runs": False}),
    "service-identity": Fault("platform", {"service_id": "netra-backend-service-id-staging"}),
    "server-error": Fault("socket", {"crashes_before_accept": True}),
    "connection-limit": Fault("socket", {"limits_connections": True}),
    "rate-limited": Fault("edge", {"limits_rate": True}),
    "startup-race": Fault("socket", {"opens_late": True}),
    "mixed-revisions": Fault("platform", {"has_stale_revision": True}),
    "verdict-cached": Fault("socket", {"caches_hiccup": True}),
    "closed-after-accept": Fault("socket", {"closes_after_accept": True}),
    "crash-after-accept": Fault("socket", {"crashes_after_accept": True}),
    "wrong-scheme": Fault("tls", {"opens": True, "answers_plain": "redirect"}),
    "certificate-refused": Fault("tls", _TLS | {"authority_is_known": False}),
    "client-certificate-missing": Fault("tls", _TLS | {"wants_client": "handshake"}),
    "protocol-version": Fault("socket", {"needed_version": "2"}),
    "wrong-token": Fault("socket", {"token_kind": "websocket"}),
    "request-too-large": Fault("edge", {"too_large": 400}),
    "upgrade-damaged": Fault("edge", {"removes": ("upgrade",)}),
    "forwarded-refused": Fault("socket", {"forwarded_protocols": ("https",)}),
    "subprotocol-unanswered": Fault("socket", {"answers_subprotocol": False}),
    "first-message-missing": Fault("socket", {"needs_first_message": True}),
    "idle-closed": Fault("edge", {"closes_idle": True}),
    "websocket-unsupported": Fault("socket", {"knows_websocket": False}),
    "handler-hangs": Fault("socket", {"awaits_store": True}),
}
"""How the built-in system commits each cause."""

WAYS: dict[str, Fault | tuple[Fault, ...]] = {
    **{f"edge-blocks-upgrade/{status}": Fault("edge", {"answers_upgrade": status}) for status in (200, 403, 426, 501, 502)},
    "edge-blocks-upgrade/auth-request": Fault("edge", {"subrequest_fails": True}),
    "permission-missing/user": Fault("users", {"without_permission": (FIRST_USER,)}),
    "upgrade-damaged/connection": Fault("edge", {"removes": ("connection",)}),
    "upgrade-damaged/accept": Fault("edge", {"swaps_accept": True}),
    "forwarded-refused/host": (
        Fault("edge", {"rewrites_host": "netra-backend.internal"}),
        Fault("socket", {"hosts": ("127.0.0.1", "localhost")}),
    ),
    "wrong-scheme/plain-on-tls": Fault("tls", {"opens": True, "answers_plain": "page"}),
    "certificate-refused/expired": Fault("tls", _TLS | {"certificate": "expired"}),
    "certificate-refused/name": Fault("tls", _TLS | {"certificate": "another name"}),
    "client-certificate-missing/page": Fault("tls", _TLS | {"wants_client": "page"}),
    "request-too-large/431": Fault("edge", {"too_large": 431}),
    "request-too-large/414": Fault("edge", {"too_large": 414}),
}
"""Other ways in which real systems commit one."""


def policies_for(causes: Iterable[str]) -> Policies:
    """The policies of a system that has exactly these causes; raises BadConfiguration for an unknown id."""
    policies = Policies()
    for cause in causes:
        if cause not in FAULTS and cause not in WAYS:
            accepted = ", ".join(sorted([*FAULTS, *WAYS]))
            raise BadConfiguration(f"faults: {cause!r} is not a cause that this system can commit; accepted are {accepted}.")
        found = FAULTS[cause] if cause in FAULTS else WAYS[cause]
        for fault in found if isinstance(found, tuple) else (found,):
            if fault.layer is not None:
                layer = replace(getattr(policies, fault.layer), **fault.changes)
                policies = replace(policies, **{fault.layer: layer})
    return policies
