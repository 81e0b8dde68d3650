"""Istio's VirtualServices, Gateways and policies."""

from __future__ import annotations

import pytest

from lib.configuration.serving import routes_of
from tests.configuration.samples import ASKED, CANARY, causes, found, read

ISTIO = f"""
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {{name: public, annotations: {{note: {CANARY}}}}}
spec:
  selector: {{istio: ingressgateway}}
  servers:
  - {{port: {{number: 80, name: http, protocol: HTTP}}, hosts: ["*"], tls: {{httpsRedirect: true}}}}
  - {{port: {{number: 443, name: https, protocol: HTTPS}}, hosts: ["*"], tls: {{mode: MODE, credentialName: c}}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: api}}
spec:
  hosts: [api.staging.example]
  gateways: [istio-system/public]
  http:
  - match: [{{headers: {{x-canary: {{exact: "1"}}}}}}]
    directResponse: {{status: 403}}
  - match: [{{uri: {{prefix: /ws}}, MATCH}}]
    name: sockets
    timeout: 15s
    route: [{{destination: {{host: ws.default.svc.cluster.local, port: {{number: 80}}}}}}]
    ROUTE
  - route: [{{destination: {{host: app}}}}]
"""
FILTER = """
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: f}
spec:
  configPatches:
  - applyTo: NETWORK_FILTER
    patch: {operation: MERGE, value: {typed_config: {VALUE}}}
"""
POLICY = "\n---\napiVersion: security.istio.io/v1\nkind: KIND\nmetadata: {name: p}\nspec: {rules: []}\n"


def istio(route: str = "corsPolicy: {}", mode: str = "SIMPLE", match: str = "ignoreUriCase: false") -> str:
    """A mesh with this on the WebSocket's route."""
    return ISTIO.replace("ROUTE", route).replace("MODE", mode).replace("MATCH", match)


def test_a_mesh_that_does_its_work() -> None:
    """Nothing is predicted, a timeout of requests neither: it ends no session; the line of the route that is chosen is told."""
    whole = read(a__yaml=istio())
    (route,) = routes_of(whole, ASKED.websocket)
    assert (route.upstream, str(route.place), route.listener.port) == ("ws", "a.yaml:20", 443)
    assert (found(a__yaml=istio()), CANARY in repr(whole)) == ([], False)
    assert [one.what for one in whole.unread] == ["istio: a match on more than the path"]


@pytest.mark.parametrize(
    ("route", "predicted"),
    [
        ("headers: {request: {remove: [authorization]}}", ["edge-strips-credential"]),
        ("headers: {request: {set: {Upgrade: h2c, Connection: close}}}", ["edge-blocks-upgrade"]),
        ("headers: {response: {remove: [Sec-WebSocket-Accept]}}", ["upgrade-damaged"]),
        ("rewrite: {uri: /}", []),
        ("rewrite: {authority: app.internal}", ["forwarded-refused"]),
        ("fault: {abort: {percentage: {value: 100}, httpStatus: 403}}", ["edge-policy"]),
        ("directResponse: {status: 404}", ["route-missing"]),
    ],
)
def test_predictions(route: str, predicted: list[str]) -> None:
    """Each thing that a route does to a handshake is one prediction, at its line."""
    assert [one.cause for one in found(a__yaml=istio(route)) if one.place.startswith("a.yaml:")] == predicted


def test_what_holds_for_every_route() -> None:
    """A client's certificate, policies of its own and an EnvoyFilter refuse whatever the route says."""
    assert causes(a__yaml=istio(mode="MUTUAL")) == ["client-certificate-missing"]
    for kind in ("AuthorizationPolicy", "RequestAuthentication"):
        assert [(one.cause, one.is_plain) for one in found(a__yaml=istio() + POLICY.replace("KIND", kind))] == [
            ("edge-policy", False)
        ]
    for value, predicted in (
        ("stream_idle_timeout: 5s", ["idle-closed"]),
        ("upgrade_configs: [{upgrade_type: websocket, enabled: false}]", ["edge-blocks-upgrade"]),
        ("max_request_headers_kb: 96", []),
    ):
        assert causes(a__yaml=istio() + FILTER.replace("VALUE", value)) == predicted


@pytest.mark.parametrize(
    ("match", "upstream"), [("headers: {upgrade: {exact: websocket}}", "ws"), ("method: {exact: POST}", "app")]
)
def test_the_upgrade_as_a_condition(match: str, upstream: str) -> None:
    """A route for requests that upgrade takes a handshake, and one for another method does not."""
    assert [route.upstream for route in routes_of(read(a__yaml=istio(match=match)), ASKED.websocket)] == [upstream]
