"""Envoy's static configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.configuration.serving import routes_of
from tests.configuration.samples import ASKED, CANARY, causes, found, read

ENVOY = f"""
static_resources:
  listeners:
  - name: edge
    address: {{socket_address: {{address: 0.0.0.0, port_value: 443}}}}
    filter_chains:
    - transport_socket: {{name: tls, typed_config: {{"@type": x.DownstreamTlsContext, TLS}}}}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ingress_http
          upgrade_configs: [{{upgrade_type: websocket}}]
          MANAGER
          route_config:
            virtual_hosts:
            - name: all
              domains: ["api.staging.example", "api.staging.example:443"]
              request_headers_to_add: [{{header: {{key: X-Key, value: {CANARY}}}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}}]
              routes:
              - match: {{prefix: /ws}}
                route: {{cluster: sockets, ROUTE}}
              - match: {{prefix: /}}
                route: {{cluster: rest}}
          http_filters: [{{name: envoy.filters.http.router}}, {{name: FILTER}}]
  clusters:
  - name: sockets
    load_assignment:
      endpoints:
      - lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: ws, port_value: 8080}}}}}}}}]
    CLUSTER
"""


def envoy(
    manager: str = "", route: str = "timeout: 0s", cluster: str = "", filter: str = "envoy.filters.http.cors", tls: str = "x: y"
) -> str:
    """An Envoy of which this is said."""
    text = (
        ENVOY.replace("MANAGER", manager or "codec_type: AUTO")
        .replace("ROUTE", route)
        .replace("CLUSTER", cluster or "connect_timeout: 1s")
    )
    return text.replace("FILTER", filter).replace("TLS", tls)


def test_a_route_that_does_its_work() -> None:
    """With upgrade_configs nothing is predicted; listener, route and cluster are told with their lines."""
    whole = read(a__yaml=envoy())
    route = routes_of(whole, ASKED.websocket)[0]
    assert (route.path, route.upstream, route.listener.port, route.listener.is_tls) == ("/ws", "sockets", 443, True)
    assert [one.addresses for one in whole.upstreams] == [("ws:8080",)]
    assert (found(a__yaml=envoy()), CANARY in repr(whole)) == ([], False)


@pytest.mark.parametrize(
    ("said", "predicted"),
    [
        ({"route": "upgrade_configs: [{upgrade_type: websocket, enabled: false}]"}, ["edge-blocks-upgrade"]),
        ({"cluster": "http2_protocol_options: {}"}, ["edge-blocks-upgrade"]),
        ({"cluster": "http2_protocol_options: {allow_connect: true}"}, []),
        ({"route": "idle_timeout: 60s"}, ["idle-closed"]),
        ({"manager": "stream_idle_timeout: 30s"}, ["idle-closed"]),
        ({"manager": "stream_idle_timeout: 30s", "route": "idle_timeout: 0s"}, []),
        ({"route": "host_rewrite_literal: ws.internal"}, ["forwarded-refused"]),
        ({"filter": "envoy.filters.http.ext_authz"}, ["edge-policy"]),
        ({"filter": "envoy.filters.http.oauth2"}, ["edge-policy"]),
        ({"tls": "require_client_certificate: true"}, ["client-certificate-missing"]),
        ({"route": "prefix_rewrite: /"}, []),
    ],
)
def test_predictions(said: dict[str, str], predicted: list[str]) -> None:
    """Each way in which an Envoy keeps a handshake from its upstream is one prediction, with its line."""
    told = found(a__yaml=envoy(**said))
    assert [one.cause for one in told] == predicted
    assert all(one.place.startswith("a.yaml:") for one in told)


@pytest.mark.parametrize(
    ("route", "predicted"), [("timeout: 0s", ["edge-blocks-upgrade"]), ("upgrade_configs: [{upgrade_type: websocket}]", [])]
)
def test_missing_upgrade_configs(route: str, predicted: list[str]) -> None:
    """Without upgrade_configs the upgrade does not pass, unless the route itself enables it."""
    text = envoy(route=route).replace("upgrade_configs: [{upgrade_type: websocket}]\n          ", "")
    assert causes(a__yaml=text) == predicted


def test_headers_that_are_removed_or_too_large() -> None:
    """A removed Authorization and a bound below the handshake's size are told."""
    text = envoy(manager="max_request_headers_kb: 1").replace(
        "request_headers_to_add", "request_headers_to_remove: [Authorization]\n              request_headers_to_add"
    )
    assert sorted(causes(replace(ASKED, longest_header_bytes=2000), a__yaml=text)) == [
        "edge-strips-credential",
        "request-too-large",
    ]


