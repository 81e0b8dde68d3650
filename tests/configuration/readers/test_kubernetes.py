"""Kubernetes: routes, and what is said of their backends."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lib.configuration.serving import is_told, pair_of_services, routes_of, towards_upstream
from tests.configuration.samples import ASKED, CANARY, causes, found, read

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: edge
  annotations:
    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
    ANNOTATION
spec:
  ingressClassName: nginx
  tls: [{hosts: [api.staging.example], secretName: tls}]
  rules:
  - host: api.staging.example
    http:
      paths:
      - {path: /api, pathType: Prefix, backend: {service: {name: rest, port: {number: 80}}}}
      - {path: /ws, pathType: Prefix, backend: {service: {name: sockets, port: {number: 80}}}}
"""

SERVICES = f"""
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: sockets
    annotations:
      cloud.google.com/backend-config: '{{"default": "sockets-config"}}'
      kubectl.kubernetes.io/last-applied-configuration: '{CANARY}'
  spec:
    selector: {{app: ws}}
    ports: [{{port: 80, targetPort: 8080, APP_PROTOCOL}}]
- apiVersion: apps/v1
  kind: Deployment
  metadata: {{name: ws-v2}}
  spec:
    replicas: 3
    template:
      metadata: {{labels: {{app: ws, tier: x}}}}
      spec:
        containers:
        - name: app
          env:
          - {{name: JWT_SECRET, valueFrom: {{secretKeyRef: {{name: jwt-ws, key: current}}}}}}
          - {{name: DB_PASSWORD, value: {CANARY}}}
          envFrom: [{{secretRef: {{name: app-env}}}}]
- apiVersion: cloud.google.com/v1
  kind: BackendConfig
  metadata: {{name: sockets-config}}
  spec:
    timeoutSec: 3600
    BACKEND
- apiVersion: v1
  kind: Secret
  metadata: {{name: jwt-ws}}
  data: {{current: {CANARY}}}
"""

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: edge}
spec:
  parentRefs: [{name: external}]
  hostnames: [api.staging.example]
  rules:
  - matches: [{path: {type: PathPrefix, value: /ws}}]
    backendRefs: [{name: sockets, port: 80}]
    RULE
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: external}
spec:
  gatewayClassName: CLASS
"""


CHANGES = "filters: [{type: RequestHeaderModifier, requestHeaderModifier:"


def ingress(annotation: str = "") -> str:
    """An Ingress with this annotation."""
    return INGRESS.replace("ANNOTATION", annotation or "example.com/x: y")


def services(backend: str = "{}", protocol: str = "name: http") -> str:
    """A Service, its Deployment, and a BackendConfig that says this."""
    return SERVICES.replace("    BACKEND", "" if backend == "{}" else f"    {backend}").replace("APP_PROTOCOL", protocol)


def test_what_is_routed_where() -> None:
    """Ingress, Service, selector and Deployment lead from a path to the workload; names of secrets, and no value."""
    whole = read(a__yaml=ingress(), b__yaml=services())
    route = routes_of(whole, ASKED.websocket)[0]
    assert (route.path, route.upstream, str(route.place)) == ("/ws", "sockets", "a.yaml:18")
    socket, _ = pair_of_services(whole, ASKED.websocket, None)
    assert [(one.variable, one.name) for one in socket.secrets] == [("JWT_SECRET", "jwt-ws/current"), ("envFrom", "app-env")]
    assert (CANARY in repr(whole), [one.what for one in whole.unread]) == (False, ["a resource of kind Secret"])
    assert found(a__yaml=ingress(), b__yaml=services()) == []


def test_a_list_in_place_of_ports_names_no_backend_config() -> None:
    """An annotation of another shape than GKE's is passed over, and the rest of the file is read."""
    text = re.sub(
        r"(cloud\.google\.com/backend-config): .*", r"""\1: '{"ports": ["sockets-config"]}'""", services("iap: {enabled: true}")
    )
    assert causes(a__yaml=ingress(), b__yaml=text) == []


