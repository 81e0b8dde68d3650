"""The fault switches: each cause is one misconfiguration of the layer that really commits it.

A layer reads only its own policy and knows no cause id. Adding a cause is one entry in FAULTS, and a field in the policy of
its layer where none says it yet.
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
    needs_bypass: bool = False
    carriers: tuple[str, ...] = ALL_CARRIERS
    scheme: str = "Bearer"
    key: str = "jwt"
    algorithms: tuple[str, ...] = ("HS256",)
    issuer: str = "netra-auth-service"
    audience: str = "netra-platform"
    needed_claims: tuple[str, ...] = ()
    limits_lifetime: bool = False
    needed_permission: str | None = None
    caches_hiccup: bool = False
    opens_late: bool = False
    limits_connections: bool = False
    crashes_before_accept: bool = False
    closes_after_accept: bool = False
    crashes_after_accept: bool = False


@dataclass(frozen=True, kw_only=True)
class UsersPolicy:
    """How the WebSocket service's copy of the users differs from the accounts that REST reads."""

    missing: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AuthPolicy:
    """The auth service."""

    runs: bool = True


@dataclass(frozen=True, kw_only=True)
class Policies:
    """One policy for each layer."""

    client: ClientPolicy = field(default_factory=ClientPolicy)
    edge: EdgePolicy = field(default_factory=EdgePolicy)
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
}


def policies_for(causes: Iterable[str]) -> Policies:
    """The policies of a system that has exactly these causes; raises BadConfiguration for an unknown id."""
    policies = Policies()
    for cause in causes:
        if cause not in FAULTS:
            raise BadConfiguration(
                f"faults: {cause!r} is not a cause that this system can commit; accepted are {', '.join(sorted(FAULTS))}."
            )
        fault = FAULTS[cause]
        if fault.layer is not None:
            layer = replace(getattr(policies, fault.layer), **fault.changes)
            policies = replace(policies, **{fault.layer: layer})
    return policies
