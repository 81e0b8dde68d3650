"""Istio: the routes of VirtualServices behind its Gateways, and the policies that refuse before them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.readers.handshakes import all_of, header_set, holds, is_present, negated
from lib.configuration.readers.resources import Resource
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Place, Policy, Route
from lib.configuration.values import number, seconds

KINDS = frozenset({"VirtualService", "Gateway", "AuthorizationPolicy", "RequestAuthentication", "EnvoyFilter"})
_CONDITIONS = frozenset({"uri", "name", "gateways", "port", "scheme", "ignoreUriCase", "method", "headers", "withoutHeaders"})
_PATCHES = "spec.configPatches"
_CLUSTER = ".svc.cluster.local"


@dataclass
class _Mesh:
    # What holds for every route.
    limits: list[Limit] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    switched_off: Place | None = None


@dataclass(frozen=True)
class _Server:
    # One server of a Gateway, or one of which no more is known than the names of the Gateways.
    listener: Listener
    names: frozenset[str]
    policies: tuple[Policy, ...] = ()
    to_https: bool = False
    is_conditional: bool = False


def is_known(document: Map) -> bool:
    """Whether this is one of Istio's resources that are read here."""
    return str(document.get("kind")) in KINDS and ".istio.io/" in str(document.get("apiVersion", ""))


