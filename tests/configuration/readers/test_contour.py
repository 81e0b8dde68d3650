"""Contour's HTTPProxy."""

from __future__ import annotations

import pytest

from lib.configuration.serving import routes_of
from tests.configuration.samples import ASKED, causes, found, read

PROXY = """
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: api}
spec:
  virtualhost: {fqdn: api.staging.example, tls: {secretName: c}}
  routes:
  - conditions: [{prefix: /ws}]
    enableWebsockets: true
    services: [{name: ws, port: 80}]
    ROUTE
  - services: [{name: app, port: 80}]
"""


def proxy(route: str = "permitInsecure: true") -> str:
    """An HTTPProxy with this on the WebSocket's route."""
    return PROXY.replace("ROUTE", route)


def test_a_proxy_that_does_its_work() -> None:
    """Nothing is predicted where the route enables WebSockets."""
    assert [route.upstream for route in routes_of(read(a__yaml=proxy()), ASKED.websocket)] == ["ws"]
    assert found(a__yaml=proxy()) == []


@pytest.mark.parametrize(
    ("route", "predicted"),
    [
        ("timeoutPolicy: {idle: 10s, response: 5s}", ["idle-closed"]),
        ("requestHeadersPolicy: {remove: [Authorization]}", ["edge-strips-credential"]),
        ("requestHeadersPolicy: {set: [{name: Host, value: app.internal}]}", ["forwarded-refused"]),
        ("pathRewritePolicy: {replacePrefix: [{replacement: /}]}", []),
    ],
)
def test_predictions(route: str, predicted: list[str]) -> None:
    """Each thing that a route does to a handshake is one prediction."""
    assert causes(a__yaml=proxy(route)) == predicted


def test_an_upgrade_that_is_not_enabled() -> None:
    """A route without enableWebsockets passes no upgrade on; the line of its services is told."""
    (one,) = found(a__yaml=proxy().replace("    enableWebsockets: true\n", ""))
    assert (one.kind, one.place, one.words) == ("upgrade-not-enabled", "a.yaml:9", "enableWebsockets is not set on this route")


def test_one_that_is_part_of_another() -> None:
    """Without a host of its own it is counted, and predicts nothing."""
    part = proxy().replace("  virtualhost: {fqdn: api.staging.example, tls: {secretName: c}}\n", "")
    assert [one.what for one in read(a__yaml=part).unread] == ["contour: an HTTPProxy that is included, or includes"]
