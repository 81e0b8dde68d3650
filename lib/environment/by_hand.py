"""One handshake asked by hand: takes the factors as a diagnosis prints them, and says all that came of it."""

from __future__ import annotations

import asyncio
import os
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, get_args
from urllib.parse import urlsplit, urlunsplit

from pydantic import TypeAdapter, ValidationError

from lib import tokens
from lib.clients.aside import aside
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
from lib.whys.altered import at, at_port, under_scheme, with_cookie, with_header, with_parameter, with_subprotocols
from lib.whys.probes import holds
from lib.whys.working import PREFIX, Working, compared

Environ = Mapping[str, str] | None
UNCHANGED: Any = object()
"""What a factor's argument is when the factor stays as configured (None is a value: no Origin, no user)."""

_PLAIN = ("user", "algorithm", "lifetime_s", "issued_ago_s", "scheme", "carrier_name", "origin", "host_header", "timeout_s")
_CHOICES = {"carrier": get_args(Carrier), "carrier_encoding": ("plain", "base64url")}
_CHOICES |= {"credential": ("none", "garbage"), "proxy": ("off",)}
_OF_MINTING = ("algorithm", "claims", "user", "lifetime_s", "issued_ago_s")
_GARBAGE = "this-is-not-a-token"


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """What came of it. `claims` are those of the token that was sent, `entries` the servers' (None: no logs, or silent ones)."""

    exchange: Exchange
    claims: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[LogEntry, ...] | None = None


def changed(handshake: Handshake, parameters: Parameters, given: Mapping[str, Any]) -> Handshake:
    """The configured handshake with these factors changed.

    Raises `params.BadInput` for an unknown factor and for a value that could not be sent as meant; it never shows a value that
    could be a secret.
    """
    held = compared(parameters, handshake)
    whole = held.bound is not None and holds(given, held.bound.factors)
    environ = _environ(held, given, whole=whole)
    for name, value in given.items():
        group, _, own = name.partition(".")
        if name in _PLAIN:
            handshake = replace(handshake, **{name: _plain(name, value)})
        elif name in _CHOICES:
            handshake = _chosen(handshake, name, value)
        elif own and group in _BY_NAME:
            handshake = _BY_NAME[group](handshake, own, value, environ)
        elif name in _CHANGES:
            handshake = _CHANGES[name](handshake, value)
        elif name in _REFERRING:
            handshake = _REFERRING[name](handshake, value, environ)
        elif name == "session":
            handshake = _session(handshake, value)
        elif name == "token":
            handshake = _token(handshake, value, parameters, environ)
        elif name == "host":
            handshake = _host(handshake, value, None if whole else parameters)
        else:
            named = [f"{group}.NAME" for group in _BY_NAME]
            known = sorted([*_PLAIN, *_CHOICES, *_CHANGES, *_REFERRING, "token", "host", "session", *named])
            raise params.BadInput(name, "there is no such factor", ", ".join(known))
    _check_sent(handshake, given)
    silent = "session" in given and given["session"] is None
    if handshake.carrier == "message" and not silent and not scripts.holds_token(handshake.session):
        raise params.BadInput("carrier", "it is message although session holds no {token}", "a session with {token} in it")
    return handshake


def _check_sent(handshake: Handshake, given: Mapping[str, Any]) -> None:
    """Refuses what would change nothing of what is sent, although the table would say that it did."""
    minting = [name for name in given if name in _OF_MINTING or name.startswith("claims.")]
    if minting and (handshake.key is None or handshake.token is not None):
        raise params.BadInput(minting[0], "nothing is minted: the token is sent as it stands, or there is none", "key beside it")
    if "scheme" in given and handshake.carrier != "authorization":
        raise params.BadInput("scheme", f"the token is carried in {handshake.carrier}", "carrier authorization beside it")
    carried = [name for name in given if name in ("key", "token", "scheme", "carrier") or name in minting]
    taken = {name.lower() for name, _ in handshake.headers} & {handshake.carrier}
    if carried and taken:
        where = {"authorization": "Authorization", "cookie": "Cookie"}[handshake.carrier]
        raise params.BadInput(
            carried[0], f"the configured header {where} is sent in its place", f"headers.{where} None beside it"
        )


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


