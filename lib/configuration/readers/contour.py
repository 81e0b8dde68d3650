"""Contour: the routes of an HTTPProxy, which pass no upgrade on unless they say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from lib.configuration.located import Map, mapping, maps, texts
from lib.configuration.readers.resources import Resource
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Policy, Route
from lib.configuration.values import seconds


def is_known(document: Map) -> bool:
    """Whether this is an HTTPProxy."""
    return document.get("kind") == "HTTPProxy" and str(document.get("apiVersion", "")).startswith("projectcontour.io/")


def read(resources: Iterable[Resource], count: Count) -> Configuration:
    """What these HTTPProxies say; one without a host of its own is part of another, and which is not followed."""
    return Configuration(routes=tuple(route for one in resources for route in _proxy(one, count)))


def _proxy(one: Resource, count: Count) -> Iterator[Route]:
    spec, host = mapping(one.document, "spec"), mapping(one.document, "spec", "virtualhost")
    name, tls = str(host.get("fqdn") or "").lower(), mapping(host, "tls")
    if not name or spec.get("includes"):
        count("contour: an HTTPProxy that is included, or includes", one.place(one.document, "spec"))
    if not name:
        return
    listener = Listener(
        place=one.place(host, "fqdn", "spec.virtualhost.fqdn"), hosts=(name,), is_tls=bool(tls), selection="first"
    )
    policies = []
    if tls.get("clientValidation"):
        place = one.place(tls, "clientValidation", "spec.virtualhost.tls.clientValidation")
        policies.append(Policy(kind="client-certificate", words="clientValidation wants a client certificate", place=place))
    for key, words in (
        ("authorization", "authorization asks for permission first"),
        ("jwtProviders", "jwtProviders check tokens"),
    ):
        if host.get(key):
            policies.append(Policy(kind="permission", words=words, place=one.place(host, key, f"spec.virtualhost.{key}")))
    made = [_route(one, route, listener, policies) for route in maps(spec, "routes")]
    yield from sorted(made, key=lambda route: (route.match != "exact", -len(route.path)))


def _route(one: Resource, route: Map, listener: Listener, policies: list[Policy]) -> Route:
    path, kind = _path(route)
    service = next(iter(maps(route, "services")), Map())
    rewrite, idle = next(iter(maps(route, "pathRewritePolicy", "replacePrefix")), Map()), mapping(route, "timeoutPolicy")
    passes, limit_s = route.get("enableWebsockets") is True, seconds(idle.get("idle"))
    idle_at = one.place(idle, "idle", "spec.routes.timeoutPolicy.idle")
    return Route(
        listener=listener,
        path=path,
        match=kind,
        place=one.place(route, "conditions", "spec.routes"),
        upstream=str(service.get("name") or "") or None,
        replaces=str(rewrite["replacement"]) if "replacement" in rewrite else None,
        replaced_at=one.place(rewrite, "replacement", "spec.routes.pathRewritePolicy"),
        http="2" if service.get("protocol") in ("h2", "h2c") else None,
        http_at=one.place(service, "protocol", "spec.routes.services.protocol"),
        upgrade=passes,
        upgrade_at=one.place(route, "enableWebsockets" if "enableWebsockets" in route else "services", "spec.routes"),
        upgrade_words="" if passes else "enableWebsockets is not set on this route",
        headers=tuple(_headers(one, route)),
        limits=(Limit(name="timeoutPolicy.idle", kind="idle_s", value=limit_s, place=idle_at),) if limit_s else (),
        policies=tuple(policies),
    )


def _path(route: Map) -> tuple[str, Literal["exact", "segment", "regex"]]:
    for one in maps(route, "conditions"):
        if "exact" in one:
            return str(one["exact"]), "exact"
        if "regex" in one:
            return f"^(?:{one['regex']})$", "regex"
        if "prefix" in one:
            return str(one["prefix"]), "segment"
    return "/", "segment"


def _headers(one: Resource, route: Map) -> Iterator[Header]:
    sides: dict[str, Literal["request", "response"]] = {"requestHeadersPolicy": "request", "responseHeadersPolicy": "response"}
    for key, of in sides.items():
        changes = mapping(route, key)
        for name in texts(changes, "remove"):
            yield Header(name=name.lower(), action="removed", of=of, place=one.place(changes, "remove", f"spec.routes.{key}"))
        for item in maps(changes, "set"):
            yield Header.given(str(item.get("name")), str(item.get("value")), one.place(item, "name", f"spec.routes.{key}"), of)
