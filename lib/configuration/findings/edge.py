"""What a route on the way does to a handshake: upgrades, headers, paths, versions, bounds, rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from lib.configuration.prediction import Asked, Finding, Kind
from lib.configuration.readers.nginx_values import looked_up, matches
from lib.configuration.serving import is_told, listens_elsewhere, routes_of, towards_upstream, way_of
from lib.configuration.shape import Configuration, Header, Policy, Route, Selection

_NEEDED = {"upgrade", "connection", "sec-websocket-key", "sec-websocket-version"}
_OTHER_CARRIERS = {"authorization": ("query", "cookie"), "cookie": ("authorization", "query")}
_PRODUCTS: Mapping[Selection, str] = {"nginx": "nginx", "first": "envoy"}
MOST_TRIED = 2
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z|.{{1,253}}:\d)(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]{{2,45}}\])(?::\d{{1,5}})?")
"""What may be sent as a Host: a name or an address, with or without a port."""
_PAST = "alternatives.hosts with the authority behind this hop"


def of_routes(configuration: Configuration, asked: Asked) -> Iterator[Finding]:
    """The findings about each hop that takes the handshake."""
    others = routes_of(configuration, asked.rest) if asked.rest else []
    for route in routes_of(configuration, asked.websocket):
        beside = next((one for one in others if one.listener.selection == route.listener.selection), None)
        elsewhere = listens_elsewhere(route.listener, asked.websocket)
        product = _PRODUCTS.get(route.listener.selection, "")
        for one in _of_route(route, beside, asked):
            named = "" if one.refused_with is None else product
            yield replace(one, elsewhere=elsewhere, product=named, is_plain=one.is_plain and not route.is_conditional)


def _of_route(route: Route, beside: Route | None, asked: Asked) -> Iterator[Finding]:
    way = way_of(route, asked.websocket.path)
    if route.is_open or (way.leads == "elsewhere" and route.answers is None):
        return
    if way.by and way.leads == "redirect":
        route = replace(route, answers=way.by.status, location=way.by.to, place=way.by.place)
    if route.answers is not None:
        yield from _answered_here(route, asked)
        return
    yield from _upgrade(route)
    for header in route.headers:
        yield from _header(header, asked)
    yield from _path(route, beside, asked)
    yield from _bounds(route, asked)
    for policy in route.policies:
        yield from _policy(policy, asked)


def _answered_here(route: Route, asked: Asked) -> Iterator[Finding]:
    if route.location and route.location.startswith("https://") and not (route.listener.is_tls or asked.websocket.is_secure):
        yield Finding(
            kind="sent-to-tls",
            cause="wrong-scheme",
            place=str(route.place),
            words=f"plain text is answered with {route.answers} and sent to https",
            predicts="the handshake is answered with a redirect to https or wss",
            probe="target.ws_url with wss",
        )
    elif route.answers in (401, 403):
        yield Finding(
            kind="answered-here",
            cause="edge-policy",
            place=str(route.place),
            words=f"this path is answered with {route.answers} before any upstream",
            predicts=f"every handshake is answered with {route.answers}, whatever it carries",
            refused_with=route.answers,
            probe=_PAST,
        )
    elif route.answers == 404:
        yield Finding(
            kind="nothing-here",
            cause="route-missing",
            place=str(route.place),
            words="this path is answered with 404 before any upstream",
            refused_with=404,
            predicts="the handshake gets what a path that cannot exist gets",
            probe="alternatives.paths with one that leads on",
        )


def _upgrade(route: Route) -> Iterator[Finding]:
    if route.upgrade is False:
        # Envoy answers an upgrade that is not enabled itself; other hops pass a plain request on.
        is_envoy = route.listener.selection == "first"
        yield Finding(
            kind="upgrade-not-enabled" if is_envoy else "upgrade-not-passed",
            refused_with=403 if is_envoy else None,
            cause="edge-blocks-upgrade",
            place=str(route.upgrade_at or route.place),
            words=route.upgrade_words,
            predicts="the handshake gets the answer of a plain GET, whatever it carries; past this hop it does not",
            probe=_PAST,
        )
    elif route.http in ("1.0", "2"):
        spoken = "HTTP/1.0, in which many servers upgrade nothing" if route.http == "1.0" else "HTTP/2, which has no Upgrade"
        yield Finding(
            kind="upstream-http-1.0" if route.http == "1.0" else "upstream-http-2",
            cause="edge-blocks-upgrade",
            place=str(route.http_at or route.place),
            words=f"the upstream is spoken to in {spoken}",
            predicts="the handshake gets no 101 through this hop; past it, it does",
            probe=_PAST,
            # Some servers do upgrade HTTP/1.0.
            is_plain=route.http == "2",
        )


def _header(header: Header, asked: Asked) -> Iterator[Finding]:
    cause = _broken_by(header, asked)
    if cause is None:
        return
    what = "is removed" if header.action == "removed" else "is overwritten" if not header.value else f"becomes {header.value}"
    of = "of the answer " if header.of == "response" else ""
    kind, predicts = _OF_HEADERS[cause]
    yield Finding(
        kind=kind,
        cause=cause,
        place=str(header.place),
        words=f"the header {header.name} {of}{what}",
        predicts=predicts,
        probe=_PAST,
        tries={"carriers": _OTHER_CARRIERS.get(header.name, ())} if cause == "edge-strips-credential" else {},
        # What is set to something else may be set to what the application wants, and many take a handshake without an Origin.
        is_plain=cause not in ("forwarded-refused", "origin-refused"),
        forwards=header.value
        if cause == "forwarded-refused" and header.name == "host" and _HOST.fullmatch(header.value or "")
        else None,
    )


_OF_HEADERS: Mapping[str, tuple[Kind, str]] = {
    "edge-strips-credential": (
        "credential-header",
        "alike with and without the credential; another carrier, or going past this hop, is accepted",
    ),
    "origin-refused": ("origin-header", "the configured Origin makes no difference here; past this hop it does"),
    "upgrade-damaged": ("answer-header", "the 101 arrives without this header"),
    "subprotocol-unanswered": ("answer-subprotocol", "the 101 names no subprotocol"),
    "subprotocol-refused": ("subprotocol-header", "offering a subprotocol makes no difference here; past this hop it does"),
    "forwarded-refused": ("forwarded-header", "past this hop the handshake is accepted"),
    "edge-blocks-upgrade": ("handshake-header", "the handshake is no valid one any more; past this hop it is accepted"),
}
"""By the cause that a header's treatment is: the kind of finding, and what it predicts."""


