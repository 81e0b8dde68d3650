"""Traefik's dynamic configuration, from files and from labels."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lib.configuration.serving import pair_of_services, routes_of, towards_upstream
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


RESOURCES = f"""
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {{name: api, annotations: {{note: {CANARY}}}}}
spec:
  entryPoints: [websecure]
  routes:
  - {{kind: Rule, match: "Host(`api.staging.example`)", services: [{{name: app, port: 80}}]}}
  - kind: Rule
    match: HOST && PathPrefix(`/ws`)
    middlewares: [{{name: first, namespace: edge}}]
    services: [{{name: ws, port: 80, SERVICE}}]
"""
MIDDLEWARE = "apiVersion: traefik.containo.us/v1alpha1\nkind: Middleware\nmetadata: {name: first}\nspec: {SPEC}\n"


HERE = "Host(`api.staging.example`)"


def resources(host: str = HERE, service: str = "weight: 1", spec: str = "compress: {}") -> dict[str, str]:
    """Traefik's resources, the middleware in a file of its own."""
    return {
        "a__yaml": RESOURCES.replace("HOST", host).replace("SERVICE", service),
        "b__yaml": MIDDLEWARE.replace("SPEC", spec),
    }


def test_resources_in_kubernetes() -> None:
    """Nothing is predicted; the route's own line is told, and no annotation."""
    whole = read(**resources())
    (route,) = routes_of(whole, ASKED.websocket)
    assert (route.upstream, str(route.place), whole.unread) == ("ws", "a.yaml:10", ())
    assert (found(**resources()), CANARY in repr(whole)) == ([], False)


@pytest.mark.parametrize(
    ("changes", "predicted"),
    [
        ({"spec": "headers: {customRequestHeaders: {Authorization: ''}}"}, [("edge-strips-credential", "b.yaml:4")]),
        ({"spec": "stripPrefix: {prefixes: [/ws]}"}, []),
        ({"spec": "chain: {middlewares: [{name: missing}]}"}, []),
        ({"service": "scheme: h2c"}, [("edge-blocks-upgrade", "a.yaml:12")]),
        ({"service": "passHostHeader: false"}, [("forwarded-refused", "a.yaml:12")]),
    ],
)
def test_predictions_of_resources(changes: dict[str, str], predicted: list[tuple[str, str]]) -> None:
    """What a middleware and a service do, each at its own file and line."""
    assert [(one.cause, one.place) for one in found(**resources(**changes))] == predicted


@pytest.mark.parametrize(
    ("pattern", "fits"), [("^.+[.]staging[.]example$", True), ("{any:[a-z]+}.staging.example", True), ("^x", False)]
)
def test_patterns_of_hosts(pattern: str, fits: bool) -> None:
    """Both of Traefik's ways of writing one."""
    text = RESOURCES.replace(HERE, "Host(`other.example`)").replace("HOST", f"HostRegexp(`{pattern}`)").replace("SERVICE", "a: b")
    assert bool(routes_of(read(a__yaml=text), ASKED.websocket)) is fits


@pytest.mark.parametrize(
    ("rule", "upstream"),
    [
        ("!PathPrefix(`/ws`)", None),
        ("Headers(`X-Canary`, `1`)", None),
        ("Headers(`Upgrade`, `websocket`)", "ws"),
        ("Path(`/{name:ws|chat}`)", "ws"),
        ("PathRegexp(`^/(ws|chat)$`)", "ws"),
    ],
)
def test_rules(rule: str, upstream: str | None) -> None:
    """A rule that is denied or asks for more than host and path takes no handshake, a pattern does."""
    text = f'http:\n  routers:\n    ws: {{rule: "{rule}", service: ws}}\n'
    assert next((route.upstream for route in routes_of(read(a__yml=text), ASKED.websocket)), None) == upstream