@pytest.mark.parametrize(
    ("backend", "predicted"),
    [
        ("iap: {enabled: true}", ["edge-policy"]),
        ("securityPolicy: {name: armor}", ["edge-policy"]),
        ("timeoutSec: 30", ["idle-closed"]),
        ("customRequestHeaders: {headers: ['Authorization:']}", ["edge-strips-credential"]),
    ],
)
def test_backend_configs_of_gke(backend: str, predicted: list[str]) -> None:
    """Identity proxy, security policy, timeout and headers of a BackendConfig reach the routes of the Service that names it."""
    text = services(backend).replace("timeoutSec: 3600\n", "") if backend.startswith("timeout") else services(backend)
    assert causes(a__yaml=ingress(), b__yaml=text) == predicted


@pytest.mark.parametrize("protocol", ["appProtocol: kubernetes.io/h2c", "appProtocol: HTTP2"])
def test_http2_to_a_service(protocol: str) -> None:
    """A port that is spoken to in HTTP/2 gets no upgrade."""
    assert causes(a__yaml=ingress(), b__yaml=services(protocol=protocol)) == ["edge-blocks-upgrade"]


@pytest.mark.parametrize(
    ("rule", "kind", "predicted"),
    [
        ("timeouts: {request: 30s}", "gke-l7-global-external-managed", ["idle-closed"]),
        (
            f"{CHANGES} {{remove: [Authorization]}}}}]",
            "x",
            ["edge-strips-credential"],
        ),
        (
            "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: Origin, value: x}]}}]",
            "x",
            ["origin-refused"],
        ),
        ("filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {remove: [Upgrade]}}]", "x", ["upgrade-damaged"]),
        ("filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]", "x", []),
        ("name: plain", "gke-l7-rilb", ["edge-policy"]),
        ("name: plain", "gke-l7-global-external-managed", []),
    ],
)
def test_gateways(rule: str, kind: str, predicted: list[str]) -> None:
    """Filters and timeouts of an HTTPRoute, and a Gateway that is reached from inside alone."""
    assert causes(a__yaml=ROUTE.replace("RULE", rule).replace("CLASS", kind)) == predicted


def test_a_policy_that_is_attached_to_a_service() -> None:
    """GCPBackendPolicy names its Service itself."""
    policy = "apiVersion: networking.gke.io/v1\nkind: GCPBackendPolicy\nmetadata: {name: p}\nspec:\n  default: {timeoutSec: 40}\n"
    text = f"{policy}  targetRef: {{kind: Service, name: sockets}}\n"
    assert causes(a__yaml=ROUTE.replace("RULE", "name: x").replace("CLASS", "x"), b__yaml=text) == ["idle-closed"]


def test_a_prefix_that_is_taken_off_for_one_of_two() -> None:
    """Two Ingresses lead to one Service, and only REST's takes the prefix off."""
    rest = (
        ingress("nginx.ingress.kubernetes.io/rewrite-target: /$2")
        .replace("/api,", "/api(/|$)(.*),")
        .replace("name: rest", "name: sockets")
    )
    rest = "\n".join(line for line in rest.splitlines() if "path: /ws" not in line)
    socket = "\n".join(
        line for line in ingress().replace("/ws,", "/api/websocket/live,").splitlines() if "path: /api," not in line
    )
    asked = replace(ASKED, websocket=replace(ASKED.websocket, path="/api/websocket/live"))
    told = found(asked, a__yaml=rest, b__yaml=socket)
    assert [(one.cause, one.tries) for one in told] == [("route-missing", {"paths": ("/websocket/live",)})]


def test_nginx_inside_a_config_map() -> None:
    """A ConfigMap's text is read as what it is, and named by its key."""
    data = "".join(
        f"    {line}\n"
        for line in "server {\n  server_name api.staging.example;\n  location / { proxy_pass http://ws; }\n}".splitlines()
    )
    told = found(
        replace(ASKED, idle_s=None),
        a__yaml=f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: edge}}\ndata:\n  default.conf: |\n{data}",
    )
    assert (told[0].cause, told[0].place) == ("edge-blocks-upgrade", "a.yaml#edge/default.conf:3")


