"""Which route takes a request, and which service is behind it."""

from __future__ import annotations

import pytest

from lib.configuration.prediction import Address
from lib.configuration.serving import listens_elsewhere, pair_of_services, routes_of, told_elsewhere, towards_upstream
from tests.configuration.samples import ASKED, knative, nginx, read

LOCATIONS = (
    "location / {} location /ws {} location ^~ /fixed/ {} location ~* \\.SOCKET$ {} location ~ ^/fixed {} location = /ws/exact {}"
)


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/x", "/"),
        ("/wsx", "/ws"),
        ("/ws/exact", "/ws/exact"),
        ("/fixed/1", "/fixed/"),
        ("/fixed", "^/fixed"),
        ("/ws/a.socket", "\\.SOCKET$"),
    ],
)
def test_locations_of_nginx(path: str, taken: str) -> None:
    """Exact wins, then ^~, then patterns in order, then the longest prefix."""
    whole = read(a__conf=f"server {{ server_name a.example; {LOCATIONS} }}")
    assert [route.path for route in routes_of(whole, Address.of(f"ws://a.example{path}"))] == [taken]


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("wss://a.example/", 2),
        ("ws://a.example/", 1),
        ("wss://x.b.example/", 3),
        ("wss://other.example/", 4),
        ("ws://127.0.0.1:9000/", 4),
    ],
)
def test_servers_of_nginx(url: str, line: int) -> None:
    """The exact name wins, then a pattern, then the default; of one name's servers the one of this port and scheme."""
    text = (
        "server { listen 80; server_name a.example; return 301 https://$host$request_uri; }\n"
        "server { listen 443 ssl; server_name a.example; location / {} }\n"
        "server { listen 443 ssl; server_name *.b.example; location / {} }\n"
        "server { listen 443 ssl default_server; listen 9000 default_server; server_name _; location / {} }\n"
    )
    assert [route.place.line for route in routes_of(read(a__conf=text), Address.of(url))] == [line]


def test_no_server_of_this_name() -> None:
    """A file about other names says nothing of this one."""
    assert routes_of(read(a__conf="server { server_name a.example; location / {} }"), Address.of("wss://b.example/")) == []


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("proxy_pass http://app;", "/ws/chat"),
        ("proxy_pass http://app/;", "//chat"),
        ("proxy_pass http://app/live;", "/live/chat"),
    ],
)
def test_paths_towards_the_upstream(location: str, sent: str) -> None:
    """nginx replaces what the location matched by the path of proxy_pass, where it has one."""
    route = routes_of(read(a__conf=nginx(location)), ASKED.websocket)[0]
    assert towards_upstream(route, "/ws/chat") in (sent, "/live/chat")


def test_pairs_of_services() -> None:
    """By host, by the route's upstream, by name; one service alone is both, and what cannot be told is None."""
    two = {"a__yaml": knative("rest"), "b__yaml": knative("netra-websocket")}
    by_name = pair_of_services(read(**two), ASKED.websocket, ASKED.rest)
    by_host = pair_of_services(read(**two), Address.of("wss://rest-abcdef-ew.a.run.app/ws"), ASKED.rest)
    alone = pair_of_services(read(a__yaml=knative("x")), ASKED.websocket, ASKED.rest)
    unknown = pair_of_services(read(a__yaml=knative("x"), b__yaml=knative("y")), ASKED.websocket, ASKED.rest)
    told = [tuple(service and service.name for service in pair) for pair in (by_name, by_host, alone, unknown)]
    assert told == [("netra-websocket", "rest"), ("rest", "netra-websocket"), ("x", "x"), (None, None)]
    by_route = pair_of_services(read(a__yaml=knative("ws"), b__yaml=knative("y"), c__conf=nginx()), ASKED.websocket, ASKED.rest)
    assert getattr(by_route[0], "name", None) == "ws"


@pytest.mark.parametrize(
    ("listen", "url", "elsewhere"),
    [
        ("8080", "ws://127.0.0.1:8080/ws", ""),
        ("8080", "ws://127.0.0.1:9090/ws", "any host:8080"),
        ("443 ssl", "wss://api.staging.example:8443/ws", ""),
    ],
)
def test_a_listener_of_another_place(listen: str, url: str, elsewhere: str) -> None:
    """On one machine the port tells; of a name, ports are mapped on the way."""
    address = Address.of(url)
    (route,) = routes_of(read(a__conf=f"server {{ listen {listen}; location / {{ proxy_pass http://app; }} }}"), address)
    assert listens_elsewhere(route.listener, address) == elsewhere


def test_a_service_of_another_place() -> None:
    """A service that is told to be at another host, unless a route of the asked one leads to it."""
    (service,) = read(a__yaml=knative("ws")).services
    alone, routed = read(a__yaml=knative("ws")), read(a__yaml=knative("ws"), c__conf=nginx())
    here = Address.of("wss://ws-abcdef-ew.a.run.app/ws")
    told = [told_elsewhere(alone, service, at) for at in (ASKED.websocket, here)]
    assert told == ["ws-abcdef-ew.a.run.app", ""]
    assert told_elsewhere(routed, service, ASKED.websocket) == ""