def _environ(held: Working, given: Mapping[str, Any], *, whole: bool) -> Mapping[str, str] | None:
    """Where references are looked up: the credentials of a working handshake too, under the names that a diagnosis prints."""
    if not any(f"env:{PREFIX}_" in str(value) for value in given.values()):
        return None
    single = [one for change in held.differences if change is not held.bound for one in (change, *change.finer)]
    may_go = (
        held.secrets if whole else {value for change in single for value in change.factors.values() if isinstance(value, str)}
    )
    for name, value in given.items():
        if any(found not in may_go for found in re.findall(rf"env:{PREFIX}_\w+", str(value))):
            raise params.BadInput(
                name, "it belongs to the working handshake's host, and goes nowhere else", "all of the change that whys prints"
            )
    return {**os.environ, **{reference.removeprefix("env:"): value for reference, value in held.secrets.items()}}


def _resolved(name: str, value: Any, accepted: str, environ: Environ) -> str:
    if not isinstance(value, str) or not is_reference(value):
        raise params.BadInput(name, "it is no reference", accepted)
    return params.resolve(value, where=name, environ=environ)


def _key(handshake: Handshake, value: Any, environ: Environ) -> Handshake:
    accepted = "a reference, env:NAME or file:PATH, never the key itself"
    return replace(handshake, key=_resolved("key", value, accepted, environ), token=None)


def _token(handshake: Handshake, value: Any, parameters: Parameters, environ: Environ) -> Handshake:
    reference = parameters.token.issued if value == "issued" else value
    accepted = "a reference, env:NAME or file:PATH; or issued, where token.issued is set"
    return replace(handshake, token=_resolved("token", reference, accepted, environ).strip(), renewed_by=None)


def _claims(handshake: Handshake, value: Any) -> Handshake:
    if not isinstance(value, Mapping):
        raise params.BadInput("claims", f"found a {type(value).__name__}", "a map, added to what is configured")
    return replace(handshake, claims={**handshake.claims, **value})


def _headers(handshake: Handshake, value: Any, environ: Environ) -> Handshake:
    accepted = (
        "a map of headers, added to the configured ones; Authorization, Cookie and the like take references, None takes one away"
    )
    if not isinstance(value, Mapping):
        raise params.BadInput("headers", "it is no such map", accepted)
    try:
        given = TypeAdapter(Headers).validate_python(
            {name: text for name, text in value.items() if text is not None}, strict=True
        )
    except ValidationError:
        raise params.BadInput("headers", "it is no such map", accepted) from None
    for name, text in value.items():
        found = None if text is None else params.value_of(given[name], where=f"headers.{name}", environ=environ)
        handshake = with_header(handshake, name, found, is_secret=is_reference(text or ""))
    return handshake


def _cookie(handshake: Handshake, name: str, value: Any, environ: Environ) -> Handshake:
    accepted = "a reference, env:NAME or file:PATH, or None to leave it out"
    return with_cookie(handshake, name, None if value is None else _resolved(f"cookies.{name}", value, accepted, environ))


def _subprotocols(handshake: Handshake, value: Any) -> Handshake:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value):
        raise params.BadInput("subprotocols", f"found a {type(value).__name__}", "a list of texts, such as ['chat.v1']")
    return replace(handshake, subprotocols=tuple(value))


def _path(handshake: Handshake, value: Any) -> Handshake:
    if not isinstance(value, str) or not value.startswith("/"):
        raise params.BadInput("path", "it does not begin with /", "a path, with a query where it has a '?'")
    parts, path = urlsplit(handshake.url), urlsplit(value)
    return replace(handshake, url=urlunsplit(parts._replace(path=path.path, query=path.query if "?" in value else parts.query)))


