"""Kubernetes: what Ingress and HTTPRoute make of a handshake, with what Services and GKE's policies add to their backends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.readers.gateway_annotations import gateway_annotations, of_controller
from lib.configuration.readers.handshakes import all_of, holds
from lib.configuration.readers.ingress_annotations import Annotated, annotated
from lib.configuration.readers.resources import Resource
from lib.configuration.readers.workloads import WORKLOADS, by_label, service_of, upstream_of
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Place, Policy, Route
from lib.configuration.values import number, seconds

ROUTES = frozenset({"Ingress", "HTTPRoute"})
KINDS = frozenset({*ROUTES, *WORKLOADS, "Gateway", "Service", "BackendConfig", "GCPBackendPolicy"})
_INTERNAL = ("gce-internal", "rilb", "gke-l7-rilb", "gke-l7-cross-regional-internal-managed-mc")


@dataclass
class _Backend:
    # What is said of a Service as the target of routes.
    http: Literal["1.1", "2"] | None = None
    http_at: Place | None = None
    limits: list[Limit] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)


@dataclass(frozen=True)
class _Rewrite:
    # What a filter makes of a path: of its matched prefix, or of the whole.
    replaces: str | None = None
    becomes: str | None = None
    is_told: bool = True
    place: Place | None = None


def is_known(document: Map) -> bool:
    """Whether this is a resource that is read here."""
    return str(document.get("kind")) in KINDS and "apiVersion" in document and ".istio.io/" not in str(document["apiVersion"])


def read(resources: Iterable[Resource], count: Count) -> Configuration:
    """What these resources say together."""
    given = list(resources)
    backends: dict[str, _Backend] = {}
    users = _users_of_configs(given)
    for one in given:
        _backend(one, users, backends)
    ingresses = [route for one in given if one.kind == "Ingress" for route in _ingress(one, backends, count)]
    gateways = {one.name: one for one in given if one.kind == "Gateway"}
    attached = [route for one in given if one.kind == "HTTPRoute" for route in _http_route(one, gateways, backends, count)]
    workloads = [one for one in given if one.kind in WORKLOADS]
    labelled = by_label([one.document for one in workloads])
    return Configuration(
        routes=(*ingresses, *attached),
        upstreams=tuple(upstream_of(one.document, one.file, labelled) for one in given if one.kind == "Service"),
        services=tuple(service_of(one.document, one.file) for one in workloads),
    )


def _backend(one: Resource, users: dict[str, list[str]], backends: dict[str, _Backend]) -> None:
    """Adds what this resource says to the backends that it is about."""
    if one.kind == "Service":
        about = backends.setdefault(one.name, _Backend())
        for port in maps(one.document, "spec", "ports"):
            if port.get("appProtocol") in ("kubernetes.io/h2c", "HTTP2", "http2", "grpc"):
                about.http, about.http_at = "2", one.place(port, "appProtocol", "spec.ports.appProtocol")
        spoken = str(one.annotations.get("cloud.google.com/app-protocols", ""))
        if "HTTP2" in spoken:
            about.http, about.http_at = "2", one.place(one.annotations, "cloud.google.com/app-protocols", "app-protocols")
    elif one.kind == "BackendConfig":
        for service in users.get(one.name, ()):
            _of_backend_config(one, mapping(one.document, "spec"), backends.setdefault(service, _Backend()))
    elif one.kind == "GCPBackendPolicy":
        target = str(at(one.document, "spec", "targetRef", "name") or "")
        _of_backend_config(one, mapping(one.document, "spec", "default"), backends.setdefault(target, _Backend()))


def _users_of_configs(given: list[Resource]) -> dict[str, list[str]]:
    """The Services that name each BackendConfig."""
    found: dict[str, list[str]] = {}
    for one in given:
        for name in _configs_of(one.annotations) if one.kind == "Service" else ():
            found.setdefault(name, []).append(one.name)
    return found


def _configs_of(annotations: Map) -> set[str]:
    """The BackendConfigs that a Service names, by port or for all."""
    names = set()
    for key in ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config"):
        try:
            found = json.loads(str(annotations.get(key, "{}")))
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            ports = found.get("ports")
            names |= {str(found.get("default", "")), *map(str, ports.values() if isinstance(ports, dict) else ())}
    return names


def _of_backend_config(one: Resource, spec: Map, about: _Backend) -> None:
    if (limit_s := seconds(spec.get("timeoutSec"))) is not None:
        # Of WebSockets the load balancer's timeout is how long one may last, quiet or not.
        about.limits.append(
            Limit(name="timeoutSec", kind="idle_s", value=limit_s, place=one.place(spec, "timeoutSec", "spec.timeoutSec"))
        )
    iap = mapping(spec, "iap")
    if iap.get("enabled") is True:
        words = "an identity proxy (IAP) is enabled for this backend"
        about.policies.append(Policy(kind="identity-proxy", words=words, place=one.place(iap, "enabled", "spec.iap.enabled")))
    if spec.get("securityPolicy"):
        words = "a security policy (Cloud Armor) is attached to this backend"
        about.policies.append(
            Policy(kind="firewall", words=words, place=one.place(spec, "securityPolicy", "spec.securityPolicy"))
        )
    custom = mapping(spec, "customRequestHeaders")
    for text in texts(custom, "headers"):
        name, _, value = text.partition(":")
        about.headers.append(Header.given(name, value.strip(), one.place(custom, "headers", "spec.customRequestHeaders")))


def _ingress(one: Resource, backends: dict[str, _Backend], count: Count) -> Iterator[Route]:
    spec = mapping(one.document, "spec")
    kind = str(spec.get("ingressClassName") or one.annotations.get("kubernetes.io/ingress.class") or "")
    believed = of_controller(one.annotations, kind, lambda key: one.place(one.annotations, key, key), count)
    said = annotated(believed, lambda key: one.place(one.annotations, key, key), count)
    gateway_annotations(said, believed, lambda key: one.place(one.annotations, key, key), count)
    if said.is_never:
        return
    tls = {host for entry in maps(spec, "tls") for host in texts(entry, "hosts")}
    inner = [Policy(kind="address", words=f"the ingress class {kind} is reached from inside alone", place=one.place(spec))]
    policies = (*said.policies, *(inner if kind in _INTERNAL else ()))
    for rule in maps(spec, "rules"):
        host = str(rule.get("host") or "").lower()
        listener = Listener(
            place=one.place(rule, "host", "spec.rules"), hosts=(host,) if host else (), is_default=not host, is_tls=bool(tls)
        )
        for path in maps(rule, "http", "paths"):
            yield _of_path(one, path, listener, said, policies, backends)
    default = mapping(spec, "defaultBackend") or mapping(spec, "backend")
    if default:
        yield _of_path(one, default, Listener(place=one.place(default), is_default=True), said, policies, backends, whole=True)


def _of_path(
    one: Resource,
    path: Map,
    listener: Listener,
    said: Annotated,
    policies: tuple[Policy, ...],
    backends: dict[str, _Backend],
    *,
    whole: bool = False,
) -> Route:
    backend = path if whole else mapping(path, "backend")
    target = str(at(backend, "service", "name") or backend.get("serviceName") or "")
    about = backends.get(target, _Backend())
    written = "/" if whole else str(path.get("path") or "/")
    kinds: dict[str, Literal["exact", "segment", "regex"]] = {"Exact": "exact", "Prefix": "segment"}
    match = "regex" if said.is_pattern and not whole else kinds.get(str(path.get("pathType")), "segment")
    upgrade = said.upgrade if said.sockets is None or target not in said.sockets else None
    return Route(
        listener=listener,
        path=f"^{written.removeprefix('^')}" if match == "regex" else written,
        match=match,
        place=one.place(path, None if whole else "path", "spec.rules.http.paths"),
        upstream=target,
        replaces=said.replaces,
        becomes=said.becomes,
        is_path_told=said.is_path_told,
        is_conditional=said.is_conditional,
        replaced_at=said.replaced_at,
        http=said.http or about.http,
        http_at=said.http_at or about.http_at,
        upgrade=upgrade,
        upgrade_at=said.upgrade_at if upgrade is False else None,
        upgrade_words=said.upgrade_words,
        headers=(*said.headers, *about.headers),
        limits=(*said.limits, *about.limits),
        policies=(*policies, *about.policies),
        answers=said.answers,
        location=said.location,
        folds_case=said.is_pattern,
    )


def _http_route(one: Resource, gateways: dict[str, Resource], backends: dict[str, _Backend], count: Count) -> Iterator[Route]:
    spec = mapping(one.document, "spec")
    hosts = tuple(host.lower() for host in texts(spec, "hostnames"))
    parents = [gateways[name] for ref in maps(spec, "parentRefs") if (name := str(ref.get("name"))) in gateways]
    inner = [gateway for gateway in parents if str(at(gateway.document, "spec", "gatewayClassName")) in _INTERNAL]
    policies = [
        Policy(
            kind="address",
            words="the Gateway is reached from inside alone",
            place=gateway.place(mapping(gateway.document, "spec"), "gatewayClassName"),
        )
        for gateway in inner
    ]
    listener = Listener(place=one.place(spec, "hostnames", "spec.hostnames"), hosts=hosts, is_default=not hosts)
    for rule in maps(spec, "rules"):
        for match in maps(rule, "matches") or [Map()]:
            said = _holds(match)
            if said is None:
                count("kubernetes: a match on more than the path", one.place(match, path="spec.rules.matches"))
            if said is not False:
                # Of two that match the same path, the one that asks for more wins.
                rank = len(maps(match, "headers")) + (100 if "method" in match else 0)
                made = _of_rule(one, rule, mapping(match, "path"), listener, policies, backends, count)
                yield replace(made, priority=rank, is_conditional=said is None)


def _holds(match: Map) -> bool | None:
    """Whether the conditions of a match beside the path hold of a handshake."""
    said: list[bool | None] = [None] if match.get("queryParams") else []
    said += [str(match["method"]) == "GET"] if match.get("method") else []
    for header in maps(match, "headers"):
        how = {"Exact": "exact", "RegularExpression": "regex"}.get(str(header.get("type", "Exact")), "")
        said.append(holds(str(header.get("name", "")), how, str(header.get("value", ""))))
    return all_of(said)


def _of_rule(
    one: Resource, rule: Map, path: Map, listener: Listener, policies: list[Policy], backends: dict[str, _Backend], count: Count
) -> Route:
    kinds: dict[str, Literal["exact", "segment", "regex"]] = {"Exact": "exact", "RegularExpression": "regex"}
    refs = [ref for ref in maps(rule, "backendRefs") if number(ref.get("weight")) != 0]
    if any("filters" in ref for ref in refs):
        count("kubernetes: filters of a backend", one.place(rule, "backendRefs", "spec.rules.backendRefs"))
    target = str(refs[0].get("name")) if refs else None
    about = backends.get(target or "", _Backend())
    filters = list(_filters(one, rule, count))
    rewrite = next((item for item in filters if isinstance(item, _Rewrite)), _Rewrite())
    timeouts = mapping(rule, "timeouts")
    limits = [
        Limit(
            name=f"timeouts.{name}", kind="idle_s", value=limit_s, place=one.place(timeouts, name, f"spec.rules.timeouts.{name}")
        )
        for name in ("request", "backendRequest")
        if (limit_s := seconds(timeouts.get(name)))
    ]
    answers = next((item for item in filters if isinstance(item, int)), None)
    return Route(
        listener=listener,
        path=str(path.get("value") or "/"),
        match=kinds.get(str(path.get("type")), "segment"),
        place=one.place(path, "value", "spec.rules.matches.path") if path else one.place(rule, path="spec.rules"),
        upstream=target,
        replaces=rewrite.replaces,
        becomes=rewrite.becomes,
        is_path_told=rewrite.is_told,
        replaced_at=rewrite.place,
        http=about.http,
        http_at=about.http_at,
        headers=(*(item for item in filters if isinstance(item, Header)), *about.headers),
        limits=(*limits, *about.limits),
        policies=(*policies, *about.policies),
        answers=answers,
        location="https://" if answers else None,
    )


def _filters(one: Resource, rule: Map, count: Count) -> Iterator[Header | int | _Rewrite]:
    """What the filters do: headers, a status that is answered here, and what becomes of the path."""
    for item in maps(rule, "filters"):
        kind = str(item.get("type"))
        if kind in ("RequestHeaderModifier", "ResponseHeaderModifier"):
            changes = mapping(item, "requestHeaderModifier" if kind.startswith("Request") else "responseHeaderModifier")
            of: Literal["request", "response"] = "request" if kind.startswith("Request") else "response"
            for name in texts(changes, "remove"):
                yield Header(
                    name=name.lower(), action="removed", of=of, place=one.place(changes, "remove", "spec.rules.filters.remove")
                )
            for header in maps(changes, "set"):
                place = one.place(header, "name", "spec.rules.filters.set")
                yield Header.given(str(header.get("name")), str(header.get("value")), place, of)
        elif kind == "URLRewrite":
            rewrite = mapping(item, "urlRewrite")
            if changed := mapping(rewrite, "path"):
                prefix, whole = changed.get("replacePrefixMatch"), changed.get("replaceFullPath")
                yield _Rewrite(
                    replaces=(str(prefix) or "/") if isinstance(prefix, str) else None,
                    becomes=(whole or "/") if isinstance(whole, str) and prefix is None else None,
                    is_told=isinstance(whole if prefix is None else prefix, str) and None in (prefix, whole),
                    place=one.place(rewrite, "path", "spec.rules.filters.urlRewrite"),
                )
        elif kind == "RequestRedirect" and at(item, "requestRedirect", "scheme") == "https":
            status = at(item, "requestRedirect", "statusCode")
            yield status if isinstance(status, int) and not isinstance(status, bool) else 302
        else:
            count(f"kubernetes: the filter {kind[:40]}", one.place(item))
