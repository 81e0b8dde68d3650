"""Two handshakes side by side: every difference as a change that can be made alone, credentials apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from lib import tokens
from lib.captures.conversion import is_secret_parameter
from lib.handshake import Handshake
from lib.parameters.loading import Parameters
from lib.parameters.secrets import is_reference
from lib.whys.catalogue.factors import OF_A_TOKEN
from lib.whys.changes import OF_EVERY_CLIENT, claim_by_claim, nonsense
from lib.whys.probes import Change

SAME = frozenset({"exp", "iat", "nbf", "jti"})


class Differences:
    """What a working handshake (`theirs`, of the parameters `other`) has otherwise than `ours`.

    `prefix`: what references to cookies begin with; `cookies` are the values behind them.
    """

    def __init__(self, ours: Handshake, other: Parameters, theirs: Handshake, *, prefix: str):
        self.ours, self.other, self.theirs, self.prefix = ours, other, theirs, prefix
        self.cookies: dict[str, str] = {}

    def of_credentials(self) -> list[Change]:
        """What may not be sent to another host than its own: token, where it is carried, cookies, headers that are secret."""
        found, secret = list(self._token()), self._secret_headers()
        headers = [change for change in self._headers() if _header_of(change) in secret]
        return [*found, *self._cookies(), *headers, *(change for change in self._query() if self._is_ours(change))]

    def of_the_rest(self) -> list[Change]:
        """Everything else but where the handshake goes."""
        secret = self._secret_headers()
        plain = [change for change in self._headers() if _header_of(change) not in secret]
        return [
            *self._origin(),
            *self._subprotocols(),
            *plain,
            *(change for change in self._query() if not self._is_ours(change)),
            *self._path(),
        ]

    def of_the_address(self) -> list[Change]:
        """Host, port and scheme, each by itself; a port is another only where it is not its scheme's own on both sides."""
        ours, theirs = urlsplit(self.ours.url), urlsplit(self.theirs.url)
        found = []
        if (ours.hostname or "") != (theirs.hostname or ""):
            name = f"[{theirs.hostname}]" if ":" in (theirs.hostname or "") else str(theirs.hostname)
            found.append(Change(factor="host", factors={"host": name}))
        if _port(ours) != _port(theirs):
            found.append(Change(factor="host", factors={"port": _port(theirs)}))
        if ours.scheme != theirs.scheme:
            found.append(Change(factor="host", factors={"url_scheme": theirs.scheme}))
        return found

    def _token(self) -> Iterator[Change]:
        ours, theirs, reference = self.ours, self.theirs, self.other.token.issued
        written = ("carrier", "carrier_name", "carrier_encoding")
        same = ours.carrier_encoding == theirs.carrier_encoding
        carriage = {name: getattr(theirs, name) for name in (written[:2] if same else written)}
        own = {name: getattr(ours, name) for name in carriage}
        has_token = ours.token is not None or ours.key is not None
        if theirs.token is None:
            if has_token:
                yield Change(factor="credential", factors={"credential": "none"}, alters=OF_A_TOKEN)
        elif not has_token:
            yield Change(factor="credential", factors={"token": reference, **carriage}, alters=OF_A_TOKEN)
        else:
            if theirs.token != ours.token:
                alters = ("issued", *OF_A_TOKEN)
                yield Change(factor="credential", factors={"token": reference}, alters=alters, finer=self._claims())
            if carriage != own:
                yield Change(factor="carrier", factors=carriage)

    def _claims(self) -> tuple[Change, ...]:
        """Where ours is minted: each thing that their token says otherwise, so that ours can be made like it step by step."""
        if self.ours.key is None or self.theirs.token is None:
            return ()
        decoded = tokens.decode(self.theirs.token)
        found = list(claim_by_claim(self.ours, decoded.claims, decoded.header.get("alg")))
        named = {name for change in found for name in change.factors}
        left = [
            name for name in self.ours.claims if name not in {*decoded.claims, *SAME, "sub"} and f"claims.{name}" not in named
        ]
        found += [Change(factor="claim", factors={f"claims.{name}": None}, alters=("claim", "permission")) for name in left]
        lasts = [decoded.claims.get(name) for name in ("exp", "iat")]
        if all(isinstance(moment, int) and not isinstance(moment, bool) for moment in lasts):
            lifetime_s = lasts[0] - lasts[1]  # type: ignore[operator]  # both are whole numbers
            if 0 < lifetime_s != self.ours.lifetime_s:
                found.append(Change(factor="lifetime", factors={"lifetime_s": lifetime_s}))
        return tuple(replace(change, harmless=False) for change in found)

    def _origin(self) -> Iterator[Change]:
        origin = self.theirs.origin
        if self.ours.origin != origin:
            scheme, _, name = (origin or "").partition("://")
            yield Change(
                factor="origin",
                factors={"origin": origin},
                placebo={"origin": f"{scheme}://{nonsense(name)}"} if origin else None,
            )

    def _subprotocols(self) -> Iterator[Change]:
        """Each one by itself: offered at its place (from 1), moved there, or left out; an offer with one twice is one change."""
        ours, theirs = self.ours.subprotocols, self.theirs.subprotocols
        if len({*ours}) < len(ours) or len({*theirs}) < len(theirs):
            if ours != theirs:
                yield Change(factor="subprotocols", factors={"subprotocols": list(theirs)})
            return
        kept = _longest_common([name for name in ours if name in theirs], theirs)
        for place, name in enumerate(theirs, start=1):
            if name not in kept:
                placebo = {f"subprotocols.{nonsense(name)}": place} if name not in ours else None
                yield Change(factor="subprotocols", factors={f"subprotocols.{name}": place}, placebo=placebo)
        for name in (name for name in ours if name not in theirs):
            yield Change(factor="subprotocols", factors={f"subprotocols.{name}": None})

    def _headers(self) -> Iterator[Change]:
        given = {name.lower(): (name, value) for name, value in self.ours.headers if name.lower() != "cookie"}
        wanted = {name.lower(): (name, value) for name, value in self.theirs.headers if name.lower() != "cookie"}
        references = {name.lower(): value for name, value in self.other.headers.items() if is_reference(value)}
        for lower in sorted({*given, *wanted}):
            name, value = wanted.get(lower, (given.get(lower, ("", ""))[0], None))
            if lower in given and given[lower][1] == value:
                continue
            factor = "host_header" if lower == "host" else "client_header" if _of_a_client(lower) else "headers"
            alters = ("headers", *OF_A_TOKEN) if lower == "authorization" else ()
            yield Change(factor=factor, factors={f"headers.{name}": references.get(lower, value)}, alters=alters)

    def _secret_headers(self) -> frozenset[str]:
        """Headers that hold a credential on either side, by their names in lower case."""
        theirs = {name.lower() for name, value in self.other.headers.items() if is_reference(value)}
        ours = {name.lower() for name, value in self.ours.headers if value in self.ours.secret_values}
        return frozenset(theirs | ours)

    def _cookies(self) -> Iterator[Change]:
        given, wanted = (_cookies_of(one) for one in (self.ours, self.theirs))
        for name in sorted({*given, *wanted}):
            if given.get(name) == wanted.get(name):
                continue
            value: str | None = None
            if name in wanted:
                value = f"env:{self.prefix}_COOKIE_{re.sub(r'[^A-Za-z0-9]', '_', name)}"
                while self.cookies.get(value, wanted[name]) != wanted[name]:
                    value = f"{value}_"
                self.cookies[value] = wanted[name]
            yield Change(factor="headers", factors={f"cookies.{name}": value}, alters=("headers", *OF_A_TOKEN))

    def _query(self) -> Iterator[Change]:
        given, wanted = (_parameters(one) for one in (self.ours, self.theirs))
        for name in sorted({*given, *wanted}):
            if given.get(name) == wanted.get(name):
                continue
            values = wanted.get(name)
            value: Any = self._referred().get(name, values[0] if values and len(values) == 1 else values)
            placebo = {f"query.{nonsense(name)}": value} if name not in given else None
            yield Change(factor="query", factors={f"query.{name}": value}, placebo=placebo)

    def _is_ours(self, change: Change) -> bool:
        """Whether our address holds a credential in this parameter."""
        name = next(iter(change.factors)).removeprefix("query.")
        return name in self._referred() or any(is_secret_parameter(name, one) for one in _parameters(self.ours).get(name, ()))

    def _referred(self) -> dict[str, Any]:
        """Parameters of their query that stand behind references."""
        return {name: value for name, value in self.other.target.query.items() if "env:" in str(value)}

    def _path(self) -> Iterator[Change]:
        ours, theirs = urlsplit(self.ours.url), urlsplit(self.theirs.url)
        if (ours.path or "/") != (theirs.path or "/"):
            yield Change(factor="path", factors={"path": theirs.path or "/"})


def _header_of(change: Change) -> str:
    return next(iter(change.factors)).removeprefix("headers.").lower()


def _of_a_client(name: str) -> bool:
    return name in OF_EVERY_CLIENT or name.startswith("sec-") or name in {"cache-control", "pragma", "priority", "dnt", "te"}


def _cookies_of(handshake: Handshake) -> dict[str, str]:
    text = next((value for name, value in handshake.headers if name.lower() == "cookie"), "")
    return dict(pair.strip().partition("=")[::2] for pair in text.split(";") if "=" in pair)


def _parameters(handshake: Handshake) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(urlsplit(handshake.url).query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _port(url: SplitResult) -> int | None:
    """The port where it is not the one of its scheme."""
    return None if url.port == {"ws": 80, "wss": 443}.get(url.scheme) else url.port


def _longest_common(ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """The most names that stand in one order in both; the others have been moved."""
    best: Mapping[str, list[str]] = {}
    for name in ours:
        before = [chain for last, chain in best.items() if theirs.index(last) < theirs.index(name)]
        best = {**best, name: [*max(before, key=len, default=[]), name]}
    return max(best.values(), key=len, default=[])