def routed(rule: str, *, rival: str = "Host(`other.example`)", more: str = "", strips: str = "/x") -> str:
    """A router by this rule that takes the Authorization off, beside one that does nothing."""
    return f"""http:
  routers:
    rest: {{rule: "{rival}", service: a{more}}}
    ws: {{rule: "{rule}", service: a, middlewares: [bare, strip]}}
  middlewares:
    bare: {{headers: {{customRequestHeaders: {{Authorization: ''}}}}}}
    strip: {{stripPrefix: {{prefixes: [{strips}]}}}}
"""


WS = f"{HERE} && PathPrefix(`/ws`)"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (routed(WS), True),
        (routed(f"{WS} && !Headers(`Upgrade`, `websocket`)"), None),
        (routed(f"{WS} && Headers(`Upgrade`, `h2c`)"), None),
        (routed(f"{WS} && !Headers(`Upgrade`, `h2c`) && Method(`GET`)"), True),
        (routed(f"{WS} && HeadersRegexp(`Upgrade`, `(?i)web`)"), True),
        (routed(f"{HERE} && PathPrefix(`/ws`) && Headers(`X-Websocket`, `1`)"), None),
        (routed(f"{HERE} && !(PathPrefix(`/ws`))"), None),
        (routed(f"{HERE} && !PathPrefix(`/api`)"), True),
        (routed(f"({HERE} && PathPrefix(`/x`)) || (Host(`b.example`) && PathPrefix(`/ws`))"), None),
        (routed(f"!(!{HERE} || !PathPrefix(`/ws`))"), True),
        (routed(f"{WS} && Path(`/ws/other`)"), None),
        (routed(f"{HERE}; PathPrefix: /ws"), None),
        (routed(WS, rival=HERE, more=", priority: 1000"), None),
        (routed(WS, rival=HERE, more=", priority: '1'"), True),
        (routed(WS, rival=HERE, more=", priority: high"), False),
        (routed("PathPrefix(`/ws`)", rival=HERE), None),
        (routed(WS, rival=f"{WS} && Headers(`X-Canary`, `1`)"), False),
        (routed(WS, rival=f"{WS} && Headers(`Upgrade`, `h2c`)"), True),
        (routed(WS, rival="Host:a"), True),
    ],
)
def test_which_router_is_the_handshakes(text: str, plain: bool | None) -> None:
    """What a router does is plain only where its rule surely takes a handshake first; what may be another's is a lead."""
    assert [one.is_plain for one in found(a__yaml=text) if one.kind == "credential-header"] == [plain][: plain is not None]


@pytest.mark.parametrize(("prefix", "sent"), [("/ws", "/chat"), ("/ws/", "/chat"), ("/w", "/s/chat"), ("/api", "/ws/chat")])
def test_a_prefix_that_is_taken_off(prefix: str, sent: str) -> None:
    """The rest of the path keeps one slash, whatever the prefix that is taken off."""
    asked = replace(ASKED, websocket=replace(ASKED.websocket, path="/ws/chat"))
    (route,) = routes_of(read(a__yaml=routed(WS, strips=prefix)), asked.websocket)
    assert (towards_upstream(route, "/ws/chat"), "doubled-slash" in [one.kind for one in found(asked, a__yaml=routed(WS))]) == (
        sent,
        False,
    )


def test_a_host_that_is_not_passed() -> None:
    """The name that stands in its place is not told, and none is sent for it."""
    (one,) = found(a__yaml=traefik(passing="passHostHeader: 'false'"))
    assert (one.cause, one.forwards, one.words) == ("forwarded-refused", None, "the header host is overwritten")


@pytest.mark.parametrize(
    ("label", "predicted"), [("traefik.enable=false", []), ("traefik.enable=true", ["edge-strips-credential"])]
)
def test_a_container_that_is_left_alone(label: str, predicted: list[str]) -> None:
    """Labels of a container that Traefik is told to leave alone route nothing."""
    labels = [label, f"traefik.http.routers.ws.rule={WS}", "traefik.http.routers.ws.middlewares=m",
              "traefik.http.middlewares.m.headers.customrequestheaders.Authorization="]  # fmt: skip
    assert causes(a__yaml=f"services: {{ws: {{image: x, labels: {json.dumps(labels)}}}}}") == predicted
