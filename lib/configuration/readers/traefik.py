"""Traefik: routers, their middlewares and services, from files, from labels, and from its resources in Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Place, Policy, Route, Upstream
from lib.configuration.values import authority, number

_HOST = re.compile(r"\bHost(?:Header)?\(([^)]*)\)")
_PATH = re.compile(r"\b(PathPrefix|PathRegexp|Path)\(([^)]*)\)")
_QUOTED = re.compile(r"[`\"']([^`\"']*)[`\"']")
_PASSING = frozenset(
    {"compress", "retry", "errors", "circuitBreaker", "contentType", "addPrefix", "stripPrefixRegex", "plugin", "buffering"}
)
MAX_CHAIN = 5


def is_known(document: Map) -> bool:
    """Whether this is a dynamic configuration."""
    return isinstance(at(document, "http", "routers"), Map) or isinstance(at(document, "http", "middlewares"), Map)


def read(document: Map, file: str, count: Count) -> Configuration:
    """What the dynamic configuration of one file says."""
    http = mapping(document, "http")
    middlewares = {name: one for name, one in mapping(http, "middlewares").items() if isinstance(one, Map)}
    services = {name: one for name, one in mapping(http, "services").items() if isinstance(one, Map)}
    routers = [(name, one) for name, one in mapping(http, "routers").items() if isinstance(one, Map)]
    routes = [route for name, one in routers for route in _router(name, one, file, middlewares, services, count)]
    return Configuration(routes=tuple(routes), upstreams=tuple(_upstream(name, one, file) for name, one in services.items()))


def _upstream(name: str, service: Map, file: str) -> Upstream:
    addresses = [found for one in maps(service, "loadBalancer", "servers") if (found := authority(str(one.get("url", ""))))]
    return Upstream(name=name, addresses=tuple(addresses), place=service.place(file, path=f"http.services.{name}"))


@dataclass
class _Way:
    # What the middlewares of a router make of a request.
    headers: list[Header] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    strips: list[tuple[str, Place]] = field(default_factory=list)
    to_https: bool = False


def _router(
    name: str, router: Map, file: str, middlewares: Mapping[str, Map], services: Mapping[str, Map], count: Count
) -> Iterator[Route]:
    way = _Way()
    for used in texts(router, "middlewares"):
        _through(used.partition("@")[0], middlewares, file, way, count, MAX_CHAIN)
    rule = str(router.get("rule", ""))
    target = str(router.get("service", "")).partition("@")[0]
    service = services.get(target, Map())
    urls = [str(one.get("url", "")) for one in maps(service, "loadBalancer", "servers")]
    if at(service, "loadBalancer", "passHostHeader") is False:
        place = mapping(service, "loadBalancer").place(file, "passHostHeader")
        way.headers.append(Header(name="host", action="set", value="the server's own name", place=place))
    hosts = tuple(host.lower() for found in _HOST.findall(rule) for host in _QUOTED.findall(found))
    place = router.place(file, "rule", path=f"http.routers.{name}")
    listener = Listener(place=place, hosts=hosts, is_default=not hosts, is_tls="tls" in router)
    for match, path in list(_paths(rule)) or [("prefix", "/")]:
        strip = next(((prefix, where) for prefix, where in way.strips if path.startswith(prefix.rstrip("/"))), None)
        kept = path[len(strip[0].rstrip("/")) :] or "/" if strip else None
        yield Route(
            listener=listener,
            path=path,
            match=match,
            place=place,
            upstream=target or None,
            replaces=kept,
            replaced_at=strip[1] if strip else None,
            http="2" if any(url.startswith("h2c://") for url in urls) else None,
            http_at=service.place(file, "loadBalancer") if service else None,
            headers=tuple(way.headers),
            limits=tuple(way.limits),
            policies=tuple(way.policies),
            answers=301 if way.to_https else None,
            location="https://" if way.to_https else None,
        )


def _paths(rule: str) -> Iterator[tuple[Literal["exact", "prefix", "regex"], str]]:
    kinds: dict[str, Literal["exact", "prefix", "regex"]] = {"PathPrefix": "prefix", "Path": "exact", "PathRegexp": "regex"}
    for kind, found in _PATH.findall(rule):
        for path in _QUOTED.findall(found):
            yield kinds[kind], path


def _through(name: str, middlewares: Mapping[str, Map], file: str, way: _Way, count: Count, left: int) -> None:
    found = middlewares.get(name)
    if found is None or left <= 0:
        count("traefik: a middleware that is not there", Place(file, None, f"http.middlewares.{name[:60]}"))
        return
    for kind, settings in found.items():
        place = found.place(file, kind, path=f"http.middlewares.{name}")
        given = settings if isinstance(settings, Map) else Map()
        if kind == "chain":
            for used in texts(given, "middlewares"):
                _through(used.partition("@")[0], middlewares, file, way, count, left - 1)
        elif kind == "headers":
            way.headers += _headers(given, file, place)
        elif kind == "stripPrefix":
            way.strips += [(prefix, place) for prefix in texts(given, "prefixes")]
        elif kind == "redirectScheme":
            way.to_https = given.get("scheme") == "https"
        elif kind in ("rateLimit", "inFlightReq"):
            value = given.get("average" if kind == "rateLimit" else "amount")
            bound: Literal["rate", "connections"] = "rate" if kind == "rateLimit" else "connections"
            way.limits.append(Limit(name=kind, kind=bound, value=number(value) or 0.0, place=place))
        else:
            way.policies += _policies(kind, given, place, count)


def _policies(kind: str, given: Map, place: Place, count: Count) -> Iterator[Policy]:
    if kind in ("ipWhiteList", "ipAllowList"):
        yield Policy(kind="address", words=f"{kind}: only listed addresses are let in", place=place)
    elif kind == "forwardAuth":
        proxy = re.search(r"oauth2|authelia|authentik|keycloak|vouch", str(given.get("address", "")))
        yield Policy(kind="identity-proxy" if proxy else "permission", words="forwardAuth asks for permission first", place=place)
    elif kind in ("basicAuth", "digestAuth"):
        yield Policy(kind="basic", words=f"{kind} wants a user and a password of its own", place=place)
    elif kind not in _PASSING:
        count(f"traefik: the middleware {kind[:60]}" if re.fullmatch(r"\w+", kind) else "traefik: a middleware", place)


def _headers(given: Map, file: str, place: Place) -> Iterator[Header]:
    for key, of in (("customRequestHeaders", "request"), ("customResponseHeaders", "response")):
        where: Literal["request", "response"] = "request" if of == "request" else "response"
        block = mapping(given, key)
        for name, value in block.items():
            yield Header.given(name, str(value or ""), block.place(file, name, path=place.path), where)


def of_labels(labels: Iterable[tuple[str, Any, Place]], service: str) -> Map:
    """A dynamic configuration from a container's labels: `traefik.http.routers.ws.rule=…` and the like."""
    document = Map()
    for name, value, place in labels:
        parts = name.split(".")
        if len(parts) < 4 or parts[:2] != ["traefik", "http"] or len(parts) > 12:
            continue
        here = document
        for part in parts[1:-1]:
            if not isinstance(here.get(part), Map):
                here[part] = Map(line=place.line)
            here = here[part]
        last = parts[-1]
        here[last] = str(value).split(",") if last in ("middlewares", "prefixes", "sourcerange", "sourceRange") else value
        here.lines[last] = place.line
    for router in mapping(document, "http", "routers").values():
        if isinstance(router, Map):
            router.setdefault("service", service)
    return _cased(document)


_CASED = {
    name.lower(): name
    for name in (
        *_PASSING,
        "stripPrefix",
        "customRequestHeaders",
        "customResponseHeaders",
        "ipWhiteList",
        "ipAllowList",
        "forwardAuth",
        "basicAuth",
        "digestAuth",
        "rateLimit",
        "inFlightReq",
        "redirectScheme",
        "loadBalancer",
        "passHostHeader",
    )
}


def _cased(value: Map) -> Map:
    """Names as files write them: labels are not case-sensitive."""
    cased = {key: _CASED.get(key.lower(), key) for key in value}
    items = {cased[key]: _cased(item) if isinstance(item, Map) else item for key, item in value.items()}
    return Map(items, {cased[key]: value.lines.get(key) for key in value}, value.line)
