"""The changes that are worth trying: each touches one thing, and says what else it brings along.

A map of headers, a query string and a path with a query are several factors; they are taken apart before anything is tried.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from lib import tokens
from lib.handshake import CREDENTIAL_HEADER, Handshake
from lib.parameters.loading import Parameters
from lib.whys.catalogue.claims import claim_factors
from lib.whys.catalogue.factors import OF_A_TOKEN
from lib.whys.probes import COMPUTED, FORGED, ISSUED, Change

Credential = Literal["minted", "given", "fixed", "none"]
OF_EVERY_CLIENT = frozenset(
    {"user-agent", "accept", "accept-language", "accept-encoding", "referer", "x-forwarded-for", "x-real-ip", "forwarded", "via"}
)
"""Headers that tell what a client is or whence it comes: no key, and what a firewall judges by."""

_SHORTER_BYTES = 256
"""From so many bytes on a shorter token is a side effect that could be what helps."""

_AROUND_PADDING = len('"padding":"",')


def impossible_path(host: str, ws_path: str) -> str:
    """A path that no application serves, the same for the same target."""
    return f"/no-such-route-{hashlib.sha256((host + ws_path).encode()).hexdigest()[:8]}"


def nonsense(text: str) -> str:
    """Text of the same length that means nothing."""
    return ("placebo" * (len(text) // 7 + 1))[: len(text)]


def changes_of(
    parameters: Parameters,
    handshake: Handshake,
    credential: Credential,
    *,
    readable: Mapping[str, str],
    issued: Mapping[str, Any] | None,
) -> tuple[Change, ...]:
    """Single changes, what costs least and says most first; each once."""
    found: list[Change] = []
    seen: list[Mapping[str, Any]] = []
    for change in (
        *_of_token(parameters, handshake, credential, readable, issued),
        *_of_request(parameters, handshake, credential, readable),
    ):
        if change.factors not in seen:
            seen.append(change.factors)
            found.append(change)
    return tuple(found)


def _of_token(
    parameters: Parameters,
    handshake: Handshake,
    credential: Credential,
    readable: Mapping[str, str],
    issued: Mapping[str, Any] | None,
) -> Iterator[Change]:
    other = parameters.alternatives
    if credential == "fixed":
        return
    yield from _other_tokens(other.tokens, readable, handshake)
    if credential == "given":
        return
    for reference in other.secrets:
        if reference in readable and credential == "minted":
            yield Change(factor="key", factors={"key": reference}, placebo={"key": FORGED})
        elif reference in readable:
            yield Change(factor="credential", factors={"key": reference})
    if credential == "none":
        if issued is not None:
            yield Change(factor="credential", factors={"token": ISSUED})
        return
    yield from (Change(factor="user", factors={"user": user}) for user in other.users if user != handshake.user)
    for name, values in other.claims.items():
        yield from (_claim(name, value, handshake.claims) for value in values if value != handshake.claims.get(name, ...))
    yield from (
        Change(factor="algorithm", factors={"algorithm": name}) for name in other.algorithms if name != handshake.algorithm
    )
    yield from _learned_from(issued, handshake)
    yield from _of_time(handshake)


def _other_tokens(references: Sequence[str], readable: Mapping[str, str], handshake: Handshake) -> Iterator[Change]:
    """Other real tokens, each tried whole: it may differ in whatever claims it has and ours has not."""
    for reference in references:
        if reference not in readable or readable[reference].strip() == handshake.token:
            continue
        minted = tokens.Decoded({"alg": handshake.algorithm}, handshake.claims)
        ours = tokens.decode(handshake.token) if handshake.token else minted
        theirs = tokens.decode(readable[reference].strip())
        alters = ("issued", *_signing(ours.header, theirs.header), "lifetime", "backdating", "fresh_token")
        names = sorted({*ours.claims, *theirs.claims} - {"exp", "iat", "nbf", "jti"}, key=str)
        differing = [name for name in names if ours.claims.get(name) != theirs.claims.get(name)]
        factors = [factor for name in differing for factor in claim_factors(name, ours.claims)]
        yield Change(factor="issued", factors={"token": reference}, alters=tuple(dict.fromkeys((*alters, *factors))))


def _signing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Whether two tokens may differ in key and algorithm, as far as their headers say."""
    known = ours.get("kid") is not None and ours.get("kid") == theirs.get("kid")
    return [*(() if known else ("key",)), *(("algorithm",) if ours.get("alg") != theirs.get("alg") else ())]


