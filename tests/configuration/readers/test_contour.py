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


def behind(first: str) -> str:
    """An HTTPProxy with another route at the same path, before the one that enables WebSockets."""
    return PROXY.replace("  routes:\n", f"  routes:\n  - {first}\n").replace(
        "ROUTE", "requestHeadersPolicy: {remove: [Authorization]}"
    )


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("{name: x-canary, present: true}", [("credential-header", False)]),
        ("{name: x-canary, exact: '1'}", [("credential-header", False)]),
        ("{name: upgrade, notexact: websocket}", [("credential-header", True)]),
        ("{name: Upgrade, notpresent: true}", [("credential-header", True)]),
        ("{name: upgrade, contains: WEB}", [("credential-header", False)]),
        ("{name: upgrade, contains: WEB, ignoreCase: true}", [("upgrade-not-enabled", True)]),
        ("{name: upgrade, notcontains: web}", [("credential-header", True)]),
        ("{name: upgrade, regex: 'h2.*'}", [("credential-header", True)]),
        ("{name: upgrade, of: x}", [("credential-header", False)]),
    ],
)
def test_conditions_on_headers(header: str, told: list[tuple[str, bool]]) -> None:
    """A route on a header is the handshake's where it surely has it; where that is not told, the next route's findings lead."""
    text = behind(f"{{conditions: [{{prefix: /ws}}, {{header: {header}}}], services: [{{name: other, port: 80}}]}}")
    assert [(one.kind, one.is_plain) for one in found(a__yaml=text)] == told


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("{conditions: [{prefix: /ws}, {queryParameter: {name: v, exact: '2'}}]}", [("credential-header", False)]),
        ("{conditions: [{exact: /ws}], directResponsePolicy: {statusCode: 403}}", [("answered-here", True)]),
        ("{conditions: [{exact: /ws}], requestRedirectPolicy: {scheme: https}}", []),
        ("{conditions: [{exact: /ws}], enableWebsockets: true, ipAllowPolicy: [{cidr: 10.0.0.0/8}]}", [("access-rule", False)]),
    ],
)
def test_what_is_answered_or_asked_beside_the_path(first: str, told: list[tuple[str, bool]]) -> None:
    """What a route answers itself is no upgrade that is not enabled."""
    assert [(one.kind, one.is_plain) for one in found(a__yaml=behind(first))] == told


CHILD = """
---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: child}
spec: {routes: [{enableWebsockets: true, services: [{name: sockets}]}]}
"""


@pytest.mark.parametrize(
    ("child", "told", "unread"),
    [
        (CHILD, [], 0),
        (CHILD.replace("enableWebsockets: true, ", ""), [("upgrade-not-enabled", True)], 0),
        ("", [("upgrade-not-enabled", False)], 1),
    ],
)
def test_what_is_included(child: str, told: list[tuple[str, bool]], unread: int) -> None:
    """A proxy that is included takes its own paths; where it is not there, what the other routes say only leads."""
    root = PROXY[: PROXY.index("  - conditions")] + "  - services: [{name: app}]\n"
    text = f"{root}  includes: [{{name: child, conditions: [{{prefix: /ws}}]}}]\n{child}"
    assert ([(one.kind, one.is_plain) for one in found(a__yaml=text)], len(read(a__yaml=text).unread)) == (told, unread)


@pytest.mark.parametrize("key", ["rateLimitPolicy", "jwtVerificationPolicy", "authPolicy"])
def test_what_is_unread(key: str) -> None:
    """What may refuse a handshake and is not understood is counted."""
    assert [one.what for one in read(a__yaml=proxy(f"{key}: {{a: b}}")).unread] == [f"contour: {key}"]
