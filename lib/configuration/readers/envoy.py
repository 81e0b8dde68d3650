"""Envoy: static listeners, their connection managers and routes, and the clusters behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.readers.handshakes import all_of, header_set, holds, is_present, negated
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Match, Place, Policy, Route, Upstream
from lib.configuration.values import authority, seconds

_POLICIES: dict[str, tuple[Literal["permission", "identity-proxy", "firewall"], str]] = {
    "envoy.filters.http.ext_authz": ("permission", "ext_authz asks for permission first"),
    "envoy.filters.http.oauth2": ("identity-proxy", "an identity proxy (the oauth2 filter) stands on the path"),
    "envoy.filters.http.jwt_authn": ("permission", "jwt_authn checks tokens before the application"),
    "envoy.filters.http.rbac": ("firewall", "rbac lets in whom its rules name"),
}
_PASSING = frozenset(
    {"router", "cors", "health_check", "grpc_web", "compressor", "lua", "fault", "header_to_metadata", "buffer", "gzip"}
)


def is_known(document: Map) -> bool:
    """Whether this is a bootstrap with static resources."""
    return isinstance(document.get("static_resources"), Map)


def read(document: Map, file: str, count: Count) -> Configuration:
    """What the static resources say."""
    resources = mapping(document, "static_resources")
    clusters = {str(one.get("name")): _upstream(one, file) for one in maps(resources, "clusters")}
    routes = [route for one in maps(resources, "listeners") for route in _of_listener(one, file, clusters, count)]
    return Configuration(routes=tuple(routes), upstreams=tuple(clusters.values()))


def _upstream(cluster: Map, file: str) -> Upstream:
    addresses = []
    for endpoints in maps(cluster, "load_assignment", "endpoints"):
        for one in maps(endpoints, "lb_endpoints"):
            address = mapping(one, "endpoint", "address", "socket_address")
            found = authority(f"{address.get('address')}:{address.get('port_value')}")
            addresses += [found] if found else []
    place = cluster.place(file, "name", path=f"clusters/{cluster.get('name')}")
    return Upstream(
        name=str(cluster.get("name")), addresses=tuple(addresses), place=place, http="2" if _speaks_h2(cluster) else None
    )


def _speaks_h2(cluster: Map) -> bool:
    """Whether HTTP/2 alone is spoken to a cluster, without the extended CONNECT that could carry a WebSocket."""
    options = [cluster.get("http2_protocol_options")]
    for extension in mapping(cluster, "typed_extension_protocol_options").values():
        options.append(at(extension, "explicit_http_config", "http2_protocol_options"))
    return any(isinstance(one, dict) and one.get("allow_connect") is not True for one in options)


def _of_listener(listener: Map, file: str, clusters: dict[str, Upstream], count: Count) -> Iterator[Route]:
    port = at(listener, "address", "socket_address", "port_value")
    for chain in maps(listener, "filter_chains"):
        tls = mapping(chain, "transport_socket", "typed_config")
        wants = tls.get("require_client_certificate") is True
        certified = (
            [
                Policy(
                    kind="client-certificate",
                    words="require_client_certificate",
                    place=tls.place(file, "require_client_certificate"),
                )
            ]
            if wants
            else []
        )
        for one in maps(chain, "filters"):
            manager = mapping(one, "typed_config")
            if str(manager.get("@type", "")).endswith("HttpConnectionManager"):
                base = Listener(
                    place=listener.place(file, "name"),
                    port=port if isinstance(port, int) else None,
                    is_tls=bool(tls),
                    hosts=tuple(name.lower() for name in texts(chain, "filter_chain_match", "server_names")),
                    selection="first",
                )
                yield from _of_manager(manager, file, base, clusters, certified, count)
            else:
                count(_filter(one.get("name")), one.place(file))


def _of_manager(
    manager: Map, file: str, base: Listener, clusters: dict[str, Upstream], certified: list[Policy], count: Count
) -> Iterator[Route]:
    policies = {**dict.fromkeys(certified), **{policy: name for name, policy in _policies(manager, file, count)}}
    for host in maps(manager, "route_config", "virtual_hosts"):
        domains = tuple(domain.partition(":")[0].lower() for domain in texts(host, "domains") if domain != "*")
        listener = Listener(
            place=host.place(file, "domains"),
            hosts=domains or base.hosts,
            is_default="*" in texts(host, "domains") and not base.hosts,
            port=base.port,
            is_tls=base.is_tls,
            selection="first",
        )
        for route in maps(host, "routes"):
            said = _holds(mapping(route, "match"), is_tls=base.is_tls)
            if said is None:
                count("envoy: a match on more than the path", route.place(file, "match"))
            if said is not False:
                left = [policy for policy, name in policies.items() if not _is_set_apart(name, route, host)]
                made = _route(route, host, manager, file, listener, clusters, left, count)
                yield replace(made, is_conditional=said is None)
    if not mapping(manager, "route_config"):
        count("envoy: routes that are fetched from elsewhere", manager.place(file))


def _is_set_apart(name: str | None, *holders: Map) -> bool:
    """Whether a route or its host says something of its own about a filter."""
    return any(name in mapping(one, "typed_per_filter_config") for one in holders)


def _policies(manager: Map, file: str, count: Count) -> Iterator[tuple[str, Policy]]:
    for one in maps(manager, "http_filters"):
        name = str(one.get("name"))
        if name in _POLICIES:
            kind, words = _POLICIES[name]
            if any(
                "pass_through_matcher" in each for each in (mapping(one, "typed_config"), mapping(one, "typed_config", "config"))
            ):
                kind = "permission"  # which requests it leaves alone is not read
            yield name, Policy(kind=kind, words=words, place=one.place(file, "name"))
        elif name.rpartition(".")[2] not in _PASSING:
            count(_filter(name), one.place(file, "name"))


def _filter(name: object) -> str:
    """A filter as it is counted: by its name where that is one of Envoy's kind, and no text of somebody's."""
    return (
        f"envoy: the filter {name}" if re.fullmatch(r"[a-z_]{1,30}(?:\.[a-z0-9_]{1,40}){1,6}", str(name)) else "envoy: a filter"
    )


def _route(
    route: Map,
    host: Map,
    manager: Map,
    file: str,
    listener: Listener,
    clusters: dict[str, Upstream],
    policies: list[Policy],
    count: Count,
) -> Route:
    match, action, redirect = (mapping(route, key) for key in ("match", "route", "redirect"))
    path, kind, path_at = _path(match, file)
    target = str(action.get("cluster") or at(action, "weighted_clusters", "clusters", 0, "name") or "") or None
    upgrade, upgrade_at = _upgrade(action, manager, file)
    cluster = clusters.get(target or "")
    answer = at(route, "direct_response", "status")
    is_told = not action.keys() & {"regex_rewrite", "path_rewrite_policy"}
    if not is_told:
        count("envoy: a path that a pattern rewrites", route.place(file, "route"))
    return Route(
        listener=listener,
        path=path,
        match=kind,
        place=path_at,
        upstream=target,
        replaces=str(action["prefix_rewrite"]) if "prefix_rewrite" in action else None,
        replaced_at=action.place(file, "prefix_rewrite"),
        is_path_told=is_told,
        http=cluster.http if cluster else None,
        http_at=cluster.place if cluster else None,
        upgrade=upgrade if action else None,
        upgrade_at=upgrade_at,
        upgrade_words="" if upgrade else "upgrade_configs for websocket are missing or switched off",
        headers=(*_headers(host, file, count), *_headers(route, file, count), *_host(action, file)),
        folds_case=match.get("case_sensitive") is False,
        limits=tuple(_limits(action, manager, file)),
        policies=tuple(policies),
        answers=301 if redirect else answer if isinstance(answer, int) else None,
        location="https://" if redirect.get("https_redirect") is True else "" if redirect else None,
    )


def _holds(match: Map, *, is_tls: bool) -> bool | None:
    """Whether the conditions beside the path hold of a handshake, which is neither a CONNECT nor a call of gRPC."""
    if match.keys() & {"connect_matcher", "grpc"}:
        return False
    others = match.keys() - {"prefix", "path", "safe_regex", "path_separated_prefix", "headers", "case_sensitive"}
    return all_of([*(None for _ in others), *(_header_holds(one, is_tls=is_tls) for one in maps(match, "headers"))])


def _header_holds(one: Map, *, is_tls: bool) -> bool | None:
    name, compared = str(one.get("name", "")).lower(), mapping(one, "string_match")
    folds, said = compared.get("ignore_case") is True, is_present(name)
    ways = {key: compared.get(key) for key in ("exact", "prefix", "suffix", "contains") if key in compared}
    ways |= {key: one.get(f"{key}_match") for key in ("exact", "prefix", "suffix", "contains") if f"{key}_match" in one}
    for pattern in (at(compared, "safe_regex", "regex"), at(one, "safe_regex_match", "regex")):
        ways |= {} if pattern is None else {"regex": pattern}
    if one.keys() - {
        "name",
        "present_match",
        "invert_match",
        "string_match",
        "safe_regex_match",
        *(f"{way}_match" for way in ways),
    }:
        return None
    if ways:
        how, wanted = next(iter(ways.items()))
        is_scheme = name == ":scheme" and is_tls and how == "exact"
        said = (wanted == "https") if is_scheme else holds(name, how, str(wanted), folds_case=folds)
    elif one.get("present_match") is False:
        said = negated(said)
    elif compared or "safe_regex_match" in one:
        return None
    return negated(said) if one.get("invert_match") is True else said


def _path(match: Map, file: str) -> tuple[str, Match, Place]:
    kinds: dict[str, Match] = {"prefix": "prefix", "path": "exact", "path_separated_prefix": "segment"}
    for key, kind in kinds.items():
        if key in match and match.get("case_sensitive") is False:
            end = {"prefix": "", "exact": "$", "segment": "(?:/|$)"}[kind]
            return f"^{re.escape(str(match[key]))}{end}", "regex", match.place(file, key)
        if key in match:
            return str(match[key]), kind, match.place(file, key)
    if "safe_regex" in match:
        return f"^(?:{at(match, 'safe_regex', 'regex')})$", "regex", match.place(file, "safe_regex")
    return "/", "prefix", match.place(file)


def _host(action: Map, file: str) -> Iterator[Header]:
    if action.get("host_rewrite_literal"):
        yield Header.given("host", str(action["host_rewrite_literal"]), action.place(file, "host_rewrite_literal"))


def _upgrade(action: Map, manager: Map, file: str) -> tuple[bool, Place]:
    """Whether upgrades are enabled: a route's own word wins over its manager's."""
    for holder in (action, manager):
        for one in maps(holder, "upgrade_configs"):
            if str(one.get("upgrade_type", "")).lower() == "websocket":
                return one.get("enabled", True) is not False, one.place(file, "upgrade_type")
    return False, manager.place(file, "stat_prefix")


def _headers(holder: Map, file: str, count: Count) -> Iterator[Header]:
    """What is removed and overwritten; what is added stands beside what was there, and that is what is done unless it is told."""
    sides: tuple[Literal["request", "response"], ...] = ("request", "response")
    for of in sides:
        removed = f"{of}_headers_to_remove"
        for name in texts(holder, removed):
            yield Header(name=name.lower(), action="removed", of=of, place=holder.place(file, removed))
        for one in maps(holder, f"{of}_headers_to_add"):
            header, action = mapping(one, "header"), str(one.get("append_action", ""))
            if not action.startswith("OVERWRITE_IF_EXISTS") and (action or one.get("append") is not False):
                continue
            place = header.place(file, "key")
            if made := header_set(str(header.get("key", "")), str(header.get("value", "")), place, of):
                yield made
            else:
                count("envoy: a header that a variable fills", place)


def _limits(action: Map, manager: Map, file: str) -> Iterator[Limit]:
    # A route's `timeout` and a manager's `request_timeout` end no session that has been upgraded.
    for holder, name in ((action, "idle_timeout"), (manager, "stream_idle_timeout")):
        overridden = name == "stream_idle_timeout" and "idle_timeout" in action
        if not overridden and (limit_s := seconds(holder.get(name))):
            yield Limit(name=name, kind="idle_s", value=limit_s, place=holder.place(file, name))
    kilobytes = manager.get("max_request_headers_kb")
    if isinstance(kilobytes, int):
        place = manager.place(file, "max_request_headers_kb")
        yield Limit(name="max_request_headers_kb", kind="header_bytes", value=kilobytes * 1024, place=place)
