"""Traefik's dynamic configuration, from files and from labels."""

from __future__ import annotations

import pytest

from lib.configuration.serving import pair_of_services, routes_of
from tests.configuration.samples import ASKED, CANARY, causes, found, read

TRAEFIK = f"""
http:
  routers:
    rest: {{rule: "Host(`api.staging.example`) && PathPrefix(`/api`)", service: app, tls: {{}}}}
    sockets:
      rule: "Host(`api.staging.example`) && PathPrefix(`/ws`)"
      entryPoints: [websecure]
      middlewares: [chained@file]
      service: app
      tls: {{certResolver: le}}
  middlewares:
    chained: {{chain: {{middlewares: [one]}}}}
    one:
      MIDDLEWARE
    users: {{basicAuth: {{users: ["a:{CANARY}"]}}}}
  services:
    app: {{loadBalancer: {{servers: [{{url: "http://u:{CANARY}@ws:8080"}}], PASSING}}}}
"""


def traefik(middleware: str = "compress: {}", passing: str = "sticky: {}") -> str:
    """A Traefik with this middleware on the WebSocket's router."""
    return TRAEFIK.replace("MIDDLEWARE", middleware).replace("PASSING", passing)


def test_a_router_that_does_its_work() -> None:
    """Nothing is predicted; router, middlewares and server are told, and no credential of any."""
    whole = read(a__yaml=traefik())
    assert [route.upstream for route in routes_of(whole, ASKED.websocket)] == ["app"]
    assert [one.addresses for one in whole.upstreams] == [("ws:8080",)]
    assert (found(a__yaml=traefik()), CANARY in repr(whole)) == ([], False)


@pytest.mark.parametrize(
    ("middleware", "predicted"),
    [
        ("headers: {customRequestHeaders: {Authorization: ''}}", ["edge-strips-credential"]),
        ("headers: {customRequestHeaders: {Connection: keep-alive}}", ["edge-blocks-upgrade"]),
        ("headers: {customRequestHeaders: {X-Forwarded-Proto: http}}", ["forwarded-refused"]),
        ("headers: {customRequestHeaders: {X-Forwarded-Proto: https}}", []),
        ("headers: {customResponseHeaders: {Sec-WebSocket-Accept: ''}}", ["upgrade-damaged"]),
        ("ipAllowList: {sourceRange: [10.0.0.0/8]}", ["edge-policy"]),
        ("forwardAuth: {address: 'http://authelia:9091/api/verify'}", ["edge-policy"]),
        ("rateLimit: {average: 5}", ["rate-limited"]),
        ("inFlightReq: {amount: 2}", ["connection-limit"]),
        ("stripPrefix: {prefixes: [/ws]}", ["route-missing"]),
        ("redirectScheme: {scheme: https}", []),
    ],
)
def test_predictions(middleware: str, predicted: list[str]) -> None:
    """Each middleware that keeps a handshake from its service is one prediction, through chains too."""
    assert causes(a__yaml=traefik(middleware)) == predicted


def test_hosts_and_versions() -> None:
    """A Host that is not passed on and a server that is spoken to in HTTP/2 are told."""
    assert causes(a__yaml=traefik(passing="passHostHeader: false")) == ["forwarded-refused"]
    assert causes(a__yaml=traefik().replace("http://u", "h2c://u")) == ["edge-blocks-upgrade"]


def test_labels() -> None:
    """A container's labels are the same configuration, whatever their case; the container is the service behind."""
    labels = "\n".join(
        f'      - "traefik.http.{text}"'
        for text in ("routers.ws.rule=Host(`api.staging.example`) && PathPrefix(`/ws`)", "routers.ws.middlewares=m@docker",
                     "middlewares.m.headers.customrequestheaders.Authorization=")
    )  # fmt: skip
    text = f"services:\n  live:\n    image: x\n    labels:\n{labels}\n    environment: {{A: b}}\n"
    assert causes(a__yaml=text) == ["edge-strips-credential"]
    assert pair_of_services(read(a__yaml=text), ASKED.websocket, None)[0].name == "live"


def test_what_is_unread() -> None:
    """A middleware that is not known, or not there, is counted."""
    whole = read(a__yaml=traefik("mirroring: {}").replace("middlewares: [one]", "middlewares: [one, missing]"))
    assert [one.what for one in whole.unread] == ["traefik: the middleware mirroring", "traefik: a middleware that is not there"]


def test_what_is_empty_where_settings_are_wanted() -> None:
    """A middleware, a service and a match without settings end no reading."""
    text = """http:
  routers: {ws: {rule: 'Path(`/ws`)', service: away, middlewares: [bare]}}
  middlewares: {bare: {headers: null, rateLimit: }}
"""
    (route,) = read(t__yml=text).routes
    assert (route.path, route.upstream, [limit.name for limit in route.limits]) == ("/ws", "away", ["rateLimit"])
