"""What a client of the target sends: the parameters as one value whose fields are the factors of a handshake.

A diagnosis changes fields one at a time; the sampler and the suite use the value unchanged. A `Handshake` holds key
material: it is never written, and its representation leaves that out.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from lib import tokens
from lib.facts import USUAL_TLS, Request, SessionScript, Tls
from lib.parameters.certificates import usable
from lib.parameters.errors import BadInput
from lib.parameters.secrets import is_reference, resolve, resolved_within, value_of
from lib.sessions import scripts

if TYPE_CHECKING:
    from lib.parameters.model import Parameters  # building the model takes longer than a handshake
    from lib.parameters.sessions import SessionSettings

CREDENTIAL_HEADER = re.compile(r"^(authorization|cookie)$|token|api[-_]?key", re.IGNORECASE)
"""Names of headers that carry a credential of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """The configured handshake, factor by factor.

    `key` None and `token` None: no credential is sent. `token`, where set, is sent as it stands; otherwise one is minted at
    each request from `key`, `algorithm`, `claims`, `user` and `lifetime_s` (so `iat`, `exp` and `jti` are fresh).
    `issued_ago_s` backdates `iat` (negative: into the future). `secret_values` are header values that stand behind references.
    `renewed_by`, where set, gives what `token` has become since; `token_from` names the
    parameter that says how it is got (None: it was issued).
    `session` is that group of the parameters, its references resolved; the token stands in it where the carrier is `message`, and
    beside another carrier where it `repeats_token`.
    """

    url: str
    rest_url: str
    key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    renewed_by: Callable[[], str] | None = field(default=None, repr=False)
    token_from: str | None = None
    algorithm: str = "HS256"
    claims: Mapping[str, Any] = field(default_factory=dict)
    user: str = ""
    lifetime_s: int = 900
    issued_ago_s: float = 0
    scheme: str = "Bearer"
    carrier: str = "authorization"
    carrier_name: str | None = None
    carrier_encoding: str = "plain"
    origin: str | None = None
    subprotocols: tuple[str, ...] = ()
    host_header: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secret_values: tuple[str, ...] = field(default=(), repr=False)
    session: Mapping[str, Any] | None = field(default=None, repr=False)
    repeats_token: bool = False
    use_environment_proxy: bool = True
    timeout_s: float = 10.0
    tls: Tls = USUAL_TLS


def configured(parameters: Parameters, *, environ: Mapping[str, str] | None = None) -> Handshake:
    """The handshake that the parameters describe. A token that was issued is what it sends where none can be minted.

    Raises `BadInput` when a reference that it needs cannot be read, the key cannot sign, or a header's value cannot be sent.
    """
    target, token = parameters.target, parameters.token
    key = resolve(token.secret, where="token.secret", environ=environ) if token.secret else None
    issued = _issued(parameters, environ) if token.issued and key is None else None
    if key is not None:
        try:
            tokens.check(key=key, algorithm=token.algorithm)
        except tokens.UnusableKey as error:
            raise BadInput(error.where, error.found, error.accepted) from None
    headers = tuple((name, _sendable(name, value, environ)) for name, value in parameters.headers.items())
    query, of_query = resolved_within(target.query, where="target.query", environ=environ)
    session, of_session = resolved_session(parameters.session, environ)
    movable = token.carrier == "message" or "message" in parameters.alternatives.carriers
    return Handshake(
        url=with_query(scripts.address(session, target.ws_url or ""), query),
        rest_url=target.rest_url or "",
        key=key,
        token=issued,
        renewed_by=_read_again(parameters, issued, environ) if issued else None,
        algorithm=token.algorithm,
        claims=dict(token.claims),
        user=token.user or "",
        lifetime_s=token.lifetime_s,
        carrier=token.carrier,
        carrier_name=token.carrier_name,
        carrier_encoding=token.carrier_encoding,
        origin=target.origin,
        subprotocols=scripts.offered(session, target.subprotocols),
        headers=headers,
        secret_values=(*(value for name, value in headers if is_reference(parameters.headers[name])), *of_query, *of_session),
        session=session,
        repeats_token=scripts.holds_token(session) and not movable,
        timeout_s=target.timeout_s,
        tls=usable(target.tls),
    )


def _issued(parameters: Parameters, environ: Mapping[str, str] | None) -> str:
    reference = parameters.token.issued or ""
    token = resolve(reference, where="token.issued", environ=environ).strip()
    if not token or any(unicodedata.category(letter) == "Cc" for letter in token):
        lines = len(token.splitlines())
        found = "holds no token" if not token else f"holds {lines} lines" if lines > 1 else "holds control characters"
        raise BadInput("token.issued", f"{reference} {found}", "the token and nothing else")
    return token


def _read_again(parameters: Parameters, issued: str, environ: Mapping[str, str] | None) -> Callable[[], str] | None:
    """What stands in the file of an issued token now: whoever logs in again may write another one there."""
    if not (parameters.token.issued or "").startswith("file:"):
        return None
    last = [issued]

    def read() -> str:
        try:
            last[0] = _issued(parameters, environ)
        except BadInput:
            pass  # it is being written; the one before is still there
        return last[0]

    return read


def carrying(handshake: Handshake, *, token: str, renewed_by: Callable[[], str] | None, token_from: str) -> Handshake:
    """The same handshake with a token that is sent as it stands, and what gives the one that takes its place."""
    return replace(handshake, key=None, token=token, renewed_by=renewed_by, token_from=token_from)


