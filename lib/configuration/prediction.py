"""The handshake that is asked, as far as a configuration can say something about it, and what it then says: a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One of the two addresses: host in lower case, port, path, and whether TLS is spoken."""

    host: str
    port: int
    path: str
    is_secure: bool

    @classmethod
    def of(cls, url: str, path: str | None = None) -> Address:
        """The address that a URL names, with another path where one is given."""
        parts = urlsplit(url)
        is_secure = parts.scheme in ("wss", "https")
        found = (parts.path or "/") if path is None else path.partition("?")[0]
        return cls(
            host=(parts.hostname or "").lower(), port=parts.port or (443 if is_secure else 80), path=found, is_secure=is_secure
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The configured handshake, and the REST route beside it (None where there is none).

    `carries`: the header, in lower case, that carries the credential. `longest_header_bytes`: of the handshake's header lines,
    the longest. `claims`: of the configured token.
    """

    websocket: Address
    rest: Address | None = None
    origin: str | None = None
    idle_s: float | None = None
    carries: str | None = "authorization"
    subprotocols: tuple[str, ...] = ()
    longest_header_bytes: int | None = None
    algorithm: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    has_client_certificate: bool = False


Kind = Literal[
    "sent-to-tls", "answered-here", "nothing-here", "upgrade-not-passed", "upgrade-not-enabled",
    "upstream-http-1.0", "upstream-http-2", "credential-header", "origin-header", "subprotocol-header",
    "forwarded-header", "handshake-header", "answer-header", "answer-subprotocol", "doubled-slash",
    "prefix-taken-off", "prefix-kept", "idle-bound", "header-bound", "rate-bound", "connections-bound",
    "client-certificate", "origin-rule", "upgrade-rule", "access-rule", "ingress", "invoker",
    "identity-proxy", "service-http-2", "request-timeout", "split-traffic", "secret-version", "secret-name",
    "origins-list", "hosts-list", "algorithm", "issuer", "audience",
]  # fmt: skip
"""What a configuration can be found to do to a handshake."""

# That the hop itself refused is no look of anything: a firewall's rule fits it as well as a rule about upgrades does.
SHOWN_BY: Mapping[Kind, tuple[str, ...]] = {
    "upgrade-not-passed": ("as-a-plain-get",),
    "upgrade-not-enabled": ("envoy-refused-the-upgrade",),
    "handshake-header": ("as-a-plain-get", "refused-as-no-handshake"),
    "upgrade-rule": ("nginx-refused-the-upgrade",),
    "credential-header": ("refused-as-without-a-credential",),
    "nothing-here": ("as-an-impossible-path", "plain-get-refused-alike"),
    **dict.fromkeys(("upstream-http-2", "service-http-2"), ("as-a-plain-get", "failed-between")),
    **dict.fromkeys(("prefix-taken-off", "prefix-kept", "doubled-slash"), ("as-an-impossible-path",)),
    # What holds of every request to a path holds of a plain GET.
    **dict.fromkeys(("answered-here", "access-rule", "ingress", "invoker", "identity-proxy"), ("plain-get-refused-alike",)),
}
"""What the refusal itself looks like where a hop does this: features of which one holds (none: nothing that tells it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What kind it is, a cause id, the place, what stands there, and the probe that would confirm it.

    `predicts`: what is seen if the configuration is what is deployed. `probe`: what to set to see it, empty where the usual
    probes show it; `tries`: values of `alternatives` for it, where the configuration itself names some. `is_plain`: whether the
    configuration says it of this very handshake, rather than of what may happen to one. `revision`: the one that it is about.
    `answered_with`: the statuses with which the platform's own page bears it out. `elsewhere`: the address that the source itself
    names, where that is not the one that is asked. `forwards`: the Host that a hop puts in place of the client's. `refused_with`:
    the status of the hop's own refusal, and `product` what its Server header begins with ("": not known), where the hop refuses.
    """

    kind: Kind
    cause: str
    place: str
    words: str
    predicts: str
    probe: str = ""
    tries: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    is_plain: bool = True
    revision: str | None = None
    answered_with: tuple[int, ...] = ()
    elsewhere: str = ""
    forwards: str | None = None
    refused_with: int | None = None
    product: str = ""
