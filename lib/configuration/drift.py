"""What REST's service and the WebSocket's are set up differently for, side by side: where one works and the other does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lib.configuration.findings.services import told
from lib.configuration.prediction import Address
from lib.configuration.serving import pair_of_services, routes_of
from lib.configuration.shape import Configuration, Place, Route, Secret, Service

NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing about the two services or routes, as each has it, and where the WebSocket's stands."""

    name: str
    rest: str
    websocket: str
    place: str

    @property
    def differs(self) -> bool:
        """Whether the two are told, and not alike."""
        return self.rest != self.websocket and NOT_TOLD not in (self.rest, self.websocket)


def aspects(configuration: Configuration, websocket: Address, rest: Address | None) -> list[Aspect]:
    """Everything that is told of either, what differs first; empty where one service and one route serve both."""
    if rest is None:
        return []
    socket, other = pair_of_services(configuration, websocket, rest)
    found: list[Aspect] = []
    if socket is not None and other is not None and socket.name != other.name:
        found += _of_services(other, socket)
    beside = {route.listener.selection: route for route in routes_of(configuration, rest)}
    for route in routes_of(configuration, websocket):
        one = beside.get(route.listener.selection)
        if one is not None and one != route:
            found += _of_routes(one, route)
    return sorted((one for one in found if (one.rest, one.websocket) != (NOT_TOLD, NOT_TOLD)), key=lambda one: not one.differs)


def _of_services(rest: Service, socket: Service) -> Iterator[Aspect]:
    place = str(socket.place)
    yield Aspect("service", rest.name, socket.name, place)
    ours, theirs = ({one.variable: one for one in service.secrets} for service in (socket, rest))
    for name in sorted({*ours, *theirs}):
        yield _of_secret(name, theirs.get(name), ours.get(name))
    for name in sorted({*rest.variables, *socket.variables} - {*ours, *theirs}):
        a, b = ("set" if name in one.variables else "not set" for one in (rest, socket))
        yield Aspect(f"variable {name}", a, b, place)
    for name, at_rest, at_socket in (
        ("ingress", rest.ingress, socket.ingress),
        ("who may invoke it", rest.invoker, socket.invoker),
        ("identity proxy", _yes(rest.identity_proxy_at), _yes(socket.identity_proxy_at)),
        ("HTTP towards it", rest.http, socket.http),
        ("longest request", _seconds(rest.timeout_s), _seconds(socket.timeout_s)),
        ("requests at once", rest.concurrency, socket.concurrency),
        ("instances at most", rest.instances, socket.instances),
        ("traffic", _traffic(rest), _traffic(socket)),
    ):
        yield Aspect(name, str(at_rest or NOT_TOLD), str(at_socket or NOT_TOLD), place)


def _of_secret(name: str, rest: Secret | None, socket: Secret | None) -> Aspect:
    # Values that are written in the files are told apart without being shown.
    own = "another value that is written there" if _differ_unshown(rest, socket) else ""
    place = next((str(one.place) for one in (socket, rest) if one), "")
    return Aspect(f"secret {name}", told(rest), own or told(socket), place)


def _differ_unshown(rest: Secret | None, socket: Secret | None) -> bool:
    return bool(rest and socket and rest.digest and socket.digest and rest.digest != socket.digest)


def _of_routes(rest: Route, socket: Route) -> Iterator[Aspect]:
    place = str(socket.place)
    for name, a, b in (
        ("route", rest.path, socket.path),
        ("upstream", rest.upstream, socket.upstream),
        ("upgrade passed on", _upgrade(rest), _upgrade(socket)),
        ("HTTP to the upstream", rest.http, socket.http),
        ("path towards the upstream", _path(rest), _path(socket)),
        ("headers that are changed", _headers(rest), _headers(socket)),
        ("bounds", _limits(rest), _limits(socket)),
        ("rules of its own", _policies(rest), _policies(socket)),
    ):
        yield Aspect(name, str(a or NOT_TOLD), str(b or NOT_TOLD), place)


def _yes(place: Place | None) -> str:
    return "yes" if place else "no"


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:g} s"


def _traffic(service: Service) -> str:
    return ", ".join(f"{one.percent:g}% {one.name}" for one in service.revisions if one.percent)


def _upgrade(route: Route) -> str:
    return {True: "yes", False: "no", None: "by itself"}[route.upgrade]


def _path(route: Route) -> str:
    if route.rewrites:
        return f"by {len(route.rewrites)} rewrite{'s' if len(route.rewrites) > 1 else ''}"
    return "as it is" if route.replaces is None else f"begins with {route.replaces}"


def _headers(route: Route) -> str:
    return ", ".join(f"{one.name} {one.action}" for one in route.headers if one.action != "passed") or "none"


def _limits(route: Route) -> str:
    return ", ".join(f"{one.name} {one.value:g}" if one.value else one.name for one in route.limits) or "none"


def _policies(route: Route) -> str:
    return ", ".join(one.words for one in route.policies) or "none"
