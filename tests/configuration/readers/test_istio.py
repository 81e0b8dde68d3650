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


@pytest.mark.parametrize(
    ("match", "told"),
    [
        ("method: {regex: 'POST|PUT'}", []),
        ("method: {prefix: P}", []),
        ("method: {prefix: G}", [True]),
        ("gateways: [mesh]", []),
        ("gateways: [istio-system/public, mesh]", [True]),
        ("port: 8080", []),
        ("port: 443", [True]),
        ("headers: {upgrade: {exact: h2c}}", []),
        ("headers: {upgrade: {}}", [True]),
        ("headers: {upgrade: {regex: 'web.*'}}", [True]),
        ("withoutHeaders: {upgrade: {exact: websocket}}", []),
        ("withoutHeaders: {upgrade: {exact: h2c}}", [True]),
        ("scheme: {exact: http}", []),
        ("scheme: {exact: https}", [True]),
        ("sourceNamespace: x", []),
        ("ignoreUriCase: true", [True]),
    ],
)
def test_conditions_of_a_route(match: str, told: list[bool]) -> None:
    """A route answers a handshake only where its conditions surely hold of one that comes by this gateway."""
    text = istio("directResponse: {status: 403}", match=match)
    text = text.replace('  - match: [{headers: {x-canary: {exact: "1"}}}]\n    directResponse: {status: 403}\n', "")
    assert [one.is_plain for one in found(a__yaml=text)] == told


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ("headers: {request: {set: {authorization: '%REQ(authorization)%'}}}", []),
        ("headers: {request: {set: {authorization: '%DYNAMIC_METADATA(x)%'}}}", []),
        ("headers: {request: {set: {authorization: x}}}", ["edge-strips-credential"]),
        ("rewrite: {uriRegexRewrite: {match: x, rewrite: y}}", []),
        ("delegate: {name: other}", []),
    ],
)
def test_what_is_set_to_itself_or_said_elsewhere(route: str, told: list[str]) -> None:
    """A header that gets its own value is none that is overwritten."""
    assert causes(a__yaml=istio(route)) == told


GONE = "headers: {request: {remove: [authorization]}}"
BEHIND = "{{destination: {{host: {}}}, weight: {}, {}}}"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [(0, 100, []), (100, 0, ["edge-strips-credential"]), (50, 50, []), ("x", 50, [])],
)
def test_what_is_said_of_one_destination(first: object, second: int, told: list[str]) -> None:
    """Headers of a destination are told where it alone gets the requests."""
    both = f"route: [{BEHIND.format('a', first, GONE)}, {BEHIND.format('b', second, 'subset: x')}]"
    text = istio().replace("route: [{destination: {host: ws.default.svc.cluster.local, port: {number: 80}}}]", both)
    assert causes(a__yaml=text) == told


@pytest.mark.parametrize(
    ("hosts", "told"),
    [
        ("admin.staging.example", []),
        ("edge/api.staging.example", ["client-certificate-missing"]),
        ("'*.example'", ["client-certificate-missing"]),
    ],
)
def test_the_server_of_a_gateway_that_has_the_host(hosts: str, told: list[str]) -> None:
    """What a server of other hosts wants is asked of nobody here."""
    other = f"  - {{port: {{number: 443, protocol: HTTPS}}, hosts: [{hosts}], tls: {{mode: MUTUAL}}}}\n"
    assert causes(a__yaml=istio().replace("  servers:\n", f"  servers:\n{other}")) == told


def test_a_service_for_the_mesh_alone() -> None:
    """What no gateway takes says nothing of a handshake from outside."""
    text = istio("directResponse: {status: 403}").replace("gateways: [istio-system/public]", "gateways: [mesh]")
    assert (
        found(a__yaml=text),
        "istio: a VirtualService for the mesh alone" in [one.what for one in read(a__yaml=text).unread],
    ) == ([], True)


OFF = "upgrade_configs: [{upgrade_type: websocket, enabled: false}]"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("spec:\n  configPatches", "spec:\n  workloadSelector: {labels: {app: legacy}}\n  configPatches"),
        ("metadata: {name: f}", "metadata: {name: f, namespace: other}"),
        ("    patch:", "    match: {context: SIDECAR_OUTBOUND}\n    patch:"),
        ("operation: MERGE", "operation: REMOVE"),
        ("NETWORK_FILTER", "HTTP_ROUTE"),
        ("    patch:", "    match: {listener: {portNumber: 8443}}\n    patch:"),
    ],
)
def test_a_patch_of_something_else(before: str, after: str) -> None:
    """An EnvoyFilter that is not for every gateway switches nothing off here, and is counted."""
    text = istio() + FILTER.replace("VALUE", OFF).replace(before, after)
    assert (
        found(a__yaml=text),
        "istio: an EnvoyFilter that is not for every gateway" in [one.what for one in read(a__yaml=text).unread],
    ) == ([], True)


def test_patches_that_say_both() -> None:
    """Where another patch switches the upgrade on, none is switched off; one for the gateway's own workload counts."""
    off = FILTER.replace("VALUE", OFF)
    own = off.replace("  configPatches", "  workloadSelector: {labels: {istio: ingressgateway}}\n  configPatches")
    assert causes(a__yaml=istio() + own) == ["edge-blocks-upgrade"]
    assert causes(a__yaml=istio() + off + FILTER.replace("VALUE", OFF.replace("false", "true"))) == []
