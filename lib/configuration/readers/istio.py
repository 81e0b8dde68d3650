"""Istio: the routes of VirtualServices behind its Gateways, and the policies that refuse before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.readers.resources import Resource
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Place, Policy, Route
from lib.configuration.values import seconds

KINDS = frozenset({"VirtualService", "Gateway", "AuthorizationPolicy", "RequestAuthentication", "EnvoyFilter"})
_CLUSTER = ".svc.cluster.local"


@dataclass
class _Mesh:
    # What holds for every route.
    limits: list[Limit] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    switched_off: Place | None = None


@dataclass(frozen=True)
class _Server:
    # One server of a Gateway, or none of which anything is known.
    listener: Listener
    policies: tuple[Policy, ...] = ()
    to_https: bool = False


def is_known(document: Map) -> bool:
    """Whether this is one of Istio's resources that are read here."""
    return str(document.get("kind")) in KINDS and ".istio.io/" in str(document.get("apiVersion", ""))


def read(resources: Iterable[Resource], count: Count) -> Configuration:
    """What these resources say together. A route's `timeout` ends no session that has been upgraded, so it is no bound."""
    given, mesh = list(resources), _Mesh()
    gateways = {one.name: one for one in given if one.kind == "Gateway"}
    for one in given:
        _of_mesh(one, mesh, count)
    routes = [
        made
        for one in given
        if one.kind == "VirtualService"
        for server in _servers(one, gateways)
        for route in maps(one.document, "spec", "http")
        for made in _routes(one, route, server, mesh, count)
    ]
    return Configuration(routes=tuple(routes))


def _of_mesh(one: Resource, mesh: _Mesh, count: Count) -> None:
    place = one.place(one.document, "spec", "spec")
    if one.kind == "RequestAuthentication":
        words = "RequestAuthentication checks tokens before the application"
        mesh.policies.append(Policy(kind="permission", words=words, place=place))
    elif one.kind == "AuthorizationPolicy" and (action := str(at(one.document, "spec", "action") or "ALLOW")) != "AUDIT":
        words = f"an AuthorizationPolicy ({action[:10]}) decides by rules of its own whom it lets in"
        mesh.policies.append(Policy(kind="firewall", words=words, place=place))
    for patch in maps(one.document, "spec", "configPatches") if one.kind == "EnvoyFilter" else ():
        value = mapping(patch, "patch", "value")
        _patched(one, mapping(value, "typed_config") or value, mesh, count)


def _patched(one: Resource, manager: Map, mesh: _Mesh, count: Count) -> None:
    """What an EnvoyFilter sets of a connection manager: bounds, and the upgrade where it is switched off."""
    path = "spec.configPatches"
    if not manager.keys() & {"stream_idle_timeout", "max_request_headers_kb", "upgrade_configs"}:
        count("istio: a patch of an EnvoyFilter", one.place(manager, path=path))
    if limit_s := seconds(manager.get("stream_idle_timeout")):
        place = one.place(manager, "stream_idle_timeout", path)
        mesh.limits.append(Limit(name="stream_idle_timeout", kind="idle_s", value=limit_s, place=place))
    if isinstance(kilobytes := manager.get("max_request_headers_kb"), int):
        place = one.place(manager, "max_request_headers_kb", path)
        mesh.limits.append(Limit(name="max_request_headers_kb", kind="header_bytes", value=kilobytes * 1024, place=place))
    for upgrade in maps(manager, "upgrade_configs"):
        if upgrade.get("enabled") is False and str(upgrade.get("upgrade_type", "")).lower() == "websocket":
            mesh.switched_off = one.place(upgrade, "enabled", path)


def _servers(one: Resource, gateways: dict[str, Resource]) -> Iterator[_Server]:
    """Where a VirtualService takes requests: each server of its Gateways, or one of which no more is known."""
    spec = mapping(one.document, "spec")
    hosts = tuple(host.lower() for host in texts(spec, "hosts") if host != "*")
    place, named = one.place(spec, "hosts", "spec.hosts"), [name.rpartition("/")[2] for name in texts(spec, "gateways")]
    found = [
        (gateways[name], server)
        for name in named
        if name in gateways
        for server in maps(gateways[name].document, "spec", "servers")
    ]
    for gateway, server in found or [(one, Map())]:
        port, tls = at(server, "port", "number"), mapping(server, "tls")
        to_https = tls.get("httpsRedirect") is True
        listener = Listener(
            place=place,
            hosts=hosts,
            is_default=not hosts,
            port=port if isinstance(port, int) else None,
            is_tls=bool(tls) and not to_https,
            selection="first",
        )
        mode_at = gateway.place(tls, "mode", "spec.servers.tls.mode")
        wanted = Policy(kind="client-certificate", words="tls.mode is MUTUAL", place=mode_at)
        yield _Server(listener, (wanted,) if tls.get("mode") == "MUTUAL" else (), to_https)