def _broken_by(header: Header, asked: Asked) -> str | None:
    """The cause that a header's treatment is, None where it harms no handshake."""
    if header.action == "passed":
        return None
    if header.of == "response":
        answered = {"upgrade", "connection", "sec-websocket-accept"}
        taken = header.name in answered and header.action in ("removed", "set")
        return (
            "upgrade-damaged"
            if taken
            else "subprotocol-unanswered"
            if header.name == "sec-websocket-protocol" and asked.subprotocols
            else None
        )
    if asked.carries == header.name:
        return "edge-strips-credential"
    if header.name in _NEEDED and not (header.name == "connection" and "upgrade" in (header.value or "").lower()):
        return "edge-blocks-upgrade" if header.action == "removed" or header.name == "connection" else None
    if header.name == "sec-websocket-protocol":
        return "subprotocol-refused" if asked.subprotocols else None
    if header.name == "origin":
        return "origin-refused" if asked.origin else None
    if header.name in ("host", "x-forwarded-host"):
        return "forwarded-refused" if header.action == "set" and header.value != asked.websocket.host else None
    if header.name == "x-forwarded-proto":
        return "forwarded-refused" if (header.value or "") != ("https" if asked.websocket.is_secure else "http") else None
    return None


def _path(route: Route, beside: Route | None, asked: Asked) -> Iterator[Finding]:
    path = asked.websocket.path
    if not is_told(route, path):
        return
    if beside and asked.rest and (beside.is_conditional or beside.is_open or not is_told(beside, asked.rest.path)):
        beside = None
    sent = towards_upstream(route, path)
    alike = "the handshake gets what a path that cannot exist gets"
    changes = _changes(route, path)
    if sent != path and "//" in sent and "//" not in path:
        yield _missing("doubled-slash", route, f"{path} becomes {sent} towards the upstream", alike, [])
    elif beside and asked.rest and _is_same_upstream(route, beside) and _differ(changes, _changes(beside, asked.rest.path)):
        prefix = _taken_off(beside, asked.rest.path)
        if changes:
            became = "is rewritten" if sent == path else f"becomes {sent}"
            words = f"{path} {became} towards {route.upstream}, and {asked.rest.path} stays as it is"
            yield _missing("prefix-taken-off", route, words, alike, [])
        elif path.startswith(f"{prefix}/"):
            words = f"{prefix} is taken off {asked.rest.path} and not off {path}, and both lead to {route.upstream}"
            yield _missing("prefix-kept", route, words, alike, [path[len(prefix) :]])


def _is_same_upstream(route: Route, beside: Route) -> bool:
    """Whether two routes lead to one upstream, by a name that is told."""
    return bool(route.upstream) and "$" not in (route.upstream or "") and route.upstream == beside.upstream


def _differ(one: bool | None, other: bool | None) -> bool:
    return {one, other} == {True, False}


def _changes(route: Route, path: str) -> bool | None:
    """Whether the upstream gets another path; what a pattern makes of it is not told.

    Of nginx whether it gets less of it, None where it becomes another one, which may be the very one that the application has.
    """
    if route.replaces is not None and route.match == "regex" and not route.rewrites:
        return True
    sent = towards_upstream(route, path)
    if sent == path or route.listener.selection != "nginx":
        return sent != path
    return True if sent == "/" or path.endswith(f"/{sent.lstrip('/')}") else None


