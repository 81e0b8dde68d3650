"""A handshake that works, captured elsewhere, beside the configured one: every difference as a change that can be made alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lib import tokens
from lib.captures.conversion import converted
from lib.captures.reading import MAX_CHARACTERS, read
from lib.handshake import Handshake, configured
from lib.parameters import loading as params
from lib.parameters.loading import Parameters
from lib.parameters.secrets import is_reference
from lib.whys.changes import OF_A_TOKEN, OF_EVERY_CLIENT
from lib.whys.probes import Change

PREFIX = "WORKING"
"""What the references of a working handshake begin with; they are resolved in memory alone."""

_LIKELY = ("credential", "carrier", "origin", "subprotocols", "headers", "query", "path", "host_header", "host", "client_header")


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """The differences, most likely first; the values behind their references; and what was not taken over, in sentences."""

    differences: tuple[Change, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    told: tuple[str, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)


def compared(parameters: Parameters, handshake: Handshake) -> Working:
    """What `target.working` differs in; nothing without one. Raises `params.BadInput` where it cannot be read."""
    if parameters.target.working is None:
        return Working()
    found = converted(read(_text(parameters.target.working)), prefix=PREFIX, with_browser=True)
    document = {**found.document, "environment": parameters.environment}
    document["target"] = {**found.document["target"], "allow_hosts": [urlsplit(found.document["target"]["ws_url"]).netloc]}
    other = params.completed(document, "target.working")
    values = {name: found.secrets.get(name) or params.resolve(f"env:{name}", where="target.working") for name in _names(other)}
    sent = configured(other, environ=values)
    comparison = _Comparison(parameters, handshake, other, sent)
    changes = sorted(comparison.changes(), key=lambda change: _LIKELY.index(change.factor))
    claims = tokens.decode(sent.token).claims if sent.token else {}
    secrets = {f"env:{name}": value for name, value in values.items()} | comparison.cookies
    return Working(differences=tuple(changes), secrets=secrets, told=tuple(comparison.told), claims=claims)


def _text(reference: str) -> str:
    path = params.expanded(reference.removeprefix("file:"), where="target.working")
    try:
        return params.read_regular(params.ROOT / path, at_most=4 * MAX_CHARACTERS).decode("utf-8", "replace")
    except OSError as error:
        raise params.BadInput(
            "target.working", f"{path} cannot be read ({type(error).__name__})", "a file with a captured handshake"
        ) from None


def _names(parameters: Parameters) -> set[str]:
    return {reference.removeprefix("env:") for reference in parameters.references()}


class _Comparison:
    def __init__(self, parameters: Parameters, ours: Handshake, other: Parameters, theirs: Handshake):
        self.parameters, self.ours, self.other, self.theirs = parameters, ours, other, theirs
        self.cookies: dict[str, str] = {}
        self.told: list[str] = []

    def changes(self) -> Iterator[Change]:
        ours, theirs = self.ours, self.theirs
        yield from self._token()
        if ours.origin != theirs.origin:
            yield Change(factor="origin", factors={"origin": theirs.origin})
        if ours.subprotocols != theirs.subprotocols:
            yield Change(factor="subprotocols", factors={"subprotocols": list(theirs.subprotocols)})
        yield from self._headers()
        yield from self._address()

    def _token(self) -> Iterator[Change]:
        ours, theirs, reference = self.ours, self.theirs, self.other.token.issued
        carriage = {"carrier": theirs.carrier, "carrier_name": theirs.carrier_name, "carrier_encoding": theirs.carrier_encoding}
        own = {"carrier": ours.carrier, "carrier_name": ours.carrier_name, "carrier_encoding": ours.carrier_encoding}
        has_token = ours.token is not None or ours.key is not None
        if theirs.token is None:
            if has_token:
                yield Change(factor="credential", factors={"credential": "none"}, alters=OF_A_TOKEN)
        elif not has_token:
            yield Change(factor="credential", factors={"token": reference, **carriage}, alters=OF_A_TOKEN)
        else:
            if theirs.token != ours.token:
                yield Change(factor="credential", factors={"token": reference}, alters=("issued", *OF_A_TOKEN))
            if carriage != own:
                yield Change(factor="carrier", factors=carriage)

    def _headers(self) -> Iterator[Change]:
        given = {name.lower(): (name, value) for name, value in self.ours.headers}
        wanted = {name.lower(): (name, value) for name, value in self.theirs.headers}
        references = {name.lower(): value for name, value in self.other.headers.items() if is_reference(value)}
        yield from self._cookies(given.pop("cookie", ("", ""))[1], wanted.pop("cookie", ("", ""))[1])
        for lower in sorted({*given, *wanted}):
            name, value = wanted.get(lower, (given.get(lower, ("", ""))[0], None))
            if lower in given and given[lower][1] == value:
                continue
            factor = "host_header" if lower == "host" else "client_header" if _of_a_client(lower) else "headers"
            alters = ("headers", *OF_A_TOKEN) if lower == "authorization" else ()
            yield Change(factor=factor, factors={f"headers.{name}": references.get(lower, value)}, alters=alters)

    def _cookies(self, ours: str, theirs: str) -> Iterator[Change]:
        given, wanted = _pairs(ours), _pairs(theirs)
        for name in sorted({*given, *wanted}):
            if given.get(name) == wanted.get(name):
                continue
            value: str | None = None
            if name in wanted:
                value = f"env:{PREFIX}_COOKIE_{re.sub(r'[^A-Za-z0-9]', '_', name)}"
                self.cookies[value] = wanted[name]
            yield Change(factor="headers", factors={f"cookies.{name}": value}, alters=("headers", *OF_A_TOKEN))

    def _address(self) -> Iterator[Change]:
        ours, theirs = urlsplit(self.ours.url), urlsplit(self.theirs.url)
        if (ours.path or "/") != (theirs.path or "/"):
            yield Change(factor="path", factors={"path": theirs.path or "/"})
        given, wanted = (dict(parse_qsl(one.query, keep_blank_values=True)) for one in (ours, theirs))
        for name in sorted({*given, *wanted}):
            if given.get(name) != wanted.get(name):
                yield Change(factor="query", factors={f"query.{name}": wanted.get(name)})
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            yield from self._host(theirs.scheme, theirs.netloc)

    def _host(self, scheme: str, netloc: str) -> Iterator[Change]:
        permitted = self.parameters.permitted_hosts()
        host = (urlsplit(f"//{netloc}").hostname or "").lower()
        if host not in permitted:
            self.told.append(f"the working handshake goes to {host}, which is not tried: target.allow_hosts must name both")
        else:
            yield Change(factor="host", factors={"host": f"{scheme}://{netloc}"})


def _of_a_client(name: str) -> bool:
    return name in OF_EVERY_CLIENT or name.startswith("sec-") or name in {"cache-control", "pragma", "priority", "dnt", "te"}


def _pairs(cookies: str) -> dict[str, str]:
    return dict(pair.strip().partition("=")[::2] for pair in cookies.split(";") if "=" in pair)