def _routes(one: Resource, route: Map, server: _Server, mesh: _Mesh, count: Count) -> Iterator[Route]:
    answers, location = (301, "https://") if server.to_https else _answered(route)
    rewrite, target = mapping(route, "rewrite"), str(at(route, "route", 0, "destination", "host") or "")
    headers = list(_headers(one, route))
    if rewrite.get("authority"):
        host_at = one.place(rewrite, "authority", "spec.http.rewrite.authority")
        headers.append(Header.given("host", str(rewrite["authority"]), host_at))
    for match in maps(route, "match") or [Map()]:
        if not _is_of_a_handshake(match):
            count("istio: a match on more than the path", one.place(match, path="spec.http.match"))
            continue
        path, kind = _path(mapping(match, "uri"))
        uri = rewrite.get("uri")
        yield Route(
            listener=server.listener,
            path=path,
            match=kind,
            place=one.place(match, "uri", "spec.http.match.uri") if match else one.place(route, path="spec.http"),
            upstream=(target.partition(".")[0] if target.endswith(_CLUSTER) else target) or None,
            # Newer releases add no second slash where a prefix becomes "/", so none is predicted.
            replaces=None if uri is None else str(uri) if path.endswith("/") or kind != "prefix" else str(uri).rstrip("/"),
            replaced_at=one.place(rewrite, "uri", "spec.http.rewrite.uri"),
            upgrade=False if mesh.switched_off else None,
            upgrade_at=mesh.switched_off,
            upgrade_words="an EnvoyFilter switches the websocket upgrade off" if mesh.switched_off else "",
            headers=tuple(headers),
            limits=tuple(mesh.limits),
            policies=(*mesh.policies, *server.policies),
            answers=answers,
            location=location,
        )


def _is_of_a_handshake(match: Map) -> bool:
    """Whether a condition holds of every handshake: the path alone, GET, and an Upgrade to websocket."""
    named = {name.lower() for name in mapping(match, "headers")}
    others = match.keys() - {"uri", "name", "gateways", "port", "scheme", "ignoreUriCase", "method", "headers"}
    return not others and named <= {"upgrade", "connection"} and at(match, "method", "exact") in (None, "GET")


def _path(uri: Map) -> tuple[str, Literal["exact", "prefix", "regex"]]:
    if "exact" in uri:
        return str(uri["exact"]), "exact"
    if "regex" in uri:
        return f"^(?:{uri['regex']})$", "regex"
    return str(uri.get("prefix") or "/"), "prefix"


def _answered(route: Map) -> tuple[int | None, str | None]:
    """What is answered here, without any upstream."""
    redirect, abort = mapping(route, "redirect"), mapping(route, "fault", "abort")
    if redirect:
        code = redirect.get("redirectCode")
        return code if isinstance(code, int) else 301, "https://" if redirect.get("scheme") == "https" else ""
    status = abort.get("httpStatus") if at(abort, "percentage", "value") == 100 else at(route, "directResponse", "status")
    return (status, None) if isinstance(status, int) else (None, None)


def _headers(one: Resource, route: Map) -> Iterator[Header]:
    """What is set and removed, of the route and of its first destination; what is added stands beside what was there."""
    sides: tuple[Literal["request", "response"], ...] = ("request", "response")
    for holder, of in (
        (holder, of) for holder in (mapping(route, "headers"), mapping(route, "route", 0, "headers")) for of in sides
    ):
        changes, given = mapping(holder, of), mapping(holder, of, "set")
        for name in texts(changes, "remove"):
            place = one.place(changes, "remove", f"spec.http.headers.{of}.remove")
            yield Header(name=name.lower(), action="removed", of=of, place=place)
        for name, value in given.items():
            place = one.place(given, name, f"spec.http.headers.{of}.set")
            yield Header.given("host" if name.lower() == ":authority" else name, str(value), place, of)