def _of_time(handshake: Handshake) -> Iterator[Change]:
    """Lifetimes and moments of issue, which nobody has to propose."""
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


def _claim(name: str, value: Any, configured: Mapping[str, Any]) -> Change:
    present = configured.get(name)
    grows = present is None or (isinstance(present, list) and isinstance(value, list) and all(item in value for item in present))
    shorter = len(json.dumps(present)) - len(json.dumps(value)) if present is not None else 0
    factors = claim_factors(name, configured)
    return Change(
        factor=factors[0],
        factors={f"claims.{name}": value},
        alters=(*factors, *(("length",) if shorter >= _SHORTER_BYTES else ())),
        placebo=_claim_placebo(name, value, present),
        shortens_bytes=max(shorter - _AROUND_PADDING, 1) if shorter >= _SHORTER_BYTES else 0,
        harmless=grows and name not in {"nbf", "exp", "iat", "sub"},
    )


def _claim_placebo(name: str, value: Any, present: Any) -> Mapping[str, Any] | None:
    """The claim with a value of the same form and length that nobody expects; for a new claim, the value under another name."""
    if name in {"exp", "iat", "nbf", "jti", "sub"} or value is None:
        return None
    if present is None:
        return {f"claims.{nonsense(name)}": value}
    if isinstance(value, str):
        return {f"claims.{name}": nonsense(value)}
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        kept = present if isinstance(present, list) and any(item not in present for item in value) else []
        return {f"claims.{name}": [item if item in kept else nonsense(item) for item in value]}
    return None


def _learned_from(issued: Mapping[str, Any] | None, handshake: Handshake) -> Iterator[Change]:
    """What an issued token has and ours has not, one claim at a time; then the issued token itself."""
    if issued is None:
        return
    learned = list(claim_by_claim(handshake, issued.get("claims", {}), issued.get("alg")))
    yield from learned
    differing = [factor for change in learned for factor in change.touched]
    differing += ["key", "lifetime", "backdating", *(["encoding"] if issued.get("marks") else [])]
    yield Change(factor="issued", factors={"token": ISSUED}, alters=("issued", *dict.fromkeys(differing)))


def claim_by_claim(handshake: Handshake, claims: Mapping[str, Any], algorithm: Any) -> Iterator[Change]:
    """What another token says otherwise than those that are minted: each claim by itself, its subject, its algorithm."""
    for name, value in claims.items():
        if name in {"exp", "iat", "nbf", "jti"} or value is None:
            continue
        if name == "sub":
            if value != handshake.user and isinstance(value, str):
                yield Change(factor="user", factors={"user": value})
        elif value != handshake.claims.get(name):
            yield _claim(name, value, handshake.claims)
    if isinstance(algorithm, str) and algorithm != handshake.algorithm:
        yield Change(factor="algorithm", factors={"algorithm": algorithm})


def _of_request(
    parameters: Parameters, handshake: Handshake, credential: Credential, readable: Mapping[str, str]
) -> Iterator[Change]:
    other = parameters.alternatives
    url = urlsplit(handshake.url)
    yield from (_origin(origin) for origin in other.origins if origin != handshake.origin)
    for offer in other.subprotocols:
        if tuple(offer) != handshake.subprotocols:
            meaningless = [name if name in handshake.subprotocols else nonsense(name) for name in offer]
            placebo = {"subprotocols": meaningless} if meaningless != list(offer) else None
            yield Change(factor="subprotocols", factors={"subprotocols": list(offer)}, placebo=placebo, harmless=True)
    for headers in other.headers:
        for name, value in headers.items():
            if value in readable or not re.match(r"(env|file):", value):
                yield _header(name, value, handshake, credential)
    if credential in ("minted", "given"):
        yield from _of_carriage(parameters, handshake)
    yield from _of_paths(parameters, handshake)
    for name in other.host_headers:
        if name != url.netloc:
            yield Change(factor="host_header", factors={"host_header": name}, alters=("host_header", "host"))
    yield from (Change(factor="host", factors={"host": authority}) for authority in other.hosts if authority != url.netloc)
    if handshake.origin is not None:
        yield Change(factor="origin", factors={"origin": None}, own=True)
    same = f"{'https' if url.scheme == 'wss' else 'http'}://{url.netloc}"
    if same != handshake.origin:
        yield _origin(same, own=True)