def read(resources: Iterable[Resource], count: Count) -> Configuration:
    """What these resources say together. A route's `timeout` ends no session that has been upgraded, so it is no bound."""
    given, mesh = list(resources), _Mesh()
    gateways = {one.name: one for one in given if one.kind == "Gateway"}
    for one in given:
        _of_mesh(one, mesh, count)
    _patched([one for one in given if one.kind == "EnvoyFilter"], list(gateways.values()), mesh, count)
    routes = [
        made
        for one in given
        if one.kind == "VirtualService"
        for server in _servers(one, gateways, count)
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


def _patched(filters: list[Resource], gateways: list[Resource], mesh: _Mesh, count: Count) -> None:
    """What EnvoyFilters set of the gateways' managers: bounds, and the upgrade where all that they say switches it off."""
    switched: list[Place | None] = []
    patches = [(one, patch) for one in filters for patch in maps(one.document, "spec", "configPatches")]
    for one, patch in patches:
        value = mapping(patch, "patch", "value")
        upgrades = [found for found in _upgrades(value) if str(found.get("upgrade_type", "")).lower() == "websocket"]
        switched += [None for found in upgrades if found.get("enabled") is not False]
        if not _is_of_gateways(one, patch, gateways):
            count("istio: an EnvoyFilter that is not for every gateway", one.place(patch, path=_PATCHES))
            continue
        manager = mapping(value, "typed_config") or value
        if not manager.keys() & {"stream_idle_timeout", "max_request_headers_kb", "upgrade_configs"}:
            count("istio: a patch of an EnvoyFilter", one.place(manager, path=_PATCHES))
            continue
        _bounded(one, manager, mesh)
        switched += [one.place(found, "enabled", _PATCHES) for found in upgrades if found.get("enabled") is False]
    # Of patches that say both, the order in which they are applied decides.
    mesh.switched_off = switched[0] if switched and None not in switched else None


def _bounded(one: Resource, manager: Map, mesh: _Mesh) -> None:
    if limit_s := seconds(manager.get("stream_idle_timeout")):
        place = one.place(manager, "stream_idle_timeout", _PATCHES)
        mesh.limits.append(Limit(name="stream_idle_timeout", kind="idle_s", value=limit_s, place=place))
    if kilobytes := number(manager.get("max_request_headers_kb")):
        place = one.place(manager, "max_request_headers_kb", _PATCHES)
        mesh.limits.append(Limit(name="max_request_headers_kb", kind="header_bytes", value=kilobytes * 1024, place=place))


def _upgrades(value: Any) -> Iterator[Map]:
    """The upgrades that are configured anywhere in a patch."""
    if isinstance(value, Map):
        yield from maps(value, "upgrade_configs")
        for item in value.values():
            yield from _upgrades(item)
    for item in value if isinstance(value, list) else ():
        yield from _upgrades(item)


def _is_of_gateways(one: Resource, patch: Map, gateways: list[Resource]) -> bool:
    """Whether a patch changes the connection manager of every gateway that is known here."""
    labels, match = mapping(one.document, "spec", "workloadSelector", "labels"), mapping(patch, "match")
    if patch.get("applyTo") != "NETWORK_FILTER" or at(patch, "patch", "operation") != "MERGE":
        return False
    if match.get("context", "ANY") not in ("ANY", "GATEWAY") or match.keys() - {"context", "listener"}:
        return False
    if at(match, "listener", "portNumber") or at(match, "listener", "name") or at(one.document, "spec", "targetRefs"):
        return False
    if any(chain_key != "filter" for chain_key in mapping(match, "listener", "filterChain")):
        return False
    selectors = [mapping(gateway.document, "spec", "selector") for gateway in gateways]
    if labels:
        return bool(selectors) and all(labels.items() <= selector.items() for selector in selectors)
    return one.namespace in ("", "istio-system", *(gateway.namespace for gateway in gateways))


def _servers(one: Resource, gateways: dict[str, Resource], count: Count) -> Iterator[_Server]:
    """Where a VirtualService takes requests: the servers of its Gateways that have its hosts, or one that is not known."""
    spec = mapping(one.document, "spec")
    hosts = tuple(host.lower() for host in texts(spec, "hosts"))
    place, named = one.place(spec, "hosts", "spec.hosts"), [name.rpartition("/")[2] for name in texts(spec, "gateways")]
    if not set(named) - {"mesh"}:
        count("istio: a VirtualService for the mesh alone", place)
    found = [(name, server) for name in named if name in gateways for server in maps(gateways[name].document, "spec", "servers")]
    if not all(name in gateways for name in named) or not named:
        unknown = frozenset(name for name in named if name not in gateways)
        bare = tuple(host for host in hosts if host != "*")
        listener = Listener(place=place, hosts=bare, is_default=not bare, selection="first")
        is_known = bool(unknown - {"mesh"})
        if is_known or not found:
            yield _Server(listener, unknown or frozenset({"mesh"}), is_conditional=not is_known)
    for name, server in found:
        port, tls = at(server, "port", "number"), mapping(server, "tls")
        shared = _shared(hosts, [host.rpartition("/")[2].lower() for host in texts(server, "hosts")])
        if not shared or str(tls.get("mode", "")).endswith("PASSTHROUGH"):
            continue
        to_https = tls.get("httpsRedirect") is True
        listener = Listener(
            place=place,
            hosts=tuple(host for host in shared if host != "*"),
            is_default="*" in shared,
            port=port if isinstance(port, int) else None,
            is_tls=bool(tls) and not to_https,
            selection="first",
        )
        mode_at = gateways[name].place(tls, "mode", "spec.servers.tls.mode")
        wanted = Policy(kind="client-certificate", words="tls.mode is MUTUAL", place=mode_at)
        yield _Server(listener, frozenset({name}), (wanted,) if tls.get("mode") == "MUTUAL" else (), to_https)


def _shared(hosts: tuple[str, ...], served: list[str]) -> tuple[str, ...]:
    """The hosts that are both routed and served, the narrower of two."""
    found = []
    for host in hosts or ("*",):
        for other in served or ["*"]:
            if _covers(other, host):
                found.append(host)
            elif _covers(host, other):
                found.append(other)
    return tuple(dict.fromkeys(found))


def _covers(wide: str, narrow: str) -> bool:
    return wide in ("*", narrow) or (wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:]))


def _routes(one: Resource, route: Map, server: _Server, mesh: _Mesh, count: Count) -> Iterator[Route]:
    answers, location = (301, "https://") if server.to_https else _answered(route)
    rewrite, behind = mapping(route, "rewrite"), _destinations(one, route, count)
    target = str(at(behind, 0, "destination", "host") or "")
    headers = list(_headers(one, [mapping(route, "headers"), *(mapping(each, "headers") for each in behind[:1])], count))
    _unread(one, route, count)
    if rewrite.get("authority"):
        host_at = one.place(rewrite, "authority", "spec.http.rewrite.authority")
        headers.append(Header.given("host", str(rewrite["authority"]), host_at))
    for match in maps(route, "match") or [Map()]:
        said = _holds(match, server)
        if said is None:
            count("istio: a match on more than the path", one.place(match, path="spec.http.match"))
        if said is False:
            continue
        folds_case = match.get("ignoreUriCase") is True
        path, kind = _path(mapping(match, "uri"), folds_case=folds_case)
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
            is_path_told="uriRegexRewrite" not in rewrite,
            folds_case=folds_case,
            is_conditional=said is None or server.is_conditional or bool(route.get("delegate")),
            upgrade=False if mesh.switched_off else None,
            upgrade_at=mesh.switched_off,
            upgrade_words="an EnvoyFilter switches the websocket upgrade off" if mesh.switched_off else "",
            headers=tuple(headers),
            limits=tuple(mesh.limits),
            policies=(*mesh.policies, *server.policies),
            answers=answers,
            location=location,
        )


