"""Factors in, a request out: the configured handshake with exactly what an `Probe` says changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from lib import tokens
from lib.facts import Request
from lib.handshake import CREDENTIAL_HEADER, Handshake, credential, rest_request, websocket_request
from lib.parameters.hosts import host_of
from lib.parameters.secrets import is_reference
from lib.whys.altered import at, at_port, under_scheme, with_cookie, with_header, with_parameter, with_subprotocols
from lib.whys.probes import AUTHORITY, COMPUTED, FORGED, FULL_LENGTH, GARBAGE, ISSUED, NONE, NOTHING_OF_OURS, Probe, holds

_NOT_A_TOKEN = "this-is-not-a-token"  # noqa: S105
_FORGED_KEY = "a key that nobody has, long enough for every algorithm that takes a shared one: 0123456789abcdef"
_CREDENTIAL_PARAMETERS = re.compile(r"token|jwt|secret|api[-_]?key|^auth$|^key$|^sig(?:nature)?$", re.IGNORECASE)
_CONDUCT = frozenset({"concurrency", "address", "spacing", "request", "carriers"})
_TO_STRANGERS = frozenset({"credential", "path", "address", *AUTHORITY})
_ORDER = {"lifetime_s": 1, "issued_ago_s": 2}
"""Factors that build on others are applied after them: backdating keeps exp where it is."""


class Unsendable(Exception):
    """This variant cannot be built, e.g. no key signs with this algorithm; carries why."""


@dataclass(slots=True, kw_only=True)
class RequestBuilder:
    """What variants are made of: the configured handshake, resolved references, and the tokens already sent, by observation
    id."""

    handshake: Handshake
    resolved: Mapping[str, str] = field(default_factory=dict, repr=False)
    issued: str | None = field(default=None, repr=False)
    bound: Mapping[str, Any] = field(default_factory=dict)
    """The change to another host with the credentials that are its own: none goes there without all of it."""
    hosts: frozenset[str] = frozenset()
    """The hosts beside its own two that may get what the configured handshake carries: somebody listed them."""
    health_path: str = "/"
    protected_path: str = "/"
    sent: dict[str, str] = field(default_factory=dict, repr=False)


def request_for(builder: RequestBuilder, ask: Probe, *, now: datetime) -> tuple[Request, str | None]:
    """The request of an ask, and the token that it carries; raises `Unsendable`."""
    _check_bound(builder, ask)
    changed, given = _changed(builder, ask.factors)
    _check_host(builder, ask, changed.url)
    try:
        token = given or credential(changed, now=now)
    except (tokens.UnusableKey, ValueError, OverflowError) as error:
        raise Unsendable(str(error)) from None
    if ask.request == "handshake":
        request = _carried(changed, ask.factors.get("carriers", ()), now=now, token=token)
        return replace(_safe(request), address=ask.factors.get("address")), token
    if ask.request == "plain":
        return _safe(_as_plain_get(websocket_request(changed, now=now, token=token))), token
    if ask.request == "health":
        return rest_request(changed, builder.health_path, now=now, with_credential=False), None
    return rest_request(changed, builder.protected_path, now=now, token=token, with_credential=token is not None), token


def _check_bound(builder: RequestBuilder, ask: Probe) -> None:
    bound, factors = builder.bound, ask.factors
    own = {name: value for name, value in bound.items() if name == "host" or is_reference(str(value))}
    if not any(name in factors and factors[name] == value for name, value in own.items()):
        return
    if not holds(factors, bound) or ask.request not in ("handshake", "plain"):
        raise Unsendable(f"{bound['host']} gets its own credentials alone, and they go nowhere else")


def _check_host(builder: RequestBuilder, ask: Probe, url: str) -> None:
    """A host that only an answer named gets a handshake with nothing of ours."""
    nothing = ask.factors.get("credential") == NOTHING_OF_OURS and ask.factors.keys() <= _TO_STRANGERS
    if nothing or (builder.bound and holds(ask.factors, builder.bound)):
        return
    try:
        host, *own = (host_of(one) for one in (url, builder.handshake.url, builder.handshake.rest_url))
    except ValueError:
        raise Unsendable("the host cannot be looked up") from None
    if host not in builder.hosts and host not in own:
        raise Unsendable(f"nothing of ours goes to {host}, which neither the target nor alternatives.hosts names")


def _carried(changed: Handshake, further: Sequence[str], *, now: datetime, token: str | None) -> Request:
    """The handshake with its token in its own carrier and in further ones beside it."""
    request = websocket_request(changed, now=now, token=token)
    for carrier in further:
        for encoding in ("plain", "base64url") if carrier == "subprotocol" else (changed.carrier_encoding,):
            other = websocket_request(
                replace(changed, carrier=carrier, carrier_encoding=encoding, carrier_name=None), now=now, token=token
            )
            given = {name.lower() for name, _ in request.headers}
            request = replace(
                request,
                url=other.url if carrier == "query" else request.url,
                headers=(*request.headers, *(item for item in other.headers if item[0].lower() not in given)),
                subprotocols=tuple(dict.fromkeys((*request.subprotocols, *other.subprotocols))),
                session=other.session if carrier == "message" else request.session,
            )
    return request


def _safe(request: Request) -> Request:
    if any(ord(character) < 32 for name, value in request.headers for character in name + value):
        raise Unsendable("a header's value holds a control character")
    return request


def _changed(builder: RequestBuilder, factors: Mapping[str, Any]) -> tuple[Handshake, str | None]:
    changed, token = builder.handshake, None
    for name, value in sorted(factors.items(), key=lambda item: _ORDER.get(item[0], 0)):
        if name in _CONDUCT:
            continue
        if name == "token":
            token = _token(builder, str(value))
        elif name.startswith("claims."):
            changed = replace(changed, claims=_claims(changed.claims, name.removeprefix("claims."), value))
        elif name == FULL_LENGTH:
            changed = replace(changed, claims={**changed.claims, "padding": "x" * int(value)})
        elif name.startswith("headers."):
            secret = is_reference(value or "")
            text = builder.resolved[value] if secret else value
            changed = with_header(changed, name.removeprefix("headers."), text, is_secret=secret)
        elif name.startswith("cookies."):
            changed = with_cookie(changed, name.removeprefix("cookies."), None if value is None else builder.resolved[value])
        elif name.startswith("query."):
            given = [value] if isinstance(value, str) else value
            secret = any(one in builder.resolved for one in given or ())
            values = None if given is None else [builder.resolved.get(one, one) for one in given]
            changed = with_parameter(changed, name.removeprefix("query."), values, is_secret=secret)
        elif name.startswith("subprotocols."):
            continue
        else:
            changed = _CHANGES[name](builder, changed, value)
    places = {name.removeprefix("subprotocols."): place for name, place in factors.items() if name.startswith("subprotocols.")}
    changed = with_subprotocols(changed, places) if places else changed
    if token is None and factors.get("credential") == GARBAGE:
        token = _NOT_A_TOKEN
    if "carrier" in factors and "carrier_name" not in factors and builder.handshake.carrier != "authorization":
        changed = replace(changed, carrier_name=None)
    return changed, token


def _token(builder: RequestBuilder, value: str) -> str:
    if value == ISSUED and builder.issued:
        return builder.issued
    if is_reference(value) and value in builder.resolved:
        return builder.resolved[value].strip()
    if value.startswith("as in ") and value.removeprefix("as in ") in builder.sent:
        return builder.sent[value.removeprefix("as in ")]
    if value.startswith(ISSUED) and builder.issued and builder.handshake.key:
        decoded = tokens.decode(builder.issued)
        try:
            algorithm = str(decoded.header.get("alg"))
            return tokens.mint(decoded.claims, key=builder.handshake.key, algorithm=algorithm, header=decoded.header)
        except (tokens.UnusableKey, ValueError) as error:
            raise Unsendable(str(error)) from None
    raise Unsendable(f"there is no token {value!r}")


def _claims(claims: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    if value == COMPUTED:
        return {key: item for key, item in claims.items() if key != name}
    return {**claims, name: value}


def _key(builder: RequestBuilder, changed: Handshake, value: str) -> Handshake:
    if value == FORGED:
        return replace(changed, **_forged(changed.algorithm))
    return replace(changed, key=builder.resolved[value], token=None)


def _forged(algorithm: str) -> dict[str, Any]:
    if algorithm.startswith("HS"):
        return {"key": _FORGED_KEY, "token": None}
    return {"key": _private_key(algorithm), "token": None}


def _private_key(algorithm: str) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves: dict[str, type[Any]] = {
        "ES256": ec.SECP256R1,
        "ES384": ec.SECP384R1,
        "ES512": ec.SECP521R1,
        "ES521": ec.SECP521R1,
        "ES256K": ec.SECP256K1,
    }
    if algorithm in curves:
        key: Any = ec.generate_private_key(curves[algorithm]())
    elif algorithm == "EdDSA":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return str(key.private_bytes(*form).decode())


def _credential(builder: RequestBuilder, changed: Handshake, value: str) -> Handshake:
    kept = tuple((name, text) for name, text in changed.headers if not CREDENTIAL_HEADER.search(name))
    if value == NOTHING_OF_OURS:
        url = urlunsplit(urlsplit(changed.url)._replace(query=""))
        tls = replace(changed.tls, certificate=None, key=None)
        bare = replace(changed, url=url, tls=tls, headers=(), subprotocols=(), origin=None, host_header=None)
        return replace(bare, key=None, token=None, session=None, repeats_token=False)
    for name in parse_qs(urlsplit(changed.url).query):
        changed = with_parameter(changed, name, None) if _CREDENTIAL_PARAMETERS.search(name) else changed
    if value == NONE:
        return replace(changed, key=None, token=None, headers=kept)
    return replace(changed, headers=kept)


def _path(builder: RequestBuilder, changed: Handshake, value: str) -> Handshake:
    return replace(changed, url=urlunsplit(urlsplit(changed.url)._replace(path=value)))


def _host_header(builder: RequestBuilder, changed: Handshake, value: str) -> Handshake:
    return replace(changed, host_header=value)


_CHANGES: dict[str, Any] = {
    "key": _key,
    "credential": _credential,
    "path": _path,
    "host": lambda builder, changed, value: replace(changed, url=at(changed.url, value)),
    "port": lambda builder, changed, value: replace(changed, url=at_port(changed.url, value)),
    "url_scheme": lambda builder, changed, value: replace(changed, url=under_scheme(changed.url, value)),
    "host_header": _host_header,
    "proxy": lambda builder, changed, value: replace(changed, use_environment_proxy=False),
    "user": lambda builder, changed, value: replace(changed, user=value, claims=_claims(changed.claims, "sub", COMPUTED)),
    "algorithm": lambda builder, changed, value: replace(changed, algorithm=value),
    "lifetime_s": lambda builder, changed, value: replace(changed, lifetime_s=value),
    "issued_ago_s": lambda builder, changed, value: replace(
        changed,
        issued_ago_s=value,
        lifetime_s=changed.lifetime_s if changed.lifetime_s > value + 60 else value + changed.lifetime_s,
    ),
    "origin": lambda builder, changed, value: replace(changed, origin=value),
    "carrier": lambda builder, changed, value: replace(changed, carrier=value),
    "carrier_name": lambda builder, changed, value: replace(changed, carrier_name=value),
    "carrier_encoding": lambda builder, changed, value: replace(changed, carrier_encoding=value),
    "scheme": lambda builder, changed, value: replace(changed, scheme=value),
    "subprotocols": lambda builder, changed, value: replace(changed, subprotocols=tuple(value)),
}


def _as_plain_get(request: Request) -> Request:
    """The same request without the upgrade: URL, headers and Origin as they are."""
    parts = urlsplit(request.url)
    url = urlunsplit(parts._replace(scheme="https" if parts.scheme == "wss" else "http"))
    given = {name.lower() for name, _ in request.headers}
    origin = () if request.origin is None or "origin" in given else (("Origin", request.origin),)
    return Request(
        url=url,
        headers=(*request.headers, *origin),
        host_header=request.host_header,
        use_environment_proxy=request.use_environment_proxy,
        timeout_s=request.timeout_s,
        secrets=request.secrets,
        credential=request.credential,
    )