def _origin(origin: str, *, own: bool = False) -> Change:
    scheme, _, name = origin.partition("://")
    return Change(factor="origin", factors={"origin": origin}, placebo={"origin": f"{scheme}://{nonsense(name)}"}, own=own)


def _of_carriage(parameters: Parameters, handshake: Handshake) -> Iterator[Change]:
    """Other words before the token, other encodings, other places."""
    other = parameters.alternatives
    if handshake.carrier == "authorization":
        yield from (Change(factor="scheme", factors={"scheme": scheme}) for scheme in other.schemes if scheme != handshake.scheme)
    flipped = "plain" if handshake.carrier_encoding == "base64url" else "base64url"
    if handshake.carrier == "subprotocol":
        yield Change(factor="encoding", factors={"carrier_encoding": flipped})
    for carrier in other.carriers:
        if carrier != handshake.carrier:
            yield Change(factor="carrier", factors={"carrier": carrier})
        if carrier == "subprotocol" != handshake.carrier:
            yield Change(factor="carrier", factors={"carrier": carrier, "carrier_encoding": flipped})


def _header(name: str, value: str, handshake: Handshake, credential: Credential) -> Change:
    """One header: what it is about depends on whether it takes the place of the token."""
    lower = name.lower()
    factors = {f"headers.{name}": value}
    placebo = {f"headers.{_other_name(name)}": value}
    if lower == "origin":
        return Change(factor="origin", factors=factors)
    if lower == "host":
        return Change(factor="host_header", factors=factors, alters=("host_header", "host"))
    if lower in OF_EVERY_CLIENT:
        return Change(factor="client_header", factors=factors, placebo=placebo, harmless=True)
    if {"authorization": "authorization", "cookie": "cookie"}.get(lower) == handshake.carrier and credential != "none":
        return Change(factor="credential", factors=factors, alters=(*OF_A_TOKEN, "headers"))
    alters: tuple[str, ...]
    if CREDENTIAL_HEADER.search(name):
        alters = ("headers", "credential", "carrier") if lower in {"authorization", "cookie"} else ("headers", "credential")
        return Change(factor="headers", factors=factors, alters=alters, placebo=placebo, harmless=True)
    own = ("headers", "credential") if credential == "none" else ("headers",)
    return Change(factor="headers", factors=factors, alters=own, placebo=placebo, harmless=True)


def _other_name(name: str) -> str:
    return f"X-{nonsense(name[2:])}" if len(name) > 2 else "X-P"


def _of_paths(parameters: Parameters, handshake: Handshake) -> Iterator[Change]:
    """Other paths, and each parameter of another query by itself."""
    url = urlsplit(handshake.url)
    path = url.path or "/"
    impossible = {"path": impossible_path(url.netloc, path)}
    configured = dict(parse_qsl(url.query, keep_blank_values=True))
    for given in parameters.alternatives.paths:
        route, asked, query = given.partition("?")
        if (route or path) != path:
            yield Change(factor="path", factors={"path": route}, placebo=impossible)
        wanted = dict(parse_qsl(query, keep_blank_values=True)) if asked else configured
        for name, value in wanted.items():
            if configured.get(name) != value:
                placebo = {f"query.{nonsense(name)}": value}
                yield Change(factor="query", factors={f"query.{name}": value}, placebo=placebo, harmless=name not in configured)
        yield from (Change(factor="query", factors={f"query.{name}": None}) for name in configured if name not in wanted)
    if path != "/":
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        yield Change(factor="path", factors={"path": other}, placebo=impossible, own=True)
