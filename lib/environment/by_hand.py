"""One handshake asked by hand: takes the factors as a diagnosis prints them, and says all that came of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, get_args
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import TypeAdapter, ValidationError

from lib import tokens
from lib.clients.credentials.got import NoToken
from lib.facts import Exchange, LogEntry, utc_now
from lib.handshake import Handshake, credential, resolved_session, websocket_request
from lib.parameters import loading as params
from lib.parameters.hosts import host_of
from lib.parameters.model import Carrier, Parameters, RuleBroken, check_host
from lib.parameters.secrets import is_reference
from lib.parameters.sessions import SessionSettings
from lib.parameters.values import Headers
from lib.redaction.redact import redact_value
from lib.sessions import scripts

UNCHANGED: Any = object()
"""What a factor's argument is when the factor stays as configured (None is a value: no Origin, no user)."""

_PLAIN = ("user", "algorithm", "lifetime_s", "issued_ago_s", "scheme", "carrier_name", "origin", "host_header", "timeout_s")
_CHOICES = {"carrier": get_args(Carrier), "carrier_encoding": ("plain", "base64url")}
_CHOICES |= {"credential": ("none", "garbage"), "proxy": ("off",)}
_GARBAGE = "this-is-not-a-token"


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """What came of it. `claims` are those of the token that was sent, `entries` the servers' (None: no log source)."""

    exchange: Exchange
    claims: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[LogEntry, ...] | None = None


def changed(handshake: Handshake, parameters: Parameters, given: Mapping[str, Any]) -> Handshake:
    """The configured handshake with these factors changed.

    Raises `params.BadInput` for an unknown factor and for a value that could not be sent as meant; it never shows a value that
    could be a secret.
    """
    for name, value in given.items():
        if name in _PLAIN:
            handshake = replace(handshake, **{name: _plain(name, value)})
        elif name in _CHOICES:
            handshake = _chosen(handshake, name, value)
        elif name.startswith("claims."):
            handshake = _claims(handshake, {name.removeprefix("claims."): value})
        elif name.startswith("query."):
            handshake = _query(handshake, name.removeprefix("query."), value)
        elif name.startswith("headers."):
            handshake = _headers(handshake, {name.removeprefix("headers."): value})
        elif name in _CHANGES:
            handshake = _CHANGES[name](handshake, value)
        elif name == "session":
            handshake = _session(handshake, value)
        elif name == "token":
            handshake = _token(handshake, value, parameters)
        elif name == "host":
            handshake = _host(handshake, value, parameters)
        else:
            known = sorted(
                [*_PLAIN, *_CHOICES, *_CHANGES, "token", "host", "session", "claims.NAME", "headers.NAME", "query.NAME"]
            )
            raise params.BadInput(name, "there is no such factor", ", ".join(known))
    silent = "session" in given and given["session"] is None
    if handshake.carrier == "message" and not silent and not scripts.holds_token(handshake.session):
        raise params.BadInput("carrier", "it is message although session holds no {token}", "a session with {token} in it")
    return handshake


def _session(handshake: Handshake, value: Any) -> Handshake:
    """Another session, said as in the parameters; None: nothing is said."""
    if value is None:
        return replace(handshake, session=None)
    try:
        settings = SessionSettings.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        accepted = str((first.get("ctx") or {}).get("accepted") or "the group session of the parameters, as a map")
        raise params.BadInput(".".join(map(str, ("session", *first["loc"]))), "it cannot be said", accepted) from None
    session, values = resolved_session(settings, None)
    return replace(
        handshake,
        session=session,
        repeats_token=scripts.holds_token(session),
        url=scripts.address(session, handshake.url),
        subprotocols=scripts.offered(session, handshake.subprotocols),
        secret_values=(*handshake.secret_values, *values),
    )


def _plain(name: str, value: Any) -> Any:
    number = name.endswith("_s")
    if number and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise params.BadInput(name, f"found a {type(value).__name__}", "a number of seconds")
    if not number and value is not None and not isinstance(value, str):
        raise params.BadInput(name, f"found a {type(value).__name__}", "a text" + (", or None" if name == "origin" else ""))
    return ("" if name == "user" else None) if value is None else value


def _chosen(handshake: Handshake, name: str, value: Any) -> Handshake:
    if value not in _CHOICES[name]:
        raise params.BadInput(name, "that is none that is known", ", ".join(_CHOICES[name]))
    if name == "proxy":
        return replace(handshake, use_environment_proxy=False)
    if name == "credential":
        return replace(handshake, key=None, token=_GARBAGE if value == "garbage" else None, renewed_by=None)
    renamed: dict[str, Any] = {"carrier_name": None} if name == "carrier" and value != handshake.carrier else {}
    return replace(handshake, **{name: value}, **renamed)


def _resolved(name: str, value: Any, accepted: str) -> str:
    if not isinstance(value, str) or not is_reference(value):
        raise params.BadInput(name, "it is no reference", accepted)
    return params.resolve(value, where=name)


def _key(handshake: Handshake, value: Any) -> Handshake:
    return replace(handshake, key=_resolved("key", value, "a reference, env:NAME or file:PATH, never the key itself"), token=None)