def _taken_off(route: Route, path: str) -> str:
    """The prefix that a route takes off a path, without a slash at its end."""
    found = next((one for one in route.takes_off if path.startswith(one)), None)
    return (_literal(route.path) if found is None else found).rstrip("/")


def _literal(path: str) -> str:
    """What a pattern of paths begins with."""
    found = re.match(r"\^?([\w/.-]*)", path)
    return found[1] if found else ""


def _missing(kind: Kind, route: Route, words: str, predicts: str, paths: list[str]) -> Finding:
    return Finding(
        kind=kind,
        cause="route-missing",
        place=str(route.replaced_at or route.place),
        words=words,
        predicts=predicts,
        probe="alternatives.paths",
        tries={"paths": tuple(paths)} if paths else {},
    )


def _bounds(route: Route, asked: Asked) -> Iterator[Finding]:
    for limit in route.limits:
        if limit.kind == "idle_s" and asked.idle_s is not None and 0 < limit.value <= asked.idle_s:
            yield Finding(
                kind="idle-bound",
                cause="idle-closed",
                place=str(limit.place),
                words=f"{limit.name} ends what is quiet for {limit.value:g} s",
                predicts=f"a session left idle is ended after {limit.value:g} s",
                probe=f"target.idle_s: {limit.value + 5:g}",
            )
        elif limit.kind == "header_bytes" and asked.longest_header_bytes and limit.value < asked.longest_header_bytes:
            yield Finding(
                kind="header-bound",
                cause="request-too-large",
                place=str(limit.place),
                words=f"{limit.name} takes {limit.value:g} bytes, and a line of this handshake has {asked.longest_header_bytes}",
                predicts="the handshake is answered with 400, 414 or 431; a shorter token is not",
            )
        elif limit.kind in ("rate", "connections"):
            cause = "rate-limited" if limit.kind == "rate" else "connection-limit"
            said = f" ({limit.value:g})" if limit.value else ""
            yield Finding(
                kind="rate-bound" if limit.kind == "rate" else "connections-bound",
                cause=cause,
                place=str(limit.place),
                words=f"{limit.name} bounds what is let in{said}",
                is_plain=False,
                predicts="the first is let in, and the next ones without a pause are not"
                if limit.kind == "rate"
                else "the sockets beyond the bound are refused while the others stay open",
            )


def _policy(policy: Policy, asked: Asked) -> Iterator[Finding]:
    if policy.kind == "client-certificate":
        if not asked.has_client_certificate:
            yield Finding(
                kind="client-certificate",
                cause="client-certificate-missing",
                place=str(policy.place),
                words=policy.words,
                predicts="no handshake passes without a client certificate",
                probe="target.tls with a certificate and its key",
            )
        return
    if policy.kind == "origin":
        if refuses_origin(policy, asked.origin):
            yield Finding(
                kind="origin-rule",
                cause="origin-refused",
                place=str(policy.place),
                words=f"{policy.words}, and {asked.origin or 'no Origin'} is one of those",
                predicts="with another Origin the handshake passes",
                probe="alternatives.origins with one that is listed there",
                tries={"origins": tried} if (tried := _let_in(policy)) else {},
                refused_with=policy.answers,
            )
        return
    is_of_upgrades = policy.kind == "upgrade"
    yield Finding(
        kind="upgrade-rule" if is_of_upgrades else "access-rule",
        cause="edge-blocks-upgrade" if is_of_upgrades else "edge-policy",
        place=str(policy.place),
        words=policy.words,
        predicts="the handshake is refused before the application sees it; past this hop it is not",
        probe=_PAST,
        is_plain=policy.kind in ("deny", "identity-proxy", "upgrade"),
        refused_with=policy.answers,
    )


def refuses_origin(policy: Policy, origin: str | None) -> bool:
    """Whether a condition on the Origin (an operator and what it is compared with) surely holds of this one."""
    operator, _, wanted = (policy.pattern or "").partition(" ")
    held = looked_up(policy.table, origin or "") if policy.table else origin or ""
    if held is None:
        return False
    held = held.replace("$http_origin", origin or "")
    if "$" in held:
        return False  # a variable that is filled elsewhere
    if not operator:
        return held not in ("", "0")
    found = matches(wanted, held, folds_case="*" in operator) if "~" in operator else held == wanted
    return found is not None and found != operator.startswith("!")


def _let_in(policy: Policy) -> tuple[str, ...]:
    """The origins that a condition names and does not refuse."""
    named = [name for name, _ in policy.table] or [(policy.pattern or "").partition(" ")[2]]
    origins = [one for one in named if one.startswith(("https://", "http://"))]
    return tuple(one for one in origins if not refuses_origin(policy, one))[:MOST_TRIED]
