"""Annotations of other controllers than nginx's."""

from __future__ import annotations

import pytest

from tests.configuration.samples import CANARY, causes, read

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
        ("konghq.com/read-timeout", "30000", ["idle-closed"]),
        ("konghq.com/strip-path", "true", []),
    ],
)
def test_predictions(name: str, value: str, predicted: list[str]) -> None:
    """What keeps a handshake or ends a session is one prediction; nothing else is counted as unknown."""
    text = ingress(name, value)
    assert causes(a__yaml=text) == predicted
    assert (read(a__yaml=text).unread, CANARY in repr(read(a__yaml=text))) == ((), False)


@pytest.mark.parametrize(
    "name", ["konghq.com/plugins", "haproxy.org/timeout-tunnel", "traefik.ingress.kubernetes.io/router.middlewares"]
)
def test_what_is_not_understood_is_named(name: str) -> None:
    """An annotation that may bear on the handshake is counted with its controller."""
    assert [one.what for one in read(a__yaml=ingress(name, "x")).unread] == [f"kubernetes: the annotation {name}"]