def test_what_is_unread() -> None:
    """A filter that is not known is counted by its name."""
    assert [one.what for one in read(a__yaml=envoy(filter="envoy.filters.http.wasm")).unread] == [
        "envoy: the filter envoy.filters.http.wasm"
    ]


@pytest.mark.parametrize(
    ("condition", "upstream"),
    [
        ("headers: [{name: upgrade, string_match: {exact: websocket}}]", "other"),
        ("headers: [{name: x-canary, present_match: true}]", "sockets"),
        ("grpc: {}", "sockets"),
    ],
)
def test_conditions_beside_the_path(condition: str, upstream: str) -> None:
    """The first route takes a handshake only where its other conditions are a handshake's own; what else is asked is counted."""
    first = (
        f"- match: {{prefix: /, {condition}}}\n                route: {{cluster: other}}\n              - match: {{prefix: /ws}}"
    )
    whole = read(a__yaml=envoy().replace("- match: {prefix: /ws}", first))
    assert routes_of(whole, ASKED.websocket)[0].upstream == upstream


def before(text: str, condition: str, action: str) -> str:
    """An Envoy with another route, on this condition, before the WebSocket's."""
    first = f"- match: {{prefix: /, {condition}}}\n                {action}\n              - match: {{prefix: /ws}}"
    return text.replace("- match: {prefix: /ws}", first)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("headers: [{name: upgrade, string_match: {exact: websocket, ignore_case: true}, invert_match: true}]", []),
        ("headers: [{name: upgrade, exact_match: h2c}]", []),
        ("headers: [{name: upgrade, exact_match: websocket}]", [True]),
        ("headers: [{name: upgrade, safe_regex_match: {regex: 'web.*'}}]", [True]),
        ("headers: [{name: upgrade, present_match: true}]", [True]),
        ("headers: [{name: upgrade, present_match: false}]", []),
        ("headers: [{name: ':scheme', exact_match: http}]", []),
        ("headers: [{name: ':scheme', exact_match: https}]", [True]),
        ("headers: [{name: ':method', string_match: {exact: POST}}]", []),
        ("headers: [{name: x-a, range_match: {start: 1, end: 2}}]", []),
        ("headers: [{name: upgrade, string_match: {like: x}}]", []),
        ("connect_matcher: {}", []),
        ("case_sensitive: false", [True]),
    ],
)
def test_conditions_of_a_route(condition: str, told: list[bool]) -> None:
    """A route answers a handshake only where its conditions, inverted ones too, surely hold of one."""
    text = before(envoy(), condition, "direct_response: {status: 403}")
    assert [one.is_plain for one in found(a__yaml=text)] == told


@pytest.mark.parametrize(
    ("condition", "is_plain"), [("name: x-canary, exact_match: b", False), ("name: upgrade, exact_match: h2c", True)]
)
def test_a_route_that_may_come_first(condition: str, is_plain: bool) -> None:
    """Before a route whose condition cannot be told, what the next one does only leads."""
    off = envoy(route="upgrade_configs: [{upgrade_type: websocket, enabled: false}]")
    text = before(off, f"headers: [{{{condition}}}]", "route: {cluster: a}")
    assert [one.is_plain for one in found(a__yaml=text)] == [is_plain]


@pytest.mark.parametrize(
    ("value", "how", "predicted"),
    [
        ("x", "", []),
        ("x", ", append: true", []),
        ("x", ", append: false", ["edge-strips-credential"]),
        ("x", ", append_action: ADD_IF_ABSENT", []),
        ("x", ", append_action: OVERWRITE_IF_EXISTS_OR_ADD", ["edge-strips-credential"]),
        ("x", ", append_action: OVERWRITE_IF_EXISTS", ["edge-strips-credential"]),
        ("'%REQ(authorization)%'", ", append: false", []),
        ("'%DYNAMIC_METADATA(x)%'", ", append: false", []),
    ],
)
def test_headers_that_are_added(value: str, how: str, predicted: list[str]) -> None:
    """A header is overwritten only where that is what is told, and not by its own value."""
    added = f"request_headers_to_add: [{{header: {{key: authorization, value: {value}}}{how}}}]"
    assert (
        causes(a__yaml=envoy().replace("- match: {prefix: /ws}", f"- {added}\n                match: {{prefix: /ws}}"))
        == predicted
    )


def test_a_filter_that_a_route_sets_apart() -> None:
    """What a route says itself about a filter is not taken for what holds of all."""
    apart = "- typed_per_filter_config: {envoy.filters.http.oauth2: {disabled: true}}\n                match: {prefix: /ws}"
    assert causes(a__yaml=envoy(filter="envoy.filters.http.oauth2").replace("- match: {prefix: /ws}", apart)) == []
