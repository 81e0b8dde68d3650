"""Which route takes a request, and which service stands behind it: chosen as the proxies themselves choose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import re2

from lib.configuration.prediction import Address
from lib.configuration.readers.nginx_values import groups, matches
from lib.configuration.shape import Configuration, Listener, Match, Rewrite, Route, Service

_OF_WEBSOCKETS = re.compile(r"(?:^|[-_.])(?:ws|wss|web-?sockets?|sockets?|real-?time|chat|live)(?:[-_.]|$)", re.IGNORECASE)

_IN_NUMBERS = re.compile(r"[\d.]+|\[?[0-9a-f:]+\]?|localhost")
"""Hosts by which whatever listens there is meant, however it calls itself."""


def routes_of(configuration: Configuration, address: Address) -> list[Route]:
    """The route that takes a request at this address, of each proxy that knows the host; the outermost cannot be told.

    It is told as conditional where one whose condition cannot be told may take the request before it.
    """
    found = []
    for selection in ("nginx", "longest", "first", "priority"):
        routes = [route for route in configuration.routes if route.listener.selection == selection]
        if chosen := _at(address, [route for route in routes if not route.is_conditional]):
            found.append(replace(chosen, is_conditional=_is_contested(chosen, routes, address)))
    return found


def _at(address: Address, routes: list[Route]) -> Route | None:
    takes = set(_listeners(routes, address))
    return _chosen([route for route in routes if route.listener in takes], address.path)


def _is_contested(chosen: Route, routes: list[Route], address: Address) -> bool:
    """Whether another route may take the request instead: on its condition, or since two are of one priority."""
    rivals = [route for route in routes if route.is_conditional and fits(route, address.path)]
    is_ordered = chosen.listener.selection == "first"
    for rival in rivals:
        others = [one for one in routes if not one.is_conditional or (is_ordered and one is rival)]
        # Where the order decides nothing, of two that are alike either may be meant.
        if _at(address, others if is_ordered else [rival, *others]) is rival:
            return True
    if chosen.listener.selection != "priority":
        return False
    takes = set(_listeners(routes, address))
    equals = (one for one in routes if one.priority == chosen.priority and one.place != chosen.place and one.listener in takes)
    return any(fits(one, address.path) for one in equals)


def _listeners(routes: Iterable[Route], address: Address) -> list[Listener]:
    every = list(dict.fromkeys(route.listener for route in routes))
    ranks = [_rank(one, address.host) for one in every]
    highest = max(ranks, default=0)
    best = [one for rank, one in zip(ranks, every, strict=True) if rank == highest]
    if not highest and not _IN_NUMBERS.fullmatch(address.host):
        return []
    if highest and every[0].selection == "priority":
        best = [one for rank, one in zip(ranks, every, strict=True) if rank]
    for fits in (
        lambda one: one.port == address.port,
        lambda one: one.is_tls == address.is_secure,
        lambda one: one.port in (8080, 80),
    ):
        best = [one for one in best if fits(one)] or best
    return best


def _rank(listener: Listener, host: str) -> int:
    """How closely a listener's names fit a host: 3 exactly, 2 by a pattern, 1 since it takes any, 0 not."""
    if host in listener.hosts:
        return 3
    for name in listener.hosts:
        if name.startswith("~") and matches(name[1:], host):
            return 2
        bare = name.removeprefix("*").lstrip(".")
        if name.startswith(("*.", ".")) and (host.endswith(f".{bare}") or (host == bare and name.startswith("."))):
            return 2
    return 1 if listener.is_default or not listener.hosts or "*" in listener.hosts else 0


def _chosen(routes: list[Route], path: str) -> Route | None:
    # A server that answers everything itself does so before it looks at its locations.
    fitting = [route for route in routes if fits(route, path)]
    if not fitting:
        return None
    if fitting[0].listener.selection == "first":
        return fitting[0]
    if fitting[0].listener.selection == "priority":
        return max(fitting, key=lambda route: route.priority)
    exact = max((route for route in fitting if route.match == "exact"), key=lambda route: route.priority, default=None)
    plain = max(
        (route for route in fitting if route.match in ("prefix", "segment")),
        key=lambda route: (len(route.path), route.priority),
        default=None,
    )
    patterns = [route for route in fitting if route.match == "regex"]
    if exact:
        return exact
    if fitting[0].listener.selection == "longest":
        return max([*patterns, *([plain] if plain else [])], key=lambda route: (len(route.path), route.priority))
    return plain if plain and (plain.is_preferred or not patterns) else patterns[0] if patterns else plain


def fits(route: Route, path: str) -> bool:
    """Whether a route takes this path; one whose condition cannot be told does where its pattern cannot be tried either."""
    if any(_is_at(match, left, path, folds_case=False) for match, left in route.but_not):
        return False
    found = _is_at(route.match, route.path, path, folds_case=route.folds_case)
    return route.is_conditional if found is None else found


def _is_at(match: Match, where: str, path: str, *, folds_case: bool) -> bool | None:
    if match == "exact":
        return path == where
    if match == "regex":
        return matches(where, path, folds_case=folds_case)
    if match == "segment":
        bare = where.rstrip("/")
        return path == bare or path.startswith(f"{bare}/") or not bare
    return path.startswith(where)