def _query(handshake: Handshake, name: str, value: Any, environ: Environ) -> Handshake:
    values = value if isinstance(value, list) and value else [value]
    if value is not None and not all(isinstance(one, str) for one in values):
        found = f"found a {type(value).__name__}"
        raise params.BadInput(f"query.{name}", found, "a text, a list of texts, or None to leave it out")
    referred = [one for one in values if one is not None and is_reference(one)]
    sent = [params.value_of(one, where=f"query.{name}", environ=environ) for one in values if one is not None]
    return with_parameter(handshake, name, None if value is None else sent, is_secret=bool(referred))


def _subprotocol(handshake: Handshake, name: str, value: Any, environ: Environ) -> Handshake:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        found = f"found a {type(value).__name__}"
        raise params.BadInput(f"subprotocols.{name}", found, "its place in the offer, from 1, or None to leave it out")
    return with_subprotocols(handshake, {name: value})


def _port(handshake: Handshake, value: Any) -> Handshake:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65_536):
        raise params.BadInput("port", f"found a {type(value).__name__}", "a number up to 65535, or None for the scheme's own")
    return replace(handshake, url=at_port(handshake.url, value))


def _url_scheme(handshake: Handshake, value: Any) -> Handshake:
    if value not in ("ws", "wss"):
        raise params.BadInput("url_scheme", "that is none that is known", "ws, wss")
    return replace(handshake, url=under_scheme(handshake.url, value))


def _host(handshake: Handshake, value: Any, parameters: Parameters | None) -> Handshake:
    """At another host, which the parameters permit; None where it gets the credentials that are its own, and no others."""
    scheme, _, authority = str(value).rpartition("://")
    try:
        host, given = host_of(f"//{authority}"), urlsplit(f"//{authority}")
        readable = given.port != 0 and scheme in ("", "ws", "wss") and given.netloc == authority
    except ValueError:
        readable = False
    if not readable:
        raise params.BadInput("host", "it cannot be read as a host", "a host, host:port, or ws[s]://host:port")
    if parameters is None:
        return replace(handshake, url=at(handshake.url, str(value)))
    try:
        check_host(host, where="host", allow_hosts=parameters.target.allow_hosts, own_hosts=parameters.own_hosts())
    except RuleBroken as broken:
        raise params.BadInput(broken.key, broken.found, broken.accepted) from None
    return replace(handshake, url=at(handshake.url, str(value)))


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
    entries = await _entries(logs_for, exchange.trace_id, within_s=parameters.budget.seconds)
    claims = redact_value(claims_of(sent), secrets)
    return ByHand(exchange=exchange, claims=claims, entries=None if entries is None else tuple(entries))


async def _entries(
    logs_for: Callable[[list[str]], list[LogEntry]] | None, trace_id: str | None, *, within_s: float
) -> list[LogEntry] | None:
    """The servers' entries of an exchange; None where there are no logs, or where they do not come in time."""
    if logs_for is None or trace_id is None:
        return None
    try:
        async with asyncio.timeout(within_s):
            return await aside(lambda: logs_for([trace_id]))
    except TimeoutError:
        return None


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


def _claim(handshake: Handshake, name: str, value: Any, environ: Environ) -> Handshake:
    return _claims(handshake, {name: value})


def _header(handshake: Handshake, name: str, value: Any, environ: Environ) -> Handshake:
    return _headers(handshake, {name: value}, environ)


_CHANGES: dict[str, Any] = {
    "claims": _claims,
    "subprotocols": _subprotocols,
    "path": _path,
    "port": _port,
    "url_scheme": _url_scheme,
}
_REFERRING: dict[str, Any] = {"key": _key, "headers": _headers}
_BY_NAME: dict[str, Any] = {
    "claims": _claim,
    "headers": _header,
    "query": _query,
    "cookies": _cookie,
    "subprotocols": _subprotocol,
}


def claims_of(token: str | None) -> dict[str, Any]:
    """The claims of the token that a handshake carries, none without one."""
    return dict(tokens.decode(token).claims) if token else {}
