"""A diagnosis' handshakes written down, to be repeated by hand or by a test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from lib.captures.conversion import is_secret_parameter
from lib.captures.writing import Source, Written, regression_test, written
from lib.facts import Request
from lib.handshake import Handshake
from lib.parameters.model import Parameters
from lib.parameters.secrets import is_reference
from lib.whys.evidence.offline import prepare
from lib.whys.probes import GARBAGE, Probe
from lib.whys.requests import Unsendable, request_for


@dataclass(frozen=True, kw_only=True)
class _Built:
    """A request, the token that it carries, and where its secrets come from."""

    request: Request
    token: str | None
    source: Source


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
            found[name] = written(built.request, built.token, built.source, now=now)
    return found


def as_test(parameters: Parameters, handshake: Handshake, *, now: datetime) -> str:
    """The configured handshake as a regression test, with its control."""
    built = _built(parameters, handshake, {}, now)
    assert built is not None  # what is configured was checked when it was opened
    has_credential = built.token is not None or any(is_reference(value) for value in parameters.headers.values())
    control = _built(parameters, handshake, {"credential": GARBAGE} if has_credential else {"path": "/no-such-route"}, now)
    assert control is not None  # neither needs anything that could be missing
    return regression_test(built.request, control.request, built.token, built.source, now=now)


def _built(parameters: Parameters, handshake: Handshake, factors: Mapping[str, Any], now: datetime) -> _Built | None:
    _, builder, _ = prepare(parameters, handshake, environ=None, has_logs=False, at=now)
    try:
        request, token = request_for(builder, Probe(factors=dict(factors)), now=now)
    except Unsendable:
        return None
    return _Built(request=request, token=token, source=_source(parameters, handshake, factors, builder.resolved))


def _source(parameters: Parameters, handshake: Handshake, factors: Mapping[str, Any], resolved: Mapping[str, str]) -> Source:
    sent = dict(handshake.headers)
    values = {sent[name]: value for name, value in parameters.headers.items() if is_reference(value) and name in sent}
    values |= _of_session(parameters.session.payload if parameters.session else None, (handshake.session or {}).get("payload"))
    values |= _of_query(parameters.target.query, urlsplit(handshake.url).query)
    references = [value for value in factors.values() if isinstance(value, str) and is_reference(value)]
    values |= {resolved[reference]: reference for reference in references if reference in resolved}
    given = factors.get("token", "issued")
    issued = given if is_reference(str(given)) else parameters.token.issued
    minted = (handshake.key is not None or "key" in factors) and "token" not in factors
    key = factors.get("key", parameters.token.secret) if minted else None
    got = handshake.token_from is not None and not minted and "token" not in factors
    return Source(
        key=key,
        issued=issued if key is None and not got else None,
        command=tuple(parameters.token.command or ()) if got else (),
        asked=f"export a token of {handshake.token_from} first" if got else None,
        headers=values,
        hidden=tuple(_pieces(handshake)),
    )


def _of_query(written: Mapping[str, Any], query: str) -> dict[str, str]:
    """The secrets of the query, each with the reference behind which it stands; one in the address becomes a variable."""
    sent = parse_qs(query, keep_blank_values=True)
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    found = {
        value: f"env:QUERY_{re.sub(r'[^A-Za-z0-9]', '_', name)}"
        for name, value in pairs
        if unquote_plus(name) not in written and is_secret_parameter(unquote_plus(name), unquote_plus(value))
    }
    for name, given in written.items():
        references = given if isinstance(given, list) else [given] if given is not None else []
        found |= (
            {
                value: reference
                for reference, value in zip(references, sent[name][-len(references) :], strict=True)
                if is_reference(reference)
            }
            if references
            else {}
        )
    return found


def _of_session(written: Any, resolved: Any) -> dict[str, str]:
    """The values that stand behind references of a session's payload, each with its reference."""
    if isinstance(written, Mapping):
        return {value: name for key, item in written.items() for value, name in _of_session(item, resolved[key]).items()}
    if isinstance(written, list):
        pairs = zip(written, resolved, strict=True)
        return {value: name for item, found in pairs for value, name in _of_session(item, found).items()}
    return {resolved: written} if isinstance(written, str) and is_reference(written) else {}


def _pieces(handshake: Handshake) -> Iterator[str]:
    """What is secret by itself inside a header's secret value: each cookie's content, what follows the scheme."""
    for value in handshake.secret_values:
        yield from (pair.partition("=")[2].strip() for pair in value.split(";") if "=" in pair)
        yield value.rpartition(" ")[2]
