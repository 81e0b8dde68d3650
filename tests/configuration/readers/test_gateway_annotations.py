"""Annotations of other controllers than nginx's."""

from __future__ import annotations

import pytest

from tests.configuration.samples import CANARY, causes, found, read

INGRESS = f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: api
  annotations: {{NOTE: VALUE, example.com/note: {CANARY}}}
spec:
  rules:
  - host: api.staging.example
    http:
      paths:
      - {{path: /ws, pathType: Prefix, backend: {{service: {{name: ws, port: {{number: 80}}}}}}}}
      - {{path: /, pathType: Prefix, backend: {{service: {{name: app, port: {{number: 80}}}}}}}}
"""


def ingress(name: str, value: str) -> str:
    """An Ingress with this annotation."""
    return INGRESS.replace("NOTE", name).replace("VALUE", f"'{value}'")


@pytest.mark.parametrize(
    ("name", "value", "predicted"),
    [
        (
            "alb.ingress.kubernetes.io/load-balancer-attributes",
            "routing.http2.enabled=true,idle_timeout.timeout_seconds=60",
            ["idle-closed"],
        ),
        ("alb.ingress.kubernetes.io/load-balancer-attributes", "idle_timeout.timeout_seconds=300", []),
        ("alb.ingress.kubernetes.io/scheme", "internal", ["edge-policy"]),
        ("alb.ingress.kubernetes.io/scheme", "internet-facing", []),
        ("alb.ingress.kubernetes.io/auth-type", "oidc", ["edge-policy"]),
        ("alb.ingress.kubernetes.io/auth-type", "none", []),
        ("alb.ingress.kubernetes.io/wafv2-acl-arn", "arn:aws:wafv2:x", ["edge-policy"]),
        ("alb.ingress.kubernetes.io/backend-protocol-version", "HTTP2", ["edge-blocks-upgrade"]),
        ("alb.ingress.kubernetes.io/backend-protocol-version", "HTTP1", []),
        ("alb.ingress.kubernetes.io/inbound-cidrs", "10.0.0.0/8", ["edge-policy"]),
        ("alb.ingress.kubernetes.io/inbound-cidrs", "0.0.0.0/0, ::/0", []),
        ("alb.ingress.kubernetes.io/wafv2-acl-arn", "", []),
        ("konghq.com/methods", "GET,POST", []),
        ("konghq.com/strip-path", "true", []),
    ],
)
def test_predictions(name: str, value: str, predicted: list[str]) -> None:
    """What keeps a handshake or ends a session is one prediction; nothing else is counted as unknown."""
    text = ingress(name, value)
    assert causes(a__yaml=text) == predicted
    assert (read(a__yaml=text).unread, CANARY in repr(read(a__yaml=text))) == ((), False)


@pytest.mark.parametrize(
    "name",
    [
        "konghq.com/plugins",
        "konghq.com/read-timeout",
        "haproxy.org/timeout-tunnel",
        "traefik.ingress.kubernetes.io/router.middlewares",
    ],
)
def test_what_is_not_understood_is_named(name: str) -> None:
    """An annotation that may bear on the handshake is counted with its controller."""
    assert [one.what for one in read(a__yaml=ingress(name, "x")).unread] == [f"kubernetes: the annotation {name}"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", [True]),
        ("alb.ingress.kubernetes.io/auth-on-unauthenticated-request: authenticate", [True]),
        ("alb.ingress.kubernetes.io/auth-on-unauthenticated-request: allow", []),
        ("alb.ingress.kubernetes.io/conditions.ws: '[]'", []),
        ("konghq.com/methods: POST", []),
        ("konghq.com/headers.x-a: b", []),
    ],
)
def test_a_login_that_may_not_be_asked(more: str, told: list[bool]) -> None:
    """Who is let in without a login meets none, and a route of other requests is not the handshake's."""
    text = ingress("alb.ingress.kubernetes.io/auth-type", "oidc").replace("example.com/note", f"{more}, a" if more else "a")
    assert [one.is_plain for one in found(a__yaml=text)] == told


@pytest.mark.parametrize(
    ("kind", "name", "value", "predicted"),
    [
        ("nginx-internal", "alb.ingress.kubernetes.io/auth-type", "oidc", []),
        ("alb", "nginx.ingress.kubernetes.io/auth-url", "https://oauth2.example/auth", []),
        ("alb", "nginx.org/proxy-read-timeout", "60s", []),
        ("kong", "alb.ingress.kubernetes.io/backend-protocol-version", "HTTP2", []),
        ("alb", "alb.ingress.kubernetes.io/auth-type", "oidc", ["edge-policy"]),
        ("public", "alb.ingress.kubernetes.io/auth-type", "oidc", ["edge-policy"]),
    ],
)
def test_annotations_of_another_controller(kind: str, name: str, value: str, predicted: list[str]) -> None:
    """What the controller of the Ingress' class does not read says nothing of it, and is counted."""
    text = ingress(name, value).replace("spec:\n", f"spec:\n  ingressClassName: {kind}\n")
    assert (causes(a__yaml=text), len(read(a__yaml=text).unread)) == (predicted, 0 if predicted else 1)
