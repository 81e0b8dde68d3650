"""Traefik: routers, their middlewares and services, from files, from labels, and from its resources in Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.readers.traefik_rules import Unknown, Way, ways
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Place, Policy, Route, Upstream
from lib.configuration.values import authority, number

_SECURE = frozenset({"websecure", "web-secure", "https"})
_PASSING = frozenset({"compress", "retry", "errors", "circuitBreaker", "contentType", "buffering"})
_OF_PATHS = frozenset({"addPrefix", "stripPrefixRegex", "replacePath", "replacePathRegex"})
MAX_CHAIN = 5
MOST_FIRST = 2**63


def is_resource(document: Map) -> bool:
    """Whether this is one of Traefik's resources in Kubernetes that are read here."""
    return document.get("kind") in ("IngressRoute", "Middleware") and str(document.get("apiVersion", "")).startswith("traefik.")


def is_known(document: Map) -> bool:
    """Whether this is a dynamic configuration."""
    return isinstance(at(document, "http", "routers"), Map) or isinstance(at(document, "http", "middlewares"), Map)


@dataclass(frozen=True)
class _Part:
    # A router, a middleware or a service, by name.
    name: str
    said: Map
    file: str

    def place(self, kind: str, key: str | None = None) -> Place:
        return self.said.place(self.file, key, path=f"http.{kind}.{self.name}")


Parts = Mapping[str, _Part]


def read(documents: Iterable[tuple[Map, str]], count: Count) -> Configuration:
    """What dynamic configurations say together, each with its file: one may name what stands in another."""
    given = list(documents)
    middlewares, services = ({one.name: one for one in _parts(given, kind)} for kind in ("middlewares", "services"))
    routes = [route for one in _parts(given, "routers") for route in _router(one, middlewares, services, count)]
    return Configuration(routes=tuple(routes), upstreams=tuple(map(_upstream, services.values())))


def _parts(given: Iterable[tuple[Map, str]], kind: str) -> Iterator[_Part]:
    for document, file in given:
        yield from (_Part(name, one, file) for name, one in mapping(document, "http", kind).items() if isinstance(one, Map))


def of_resource(resource: Map) -> Map:
    """A dynamic configuration from one of Traefik's resources in Kubernetes."""
    name, spec = str(at(resource, "metadata", "name")), mapping(resource, "spec")
    if resource.get("kind") == "Middleware":
        return Map({"http": Map({"middlewares": Map({name: spec})})})
    routers, services = Map(), Map()
    for nth, route in enumerate(maps(spec, "routes")):
        behind = maps(route, "services")
        for one in behind:
            server = Map({"url": f"{one.get('scheme') or 'http'}://{one.get('name')}:{one.get('port')}"}, line=one.line)
            balancer = Map({"servers": [server], "passHostHeader": one.get("passHostHeader")}, one.lines, one.line)
            services[str(one.get("name"))] = Map({"loadBalancer": balancer}, {"loadBalancer": one.line}, one.line)
        routers[f"{name}-{nth}"] = Map(
            {
                "rule": str(route.get("match", "")),
                "service": str(behind[0].get("name")) if behind else "",
                "middlewares": [str(one.get("name")) for one in maps(route, "middlewares")],
                "entryPoints": texts(spec, "entryPoints"),
                "priority": route.get("priority"),
                **({"tls": spec["tls"]} if "tls" in spec else {}),
            },
            {"rule": route.lines.get("match")},
            route.line,
        )
    return Map({"http": Map({"routers": routers, "services": services})})


def _upstream(part: _Part) -> Upstream:
    service = part.said
    addresses = [found for one in maps(service, "loadBalancer", "servers") if (found := authority(str(one.get("url", ""))))]
    return Upstream(name=part.name, addresses=tuple(addresses), place=part.place("services"))


@dataclass
class _Done:
    # What the middlewares of a router make of a request.
    headers: list[Header] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    strips: list[tuple[str, Place]] = field(default_factory=list)
    is_path_told: bool = True
    to_https: bool = False