def _rewritten(route: Route, path: str) -> str | None:
    """What the whole path becomes, None where that cannot be told."""
    template = route.becomes or ""
    if route.match != "regex" or "$" not in template:
        return template
    options = re2.Options()
    options.log_errors, options.max_mem, options.case_sensitive = False, 1 << 22, not route.folds_case
    try:
        found = re2.compile(route.path, options).search(path)
        groups = [found[0], *found.groups()] if found else []
    except re2.error:
        return None
    sent = re.sub(r"\$(\d)", lambda one: (groups[int(one[1])] or "") if int(one[1]) < len(groups) else "", template)
    return None if "$" in sent or not groups else sent


@dataclass(frozen=True, slots=True)
class Way:
    """What a route makes of a path: `path` towards the upstream (None: not told), by which rewrite, and whether it stays here."""

    path: str | None
    by: Rewrite | None = None
    leads: Literal["here", "elsewhere", "redirect"] = "here"


def way_of(route: Route, path: str) -> Way:
    """What the rewrites of a route make of a path, one after the other."""
    for one in route.rewrites:
        found = groups(one.pattern, path)
        if found == ():
            continue
        to = _filled(one.to, found, path) if found and one.to is not None else None
        if one.ends == "redirect" and found:
            return Way(path, one, "redirect")
        if one.ends == "here":
            return Way(to, one)
        if to != path:
            return Way(None, one, "elsewhere")
    return Way(_replaced(route, path))


def _filled(to: str, found: tuple[str, ...], path: str) -> str | None:
    """A path with the groups of its pattern, without what follows a question mark; None where it has other variables."""
    known = {str(number): text for number, text in enumerate(found)} | {"uri": path, "request_uri": path}
    known |= {"is_args": "", "args": "", "query_string": ""}
    text = re.sub(r"\$\{?(\d|[a-z_]\w*)\}?", lambda match: known.get(match[1], match[0]), to.partition("?")[0])
    return None if "$" in text else text


def is_told(route: Route, path: str) -> bool:
    """Whether it can be told what becomes of a path."""
    if not route.is_path_told or way_of(route, path).path is None:
        return False
    return route.becomes is None or _rewritten(route, path) is not None


def towards_upstream(route: Route, path: str) -> str:
    """The path as the upstream gets it, where that can be told."""
    return way_of(route, path).path or path


def _replaced(route: Route, path: str) -> str:
    if route.becomes is not None:
        return _rewritten(route, path) or path
    if prefix := next((one for one in route.takes_off if path.startswith(one)), ""):
        rest = path[len(prefix) :]
        return rest if rest.startswith("/") else f"/{rest}"
    if route.replaces is None or route.match == "regex":
        return path
    matched = route.path if path.startswith(route.path) else route.path.rstrip("/")
    rest = path[len(matched) :]
    if route.match == "segment" and route.replaces.endswith("/"):
        rest = rest.lstrip("/")
    return f"{route.replaces}{rest}" or "/"


def listens_elsewhere(listener: Listener, address: Address) -> str:
    """The address that a listener names, where it is not this one; empty where it may be this one."""
    if not _IN_NUMBERS.fullmatch(address.host) or listener.port in (None, address.port):
        return ""  # of listeners with names only those that fit are chosen, and ports are mapped on the way
    return f"{listener.hosts[0] if listener.hosts else 'any host'}:{listener.port}"


def told_elsewhere(configuration: Configuration, service: Service, address: Address) -> str:
    """The host at which a service is told to be, where that is not the one that is asked and no route leads there."""
    if not service.hosts or service in services_behind(configuration, address):
        return ""
    return service.hosts[0]


def services_behind(configuration: Configuration, address: Address) -> list[Service]:
    """The services that a request at this address reaches: by the host, else by the route's upstream."""
    by_host = [
        service for service in configuration.services if address.host in {host.partition(":")[0] for host in service.hosts}
    ]
    if by_host:
        return by_host
    names = {
        name for route in routes_of(configuration, address) if route.upstream for name in _names(configuration, route.upstream)
    }
    return [service for service in configuration.services if service.name in names]


def _names(configuration: Configuration, upstream: str) -> set[str]:
    hosts = {upstream.partition(":")[0]}
    hosts |= {
        address.partition(":")[0]
        for one in configuration.upstreams
        if one.name in (upstream, *hosts)
        for address in one.addresses
    }
    return hosts | {host.partition(".")[0] for host in hosts}


def pair_of_services(
    configuration: Configuration, websocket: Address, rest: Address | None
) -> tuple[Service | None, Service | None]:
    """The WebSocket's service and REST's, by host and route; by their names where neither says it. One may be both."""
    of_socket, of_rest = services_behind(configuration, websocket), services_behind(configuration, rest) if rest else []
    services = [service for service in configuration.services if service.secrets or service.variables or service.revisions]
    if not of_socket and len(services) == 1:
        return services[0], services[0]
    named = [service for service in services if _OF_WEBSOCKETS.search(service.name)]
    if not of_socket and len(named) == 1:
        of_socket = named
    others = [service for service in services if service not in of_socket]
    if not of_rest and of_socket and len(others) == 1:
        of_rest = others
    return (of_socket[0] if of_socket else None), (of_rest[0] if of_rest else None)
