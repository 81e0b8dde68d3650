"""What an inquiry knows before it asks: the configured handshake in plain words, and the changes that are worth trying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lib import tokens
from lib.handshake import CREDENTIAL_HEADER, Handshake
from lib.parameters.hosts import bracketed
from lib.parameters.loading import Parameters
from lib.whys.changes import Credential, changes_of, impossible_path
from lib.whys.probes import Change


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
    credential: Credential
    fresh_tokens: bool
    carrier: str
    user: str
    origin: str | None
    claims: Mapping[str, Any]
    changes: tuple[Change, ...]
    differences: tuple[Change, ...] = ()
    hosts: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    """Where requests may go, as `target.allow_hosts` says it."""
    issued_marks: tuple[str, ...] = ()
    sendable: frozenset[tuple[str | None, str]] = frozenset()
    algorithm: str = "HS256"
    lifetime_s: float = 900
    concurrency: int = 8
    seconds: float = 60.0
    handshakes: int = 120
    spacing_ms: float = 0.0
    watch_s: float = 7.0
    """How long a session is watched before healthy is said: `target.watch_s`, or `target.idle_s` where that is longer."""
    idle_s: float | None = None
    has_logs: bool = False
    scheme: str = "ws"
    verifies: bool = True
    """Whether the server's certificate is looked at."""
    word: str | None = "Bearer"
    """What stands before the token in the Authorization header; None where nothing does, or no such header is sent."""
    credential_headers: tuple[str, ...] = ()
    """The configured headers in which a fixed credential may stand."""
    subprotocols: tuple[str, ...] = ()
    session: str | None = None
    """The protocol of the session that is asked for, `free` where it has no name; None: the handshake is all."""

    @property
    def impossible_path(self) -> str:
        """A path that no application serves, the same for the same target."""
        return impossible_path(self.host, self.ws_path)

    def can_send(self, factors: Mapping[str, Any]) -> bool:
        """Whether a token can be signed with this key and algorithm."""
        if self.credential != "minted" or factors.get("token") or not self.sendable:
            return True
        return (factors.get("key"), factors.get("algorithm", self.algorithm)) in self.sendable or factors.get("key") == "forged"


def context_of(
    parameters: Parameters,
    handshake: Handshake,
    *,
    readable: Mapping[str, str],
    sendable: frozenset[tuple[str | None, str]],
    issued: Mapping[str, Any] | None,
    has_logs: bool,
    differences: tuple[Change, ...] = (),
) -> Context:
    """The context of a diagnosis; `readable`: what references resolve to, `issued`: what the issued token says of itself."""
    url, target, credential = urlsplit(handshake.url), parameters.target, _credential(handshake)
    return Context(
        environment=parameters.environment,
        ws_path=url.path or "/",
        host=url.netloc,
        same_authority=url.netloc == urlsplit(handshake.rest_url).netloc,
        credential=credential,
        fresh_tokens=credential == "minted" and "jti" not in handshake.claims,
        carrier=handshake.carrier,
        user=_subject(handshake) or handshake.user,
        origin=handshake.origin,
        claims=handshake.claims,
        changes=changes_of(parameters, handshake, credential, readable=readable, issued=issued),
        differences=differences,
        hosts=tuple(parameters.alternatives.hosts),
        issued_marks=tuple(issued.get("marks", ())) if issued else (),
        sendable=sendable,
        algorithm=handshake.algorithm,
        lifetime_s=handshake.lifetime_s,
        **_bounds(parameters),
        watch_s=max(target.watch_s, target.idle_s or 0.0),
        idle_s=target.idle_s,
        has_logs=has_logs,
        scheme=url.scheme,
        verifies=handshake.tls.verify,
        word=_word(handshake),
        credential_headers=_credential_headers(handshake),
        subprotocols=handshake.subprotocols,
        session=_session(handshake),
    )


def _bounds(parameters: Parameters) -> dict[str, Any]:
    given, own = parameters.target.allow_hosts, map(bracketed, sorted(parameters.own_hosts()))
    budget = {name: getattr(parameters.budget, name) for name in ("concurrency", "seconds", "handshakes", "spacing_ms")}
    return {**budget, "permitted": tuple(own if given is None else given)}


def _session(handshake: Handshake) -> str | None:
    return None if handshake.session is None else str(handshake.session.get("protocol") or "free")


def _subject(handshake: Handshake) -> str:
    """Whom a token that is sent as it stands says that it is of."""
    return str(tokens.decode(handshake.token).claims.get("sub") or "") if handshake.token else ""


def _credential(handshake: Handshake) -> Credential:
    fixed = bool(_credential_headers(handshake))
    if handshake.carrier == "authorization" and any(name.lower() == "authorization" for name, _ in handshake.headers):
        return "fixed"
    return "minted" if handshake.key else "given" if handshake.token else "fixed" if fixed else "none"


def _credential_headers(handshake: Handshake) -> tuple[str, ...]:
    return tuple(name for name, _ in handshake.headers if CREDENTIAL_HEADER.search(name))


def _word(handshake: Handshake) -> str | None:
    """The word before the credential: of a header that the parameters give only the word is looked at."""
    given = next((value for name, value in handshake.headers if name.lower() == "authorization"), None)
    if given is not None:
        word, blank, _ = given.partition(" ")
        return word if blank else None
    return handshake.scheme if handshake.carrier == "authorization" and (handshake.key or handshake.token) else None
