"""A diagnosis' handshakes written down, to be repeated by hand or by a test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lib.captures.writing import Source, Written, regression_test, written
from lib.facts import Request
from lib.handshake import Handshake
from lib.parameters.model import Parameters
from lib.parameters.secrets import is_reference
from lib.whys.evidence.offline import prepare
from lib.whys.probes import GARBAGE, Probe
from lib.whys.requests import Unsendable, request_for

CONFIGURED = "the configured handshake"


def repeated(parameters: Parameters, handshake: Handshake, diagnosis: Mapping[str, Any], *, now: datetime) -> dict[str, Written]:
    """The refused and the accepted handshake of the minimal pair by what they are; the configured one alone without a pair."""
    pair, seen = diagnosis["minimal_pair"], {one["id"]: one["factors"] for one in diagnosis["observations"]}
    asked: dict[str, dict[str, Any]] = {CONFIGURED: {}}
    if pair:
        asked = {f"{kind} ({pair[kind]})": seen[pair[kind]] for kind in ("refused", "accepted")}
    found = {}
    for name, factors in asked.items():
        built = _built(parameters, handshake, factors, now)
        if built is not None:
            request, token = built
            found[name] = written(request, token, _source(parameters, handshake, factors), now=now)
    return found


def as_test(parameters: Parameters, handshake: Handshake, *, now: datetime) -> str:
    """The configured handshake as a regression test, with its control."""
    built = _built(parameters, handshake, {}, now)
    assert built is not None  # what is configured was checked when it was opened
    request, token = built
    has_credential = token is not None or request.headers != handshake.headers
    control = _built(parameters, handshake, {"credential": GARBAGE} if has_credential else {"path": "/no-such-route"}, now)
    assert control is not None  # neither needs anything that could be missing
    return regression_test(request, control[0], token, _source(parameters, handshake, {}), now=now)


def _built(
    parameters: Parameters, handshake: Handshake, factors: Mapping[str, Any], now: datetime
) -> tuple[Request, str | None] | None:
    _, builder, _ = prepare(parameters, handshake, environ=None, has_logs=False, at=now)
    try:
        return request_for(builder, Probe(factors=dict(factors)), now=now)
    except Unsendable:
        return None


def _source(parameters: Parameters, handshake: Handshake, factors: Mapping[str, Any]) -> Source:
    headers = {name: value for name, value in parameters.headers.items() if is_reference(value)}
    changed = {name.removeprefix("headers."): value for name, value in factors.items() if name.startswith("headers.")}
    changed |= factors.get("headers") or {}
    sent = dict(handshake.headers)
    values = {sent[name]: reference for name, reference in headers.items() if name in sent}
    for reference in changed.values():
        if isinstance(reference, str) and is_reference(reference):
            values |= _value_of(reference)
    minted = handshake.key is not None or "key" in factors
    key = factors.get("key", parameters.token.secret) if minted and factors.get("token") != "issued" else None
    return Source(key=key, issued=parameters.token.issued if key is None else None, headers=values)


def _value_of(reference: str) -> dict[str, str]:
    from lib.parameters.loading import BadInput, resolve

    try:
        return {resolve(reference, where=""): reference}
    except BadInput:
        return {}