def _router(router: _Part, middlewares: Parts, services: Parts, count: Count) -> Iterator[Route]:
    place, done = router.place("routers", "rule"), _Done()
    for used in texts(router.said, "middlewares"):
        _through(used.partition("@")[0], middlewares, router, done, count, MAX_CHAIN)
    target = str(router.said.get("service", "")).partition("@")[0]
    service = services.get(target)
    balancer = mapping(service.said, "loadBalancer") if service else Map()
    if service and str(balancer.get("passHostHeader")).lower() == "false":
        # What the server is called there is known to Traefik alone.
        host_at = balancer.place(service.file, "passHostHeader")
        done.headers.append(Header(name="host", action="set", place=host_at))
    urls = [str(one.get("url", "")) for one in maps(balancer, "servers")]
    is_tls = "tls" in router.said or any(name in _SECURE for name in texts(router.said, "entryPoints"))
    priority, is_ranked = _priority(router.said)
    for way in _ways(router, place, count):
        yield Route(
            listener=Listener(place=place, hosts=way.hosts, is_default=not way.hosts, is_tls=is_tls, selection="priority"),
            path=way.path,
            match=way.match,
            but_not=way.but_not,
            place=place,
            priority=priority,
            is_conditional=way.is_conditional or not is_ranked,
            upstream=target or None,
            takes_off=tuple(prefix for prefix, _ in done.strips),
            replaced_at=done.strips[0][1] if done.strips else None,
            is_path_told=done.is_path_told,
            http="2" if any(url.startswith("h2c://") for url in urls) else None,
            http_at=service.place("services", "loadBalancer") if service else None,
            headers=tuple(done.headers),
            limits=tuple(done.limits),
            policies=tuple(done.policies),
            answers=301 if done.to_https else None,
            location="https://" if done.to_https else None,
        )


def _ways(router: _Part, place: Place, count: Count) -> list[Way]:
    """The ways in which a handshake fits a router; of a rule that is not understood, any may."""
    try:
        found = ways(str(router.said.get("rule", "")))
    except Unknown:
        found = [Way(is_conditional=True)]
    if any(way.is_conditional for way in found):
        count("traefik: a rule on more than host and path", place)
    return found


def _priority(said: Map) -> tuple[int, bool]:
    """A router's priority, the length of its rule where none is set, and whether it can be told."""
    given = said.get("priority")
    if given in (None, "", 0, "0"):
        return len(str(said.get("rule", ""))), True
    found = re.fullmatch(r"-?\d{1,19}", str(given))
    return (int(found[0]), True) if found else (MOST_FIRST, False)


def _through(name: str, middlewares: Parts, router: _Part, done: _Done, count: Count, left: int) -> None:
    found = middlewares.get(name)
    if found is None or left <= 0:
        count("traefik: a middleware that is not there", router.place("routers", "middlewares"))
        return
    for kind, settings in found.said.items():
        place = found.place("middlewares", kind)
        given = settings if isinstance(settings, Map) else Map()
        if kind == "chain":
            for used in texts(given, "middlewares") or [str(one.get("name")) for one in maps(given, "middlewares")]:
                _through(used.partition("@")[0], middlewares, router, done, count, left - 1)
        elif kind == "headers":
            done.headers += _headers(given, found.file, place)
        elif kind == "stripPrefix":
            done.strips += [(prefix, place) for prefix in texts(given, "prefixes")]
        elif kind == "redirectScheme":
            done.to_https = given.get("scheme") == "https"
        elif kind in ("rateLimit", "inFlightReq"):
            value = given.get("average" if kind == "rateLimit" else "amount")
            bound: Literal["rate", "connections"] = "rate" if kind == "rateLimit" else "connections"
            done.limits.append(Limit(name=kind, kind=bound, value=number(value) or 0.0, place=place))
        elif kind in _OF_PATHS:
            done.is_path_told = False
            count(f"traefik: the middleware {kind}", place)
        else:
            done.policies += _policies(kind, given, place, count)


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
    document, given = Map(), list(labels)
    if any(name.lower() == "traefik.enable" and str(value).lower() not in ("true", "1", "t") for name, value, _ in given):
        return document  # it is told to leave this container alone
    for name, value, place in given:
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
        *_OF_PATHS,
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