def _unread(one: Resource, route: Map, count: Count) -> None:
    rewrite = mapping(route, "rewrite")
    if route.get("delegate"):
        count("istio: a route that another VirtualService says", one.place(route, "delegate", "spec.http.delegate"))
    if "uriRegexRewrite" in rewrite:
        count("istio: a path that a pattern rewrites", one.place(rewrite, "uriRegexRewrite", "spec.http.rewrite"))


def _holds(match: Map, server: _Server) -> bool | None:
    """Whether the conditions beside the path hold of a handshake that comes by this server."""
    if not match.keys() <= _CONDITIONS:
        return None
    said = [_compared(":method", match["method"])] if "method" in match else []
    said += [_compared(name, wanted) for name, wanted in mapping(match, "headers").items()]
    said += [negated(_compared(name, wanted)) for name, wanted in mapping(match, "withoutHeaders").items()]
    if (named := {name.rpartition("/")[2] for name in texts(match, "gateways")}) and not server.names <= named:
        said.append(None if server.names & named else False)
    if "port" in match:
        said.append(None if server.listener.port is None else match["port"] == server.listener.port)
    if "scheme" in match:
        # Without TLS of its own a gateway hears the scheme from whoever is before it.
        said.append(at(match, "scheme", "exact") == "https" if server.listener.is_tls else None)
    return all_of(said)


def _compared(name: str, wanted: Any) -> bool | None:
    """Whether a header is as a map of one of Istio's kinds says; any, where it says nothing."""
    if not isinstance(wanted, Map) or not wanted:
        return is_present(name)
    how, text = next(iter(wanted.items()))
    return holds(name, how, str(text)) if len(wanted) == 1 and how in ("exact", "prefix", "regex") else None


def _path(uri: Map, *, folds_case: bool) -> tuple[str, Literal["exact", "prefix", "regex"]]:
    if "regex" in uri:
        return f"^(?:{uri['regex']})$", "regex"
    kind: Literal["exact", "prefix"] = "exact" if "exact" in uri else "prefix"
    path = str(uri.get(kind) or "/")
    return (f"^{re.escape(path)}{'$' if kind == 'exact' else ''}", "regex") if folds_case else (path, kind)


def _destinations(one: Resource, route: Map, count: Count) -> list[Map]:
    """Where a route leads, without what gets no share; what is said of headers for one of several is counted."""
    given = maps(route, "route")
    behind = [each for each in given if len(given) == 1 or number(each.get("weight")) != 0]
    if len(behind) < 2:
        return behind
    if any("headers" in each for each in behind):
        count("istio: headers of one of several destinations", one.place(route, "route", "spec.http.route"))
    return [Map({"destination": each.get("destination")}, each.lines, each.line) for each in behind]


def _answered(route: Map) -> tuple[int | None, str | None]:
    """What is answered here, without any upstream."""
    redirect, abort = mapping(route, "redirect"), mapping(route, "fault", "abort")
    if redirect:
        code = redirect.get("redirectCode")
        return code if isinstance(code, int) else 301, "https://" if redirect.get("scheme") == "https" else ""
    status = abort.get("httpStatus") if at(abort, "percentage", "value") == 100 else at(route, "directResponse", "status")
    return (status, None) if isinstance(status, int) else (None, None)


def _headers(one: Resource, holders: list[Map], count: Count) -> Iterator[Header]:
    """What is set and removed, of the route and of its destination; what is added stands beside what was there."""
    sides: tuple[Literal["request", "response"], ...] = ("request", "response")
    for holder, of in ((holder, of) for holder in holders for of in sides):
        changes, settings = mapping(holder, of), mapping(holder, of, "set")
        for name in texts(changes, "remove"):
            place = one.place(changes, "remove", f"spec.http.headers.{of}.remove")
            yield Header(name=name.lower(), action="removed", of=of, place=place)
        for name, value in settings.items():
            place = one.place(settings, name, f"spec.http.headers.{of}.set")
            if header := header_set(name, str(value), place, of):
                yield header
            else:
                count("istio: a header that a variable fills", place)
