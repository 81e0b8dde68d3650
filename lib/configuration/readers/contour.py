"""Contour: the routes of an HTTPProxy, which pass no upgrade on unless they say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.readers.handshakes import all_of, header_set, holds, is_present, negated
from lib.configuration.readers.resources import Resource
from lib.configuration.shape import Configuration, Count, Header, Limit, Listener, Policy, Route
from lib.configuration.values import seconds

Named = Mapping[tuple[str, str], Resource]
_INCLUDED = "contour: an HTTPProxy that is included, or includes"
_ABSENT = "(not there)"
_ORDER = ("exact", "regex", "segment")
_ADDRESSES = (
    ("ipAllowPolicy", "ipAllowPolicy: only listed addresses are let in"),
    ("ipDenyPolicy", "ipDenyPolicy: listed addresses are refused"),
)
_OF_HOSTS = frozenset({"fqdn", "tls", "authorization", "jwtProviders", "corsPolicy", "ipAllowPolicy", "ipDenyPolicy"})
_OF_ROUTES = frozenset(
    """
    conditions services enableWebsockets permitInsecure timeoutPolicy retryPolicy healthCheckPolicy loadBalancerPolicy
    pathRewritePolicy requestHeadersPolicy responseHeadersPolicy cookieRewritePolicies requestRedirectPolicy
    directResponsePolicy ipAllowPolicy ipDenyPolicy
    """.split()  # noqa: SIM905  names read better as words
) | {_ABSENT}
MAX_INCLUDED = 5


def is_known(document: Map) -> bool:
    """Whether this is an HTTPProxy."""
    return document.get("kind") == "HTTPProxy" and str(document.get("apiVersion", "")).startswith("projectcontour.io/")


def read(resources: Iterable[Resource], count: Count) -> Configuration:
    """What these HTTPProxies say, each with those that it includes."""
    given = list(resources)
    named = {(one.namespace, one.name): one for one in given}
    used: set[tuple[str, str]] = set()
    routes = [route for one in given for route in _proxy(one, named, used, count)]
    for one in given:
        if not at(one.document, "spec", "virtualhost", "fqdn") and (one.namespace, one.name) not in used:
            count(_INCLUDED, one.place(one.document, "spec"))
    return Configuration(routes=tuple(routes))


def _proxy(one: Resource, named: Named, used: set[tuple[str, str]], count: Count) -> list[Route]:
    spec, host = mapping(one.document, "spec"), mapping(one.document, "spec", "virtualhost")
    name, tls = str(host.get("fqdn") or "").lower(), mapping(host, "tls")
    if not name:
        return []
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
        *_ADDRESSES,
    ):
        if host.get(key):
            kind: Literal["address", "permission"] = "address" if key.startswith("ip") else "permission"
            policies.append(Policy(kind=kind, words=words, place=one.place(host, key, f"spec.virtualhost.{key}")))
    _unread(one, host, _OF_HOSTS, count)
    made = [
        route
        for way in _ways(one, spec, [], named, used, count, MAX_INCLUDED)
        for route in _route(*way, listener, policies, count)
    ]
    # As many conditions as there are beside the path, so early is a route of the same path.
    return sorted(made, key=lambda route: (_ORDER.index(route.match), -len(route.path), -route.priority))


def _ways(
    one: Resource, spec: Map, outer: list[Map], named: Named, used: set[tuple[str, str]], count: Count, left: int
) -> Iterator[tuple[Resource, Map, list[Map]]]:
    """The routes of a proxy and of those that it includes, each with all its conditions; one that is not there has no route."""
    for route in maps(spec, "routes"):
        yield one, route, [*outer, *maps(route, "conditions")]
    for include in maps(spec, "includes"):
        key = (str(include.get("namespace") or one.namespace), str(include.get("name")))
        conditions = [*outer, *maps(include, "conditions")]
        if key in named and left:
            used.add(key)
            yield from _ways(named[key], mapping(named[key].document, "spec"), conditions, named, used, count, left - 1)
        else:
            count(_INCLUDED, one.place(include, "name", "spec.includes"))
            yield one, Map({_ABSENT: True}, line=include.line), conditions


def _route(
    one: Resource, route: Map, conditions: list[Map], listener: Listener, policies: list[Policy], count: Count
) -> Iterator[Route]:
    path, kind = _path(conditions)
    asked = [condition for condition in conditions if not condition.keys() & {"prefix", "exact", "regex"}]
    said = all_of(_holds(condition) for condition in asked)
    if said is None:
        count("contour: a condition on more than the path", one.place(route, "conditions", "spec.routes"))
    if said is False:
        return
    _unread(one, route, _OF_ROUTES, count)
    service = next((one for one in maps(route, "services") if one.get("mirror") is not True), Map())
    rewrite, idle = _rewrite(route, path), mapping(route, "timeoutPolicy")
    limit_s = seconds(idle.get("idle"))
    idle_at = one.place(idle, "idle", "spec.routes.timeoutPolicy.idle")
    answers, location = _answered(route)
    passes = None if answers else route.get("enableWebsockets") is True
    yield Route(
        listener=listener,
        path=path,
        match=kind,
        place=one.place(route, "conditions", "spec.routes"),
        priority=len(asked),
        is_conditional=said is None or _ABSENT in route,
        upstream=str(service.get("name") or "") or None,
        replaces=str(rewrite["replacement"]) if "replacement" in rewrite else None,
        replaced_at=one.place(rewrite, "replacement", "spec.routes.pathRewritePolicy"),
        http="2" if service.get("protocol") in ("h2", "h2c") else None,
        http_at=one.place(service, "protocol", "spec.routes.services.protocol"),
        upgrade=passes,
        upgrade_at=one.place(route, "enableWebsockets" if "enableWebsockets" in route else "services", "spec.routes"),
        upgrade_words="enableWebsockets is not set on this route" if passes is False else "",
        headers=tuple(_headers(one, route, count)),
        limits=(Limit(name="timeoutPolicy.idle", kind="idle_s", value=limit_s, place=idle_at),) if limit_s else (),
        policies=(*policies, *_addresses(one, route)),
        answers=answers,
        location=location,
    )


def _addresses(one: Resource, route: Map) -> list[Policy]:
    return [
        Policy(kind="address", words=words, place=one.place(route, key, f"spec.routes.{key}"))
        for key, words in _ADDRESSES
        if route.get(key)
    ]


def _unread(one: Resource, said: Map, known: frozenset[str], count: Count) -> None:
    for key in said.keys() - known:
        count(f"contour: {key[:60]}" if re.fullmatch(r"[a-z]\w*", key, re.IGNORECASE) else "contour: a key", one.place(said, key))


def _answered(route: Map) -> tuple[int | None, str | None]:
    """What is answered here, without any upstream."""
    status, redirect = at(route, "directResponsePolicy", "statusCode"), mapping(route, "requestRedirectPolicy")
    if redirect:
        code = redirect.get("statusCode")
        return code if isinstance(code, int) else 302, "https://" if redirect.get("scheme") == "https" else ""
    return (status, None) if isinstance(status, int) else (None, None)


def _rewrite(route: Map, path: str) -> Map:
    """What the prefix of a route becomes: the entry for its prefix, else the one for any."""
    given = maps(route, "pathRewritePolicy", "replacePrefix")
    return next((one for prefix in (path, None) for one in given if (one.get("prefix") or None) == prefix), Map())


def _path(conditions: list[Map]) -> tuple[str, Literal["exact", "segment", "regex"]]:
    """The path of a route: what its conditions say together, from the outermost on."""
    path = ""
    for one in conditions:
        if "prefix" in one:
            path = f"{path}{one['prefix']}".replace("//", "/")
        elif "exact" in one:
            return f"{path}{one['exact']}".replace("//", "/"), "exact"
        elif "regex" in one:
            return f"^(?:{re.escape(path.rstrip('/'))}{one['regex']})$", "regex"
    return path or "/", "segment"


def _holds(condition: Map) -> bool | None:
    """Whether a condition on anything but the path holds of a handshake."""
    header = mapping(condition, "header")
    name = str(header.get("name", ""))
    if condition.keys() != {"header"} or not name:
        return None
    said: list[bool | None] = []
    for key, wanted in header.items():
        if key in ("present", "notpresent"):
            said.append(is_present(name) if key == "present" else negated(is_present(name)))
            if wanted is not True:
                said[-1] = None
        elif key in ("exact", "notexact", "contains", "notcontains", "regex"):
            found = holds(name, key.removeprefix("not"), str(wanted), folds_case=header.get("ignoreCase") is True)
            said.append(negated(found) if key.startswith("not") else found)
        elif key not in ("name", "ignoreCase", "treatMissingAsEmpty"):
            said.append(None)
    return all_of(said) if said else None


def _headers(one: Resource, route: Map, count: Count) -> Iterator[Header]:
    sides: dict[str, Literal["request", "response"]] = {"requestHeadersPolicy": "request", "responseHeadersPolicy": "response"}
    for key, of in sides.items():
        changes = mapping(route, key)
        for name in texts(changes, "remove"):
            yield Header(name=name.lower(), action="removed", of=of, place=one.place(changes, "remove", f"spec.routes.{key}"))
        for item in maps(changes, "set"):
            place = one.place(item, "name", f"spec.routes.{key}")
            if header := header_set(str(item.get("name")), str(item.get("value")), place, of):
                yield header
            else:
                count("contour: a header that a variable fills", place)