def credential(handshake: Handshake, *, now: datetime) -> str | None:
    """The token that this handshake carries, minted now unless one is given."""
    if handshake.token is not None:
        return handshake.renewed_by() if handshake.renewed_by else handshake.token
    if handshake.key is None:
        return None
    claims = tokens.claims_for(
        handshake.claims, user=handshake.user, lifetime_s=handshake.lifetime_s, issued_ago_s=handshake.issued_ago_s, now=now
    )
    return tokens.mint(claims, key=handshake.key, algorithm=handshake.algorithm)


def carried_tokens(handshake: Handshake) -> dict[str, str]:
    """The JWTs that it carries as they stand, by where: the issued one, and those inside headers and cookies."""
    found = {"token": handshake.renewed_by() if handshake.renewed_by else handshake.token} if handshake.token else {}
    for name, value in handshake.headers:
        found |= {f"header {name}": token for token in tokens.jwts_in(value)}
    return found


def websocket_request(handshake: Handshake, *, now: datetime, token: str | None = None) -> Request:
    """The WebSocket handshake as a request. `token` replaces the one that would be minted (to send the very same twice)."""
    token = token if token is not None else credential(handshake, now=now)
    url, headers, offered = handshake.url, list(handshake.headers), list(handshake.subprotocols)
    if token is not None:
        name = handshake.carrier_name or "token"
        match handshake.carrier:
            case "authorization":
                headers = _unless_given(headers, "Authorization", f"{handshake.scheme} {token}")
            case "cookie":
                headers = _unless_given(headers, "Cookie", f"{name}={token}")
            case "query":
                url = with_query(url, {name: token})
            case "subprotocol":
                offered.append(f"{handshake.carrier_name or 'jwt.'}{encoded(token, handshake.carrier_encoding)}")
            case "subprotocol-list":
                offered += [name, encoded(token, handshake.carrier_encoding)]
    return Request(
        url=url,
        headers=tuple(headers),
        subprotocols=tuple(offered),
        origin=handshake.origin,
        host_header=handshake.host_header,
        use_environment_proxy=handshake.use_environment_proxy,
        timeout_s=handshake.timeout_s,
        tls=handshake.tls,
        secrets=_secrets(handshake, token),
        credential=tokens.fingerprint(token, now=now),
        session=session_script(handshake, token),
    )


def session_script(handshake: Handshake, token: str | None) -> SessionScript | None:
    """What this client says once its socket is open; the token stands there where the session carries it."""
    if handshake.session is None:
        return None
    return scripts.script_of(handshake.session, token if handshake.carrier == "message" or handshake.repeats_token else None)


def rest_request(
    handshake: Handshake, path: str, *, now: datetime, token: str | None = None, method: str = "GET", with_credential: bool = True
) -> Request:
    """The same client's request of a REST path; the credential stands in the Authorization header whatever the carrier."""
    token = (token if token is not None else credential(handshake, now=now)) if with_credential else None
    headers = list(handshake.headers)
    if token is not None:
        headers = _unless_given(headers, "Authorization", f"{handshake.scheme} {token}")
    if handshake.origin is not None:
        headers = _unless_given(headers, "Origin", handshake.origin)
    return Request(
        url=handshake.rest_url.rstrip("/") + path,
        method=method,
        headers=tuple(headers),
        host_header=handshake.host_header,
        use_environment_proxy=handshake.use_environment_proxy,
        timeout_s=handshake.timeout_s,
        tls=handshake.tls,
        secrets=_secrets(handshake, token),
        credential=tokens.fingerprint(token, now=now),
    )


def encoded(token: str, encoding: str) -> str:
    """The token as a subprotocol carries it: plain, or base64url without padding."""
    return base64.urlsafe_b64encode(token.encode()).decode().rstrip("=") if encoding == "base64url" else token


def resolved_session(
    given: SessionSettings | None, environ: Mapping[str, str] | None
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """`session` with what stands behind the references of its payload, and those values; raises `BadInput`."""
    if given is None:
        return None, ()
    settings = given.model_dump(mode="json")
    payload, values = resolved_within(settings["payload"], where="session.payload", environ=environ)
    return {**settings, "payload": payload}, values


def _sendable(name: str, value: str, environ: Mapping[str, str] | None) -> str:
    resolved = value_of(value, where=f"headers.{name}", environ=environ)
    if any(ord(character) < 32 or ord(character) == 127 for character in resolved):
        raise BadInput(f"headers.{name}", f"the value behind {value} has line breaks or control characters", "one line of text")
    return resolved


def _unless_given(headers: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    # Further headers of the parameters win over the carrier's (contract, section 1).
    return headers if any(key.lower() == name.lower() for key, _ in headers) else [*headers, (name, value)]


def with_query(url: str, added: Mapping[str, Any]) -> str:
    """The address with further parameters behind its query: a text each, several for one that is repeated, None for none."""
    pairs = [(name, one) for name, value in added.items() for one in (value if isinstance(value, list) else [value])]
    written = [f"{quote(name, safe='')}={quote(one, safe='')}" for name, one in pairs if one is not None]
    if not written:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path or "/", query="&".join([*([parts.query] if parts.query else []), *written])))


def _secrets(handshake: Handshake, token: str | None) -> tuple[str, ...]:
    return tuple(value for value in (token, handshake.key, *handshake.secret_values) if value)
