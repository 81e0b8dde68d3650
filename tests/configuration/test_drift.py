"""REST's service and route beside the WebSocket's."""

from __future__ import annotations

from lib.configuration.drift import aspects
from tests.configuration.samples import ASKED, CANARY, PASSES, knative, nginx, read


def rows(**texts: str) -> dict[str, tuple[str, str]]:
    """What differs, by its name."""
    return {one.name: (one.rest, one.websocket) for one in aspects(read(**texts), ASKED.websocket, ASKED.rest) if one.differs}


def test_services_that_differ() -> None:
    """Secrets by name and version, HTTP, timeout and ingress of two services, what differs first."""
    ws = knative("ws", "8").replace("name: http1", "name: h2c").replace("3600", "60").replace("ingress: all", "ingress: internal")
    assert rows(a__yaml=knative("rest"), b__yaml=ws) == {
        "service": ("rest", "ws"),
        "secret JWT_SECRET": ("jwt-secret-staging version 7", "jwt-secret-staging version 8"),
        "ingress": ("all", "internal"),
        "HTTP towards it": ("1.1", "2"),
        "longest request": ("3600 s", "60 s"),
        "traffic": ("100% rest-00042", "100% ws-00042"),
    }
    told = [one.differs for one in aspects(read(a__yaml=knative("rest"), b__yaml=ws), ASKED.websocket, ASKED.rest)]
    assert told == sorted(told, reverse=True)


def test_routes_that_differ() -> None:
    """Two locations of one proxy: what is passed on, bounds and rules."""
    told = rows(a__conf=nginx(f'{PASSES} deny all; proxy_set_header Authorization "";'))
    assert told["upgrade passed on"] == ("no", "yes")
    assert told["headers that are changed"] == ("none", "authorization removed")
    assert told["rules of its own"] == ("none", "deny all")


def test_one_service_for_both() -> None:
    """Where one service and one route serve both there is nothing to compare, nor without REST."""
    assert rows(a__yaml=knative("app")) == {}
    assert aspects(read(a__yaml=knative("rest"), b__yaml=knative("ws")), ASKED.websocket, None) == []


def test_values_that_are_written_there() -> None:
    """Two .env files that hold different values are told to differ, without either."""
    told = rows(**{"rest/__env": f"JWT_SECRET={CANARY}", "ws/__env": f"JWT_SECRET={CANARY}2"})
    assert told["secret JWT_SECRET"] == ("a value that is written there", "another value that is written there")


def test_a_written_value_beside_a_reference() -> None:
    """The name that one service reads is shown, whatever stands in the other's file."""
    told = rows(**{"rest/__env": f"JWT_SECRET={CANARY}", "ws/__env": "JWT_SECRET=${OTHER_SECRET}"})
    assert told["secret JWT_SECRET"] == ("a value that is written there", "$OTHER_SECRET")