def test_a_rule_on_more_than_the_path() -> None:
    """A match on a header that no handshake surely has is no route of it; one on its Upgrade is."""
    for header, upstream in (("x-canary", "app"), ("Upgrade", "canary")):
        text = f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: api}}
spec:
  rules:
  - matches: [{{path: {{value: /ws}}, headers: [{{name: {header}, value: websocket}}]}}]
    backendRefs: [{{name: canary}}]
  - matches: [{{path: {{value: /}}}}]
    backendRefs: [{{name: app}}]
"""
        assert [route.upstream for route in routes_of(read(a__yaml=text), ASKED.websocket)] == [upstream]


@pytest.mark.parametrize(
    ("match", "told"),
    [
        ("headers: [{name: Upgrade, value: websocket}]", [True]),
        ("headers: [{name: Upgrade, value: h2c}]", []),
        ("headers: [{name: Upgrade, type: RegularExpression, value: 'web.*'}]", [True]),
        ("headers: [{name: Upgrade, type: Like, value: websocket}]", []),
        ("headers: [{name: x-canary, value: a}]", []),
        ("queryParams: [{name: v, value: a}]", []),
        ("method: POST", []),
        ("method: GET", [True]),
    ],
)
def test_the_conditions_of_a_match(match: str, told: list[bool]) -> None:
    """A rule is the handshake's where its conditions surely hold of one."""
    text = ROUTE.replace("RULE", f"{CHANGES} {{remove: [Authorization]}}}}]").replace("value: /ws}", f"value: /ws}}, {match}")
    assert [one.is_plain for one in found(a__yaml=text)] == told


@pytest.mark.parametrize(
    ("match", "upstream"),
    [("headers: [{name: Upgrade, value: websocket}]", "first"), ("method: GET", "first"), ("{}", "sockets")],
)
def test_the_match_that_asks_for_more(match: str, upstream: str) -> None:
    """Of two rules of one path the one with more conditions wins, wherever it stands."""
    more = f"  - matches: [{{path: {{value: /ws}}, {match}}}]\n    backendRefs: [{{name: first}}]\n---".replace(", {}", "")
    (route,) = routes_of(read(a__yaml=ROUTE.replace("    RULE\n---", more)), ASKED.websocket)
    assert route.upstream == upstream


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("{type: ReplaceFullPath, replaceFullPath: /socket}", "/socket"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: /socket}", "/socket/chat"),
        ("{type: ReplacePrefixMatch, replacePrefixMatch: ''}", "/chat"),
        ("{replacePrefixMatch: /a, replaceFullPath: /b}", None),
        ("{replaceFullPath: [1]}", None),
    ],
)
def test_what_a_filter_makes_of_a_path(path: str, sent: str | None) -> None:
    """The whole path is replaced where that is what is told, and its prefix where that is."""
    text = ROUTE.replace("RULE", f"filters: [{{type: URLRewrite, urlRewrite: {{path: {path}}}}}]")
    (route,) = routes_of(read(a__yaml=text), replace(ASKED.websocket, path="/ws/chat"))
    assert (towards_upstream(route, "/ws/chat") if is_told(route, "/ws/chat") else None) == sent


@pytest.mark.parametrize("status", ["permanent", "[301]", "{a: b}", "true", "308", "", "3e400"])
def test_a_status_of_any_form(status: str) -> None:
    """No value ends a reading."""
    text = ROUTE.replace(
        "RULE", f"filters: [{{type: RequestRedirect, requestRedirect: {{scheme: https, statusCode: {status}}}}}]"
    )
    (route,) = routes_of(read(a__yaml=text), ASKED.websocket)
    assert (route.answers, route.location) == (308 if status == "308" else 302, "https://")