def _token(handshake: Handshake, value: Any, parameters: Parameters) -> Handshake:
    reference = parameters.token.issued if value == "issued" else value
    accepted = "a reference, env:NAME or file:PATH; or issued, where token.issued is set"
    return replace(handshake, token=_resolved("token", reference, accepted).strip(), renewed_by=None)


def _claims(handshake: Handshake, value: Any) -> Handshake:
    if not isinstance(value, Mapping):
        raise params.BadInput("claims", f"found a {type(value).__name__}", "a map, added to what is configured")
    return replace(handshake, claims={**handshake.claims, **value})


def _headers(handshake: Handshake, value: Any) -> Handshake:
    accepted = "a map of headers, added to the configured ones; Authorization, Cookie and the like take references"
    try:
        given = TypeAdapter(Headers).validate_python(value, strict=True)
    except ValidationError:
        raise params.BadInput("headers", "it is no such map", accepted) from None
    values = {name: params.value_of(text, where=f"headers.{name}") for name, text in given.items()}
    names = {name.lower() for name in values}
    kept = tuple(pair for pair in handshake.headers if pair[0].lower() not in names)
    secret = tuple(values[name] for name, text in given.items() if is_reference(text))
    return replace(handshake, headers=(*kept, *values.items()), secret_values=(*handshake.secret_values, *secret))


def _subprotocols(handshake: Handshake, value: Any) -> Handshake:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value):
        raise params.BadInput("subprotocols", f"found a {type(value).__name__}", "a list of texts, such as ['chat.v1']")
    return replace(handshake, subprotocols=tuple(value))


def _path(handshake: Handshake, value: Any) -> Handshake:
    if not isinstance(value, str) or not value.startswith("/"):
        raise params.BadInput("path", "it does not begin with /", "a path, with a query where it has a '?'")
    parts, path = urlsplit(handshake.url), urlsplit(value)
    return replace(handshake, url=urlunsplit(parts._replace(path=path.path, query=path.query if "?" in value else parts.query)))


def _query(handshake: Handshake, name: str, value: Any) -> Handshake:
    if value is not None and not isinstance(value, str):
        raise params.BadInput(f"query.{name}", f"found a {type(value).__name__}", "a text, or None to leave it out")
    parts = urlsplit(handshake.url)
    kept = [item for item in parts.query.split("&") if item and item.partition("=")[0] != name]
    added = [f"{quote(name)}={quote(value)}"] if value is not None else []
    return replace(handshake, url=urlunsplit(parts._replace(query="&".join((*kept, *added)))))


def _host(handshake: Handshake, value: Any, parameters: Parameters) -> Handshake:
    try:
        host, given = host_of(f"//{value}"), urlsplit(f"//{value}")
        named_port = given.port
    except ValueError:
        raise params.BadInput("host", "it cannot be read as a host", "a host, or host:port") from None
    try:
        check_host(host, where="host", allow_hosts=parameters.target.allow_hosts, own_hosts=parameters.own_hosts())
    except RuleBroken as broken:
        raise params.BadInput(broken.key, broken.found, broken.accepted) from None
    parts = urlsplit(handshake.url)
    name = f"[{given.hostname}]" if ":" in (given.hostname or "") else given.hostname
    port = named_port or parts.port
    return replace(handshake, url=urlunsplit(parts._replace(netloc=f"{name}:{port}" if port else str(name))))


async def asked(
    handshake: Handshake,
    parameters: Parameters,
    given: Mapping[str, Any],
    websockets: Any,
    logs_for: Callable[[list[str]], list[LogEntry]] | None,
    secrets: Sequence[str],
) -> ByHand:
    """The handshake with these factors changed, sent; raises `params.BadInput` for what could not be sent as meant."""
    altered, now = changed(handshake, parameters, given), utc_now()
    sent = credential(altered, now=now)
    exchange = await websockets.knock(websocket_request(altered, now=now, token=sent), of="probe", label=_label(given))
    entries = await asyncio.to_thread(logs_for, [exchange.trace_id]) if logs_for and exchange.trace_id else None
    claims = redact_value(claims_of(sent), secrets)
    return ByHand(exchange=exchange, claims=claims, entries=None if entries is None else tuple(entries))


def unasked(error: NoToken, given: Mapping[str, Any], *, at: datetime) -> ByHand:
    """What came of a handshake that was not sent, for want of a token."""
    nothing = Exchange(
        id=uuid.uuid4().hex, of="probe", kind="handshake", label="", method="GET", url="", rung="dns", elapsed_ms=0, at=at
    )
    said = f"nothing was sent, for want of a token, as {error}"
    return ByHand(exchange=replace(error.exchange or nothing, label=_label(given), error=said))


def _label(given: Mapping[str, Any]) -> str:
    said = ", ".join(
        name if name in {"token", "headers", "key", "session"} else f"{name}={value!r}" for name, value in given.items()
    )
    return f"by hand: {said or 'nothing changed'}"


_CHANGES: dict[str, Any] = {"key": _key, "claims": _claims, "headers": _headers, "subprotocols": _subprotocols, "path": _path}


def claims_of(token: str | None) -> dict[str, Any]:
    """The claims of the token that a handshake carries, none without one."""
    return dict(tokens.decode(token).claims) if token else {}
