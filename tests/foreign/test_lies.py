"""Files that blame a hop which does something else: what they say of a refusal is not what is seen, and none is believed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, passing

_PASSES = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
_NGINX = f"server {{ server_name 127.0.0.1; location /ws {{ %s {_PASSES} proxy_set_header Host %s; proxy_pass http://app; }} }}"
_INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: edge}
spec: {rules: [{http: {paths: [{path: /ws, pathType: Prefix, backend: {service: {name: app, port: {number: 80}}}}]}}]}
---
apiVersion: v1
kind: Service
metadata: {name: app}
spec: {ports: [{port: 80, appProtocol: kubernetes.io/h2c}]}
"""
_CONTOUR = """
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: edge}
spec: {virtualhost: {fqdn: 127.0.0.1}, routes: [{conditions: [{prefix: /ws}], services: [{name: app, port: 80}]}]}
"""
_ISTIO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge}
spec: {gateways: [edge], hosts: [127.0.0.1], http: [{match: [{uri: {prefix: /ws}}], directResponse: {status: 401}}]}
"""
_TRAEFIK = """
http:
  routers: {r: {rule: "Host(`127.0.0.1`) && PathPrefix(`/ws`)", service: s, entryPoints: [web]}}
  services: {s: {loadBalancer: {passHostHeader: false, servers: [{url: "http://inside.example:8000"}]}}}
"""
LIES: Mapping[str, tuple[str, str]] = {
    "Envoy refuses an upgrade with an empty 403 of its own": ("edge.yaml", _CONTOUR),
    "a rule answers upgrades with a page of nginx's": ("edge.conf", _NGINX % ("if ($http_upgrade) { return 403; }", "$host")),
    "everything is answered with 401": ("edge.yaml", _ISTIO),
    "all are denied": ("edge.conf", _NGINX % ("deny all;", "$host")),
    "the service is spoken to in HTTP/2": ("edge.yaml", _INGRESS),
    "the credential is taken off": ("edge.conf", _NGINX % ('proxy_set_header Authorization "";', "$host")),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_firewall_that_a_file_describes_otherwise_stays_narrowed(start: Started, ask: Ask, tmp_path: Path, lie: str) -> None:
    """It refuses upgrades with words of its own and passes a plain GET on."""
    answered(start, ask, tmp_path, refusal='"Access denied"', told=LIES[lie])


@pytest.mark.parametrize(
    "told", [("edge.yaml", _TRAEFIK), ("edge.conf", _NGINX % ("", "inside.example"))], ids=["Traefik", "nginx"]
)
def test_two_empty_answers_are_not_one(start: Started, ask: Ask, tmp_path: Path, told: tuple[str, str]) -> None:
    """A firewall's empty 403 is not the application's empty 403 to the Host that a file says is sent."""
    answered(start, ask, tmp_path, refusal='""', told=told)


def answered(start: Started, ask: Ask, folder: Path, *, refusal: str, told: tuple[str, str]) -> None:
    """The answer about an nginx that refuses upgrades so, with that file beside: narrowed, and nothing is named."""
    application = start.python("starlette", demands={"key": KEY, "hosts": ["127.0.0.1"]})
    to = passing(application.authority)
    edge = start.nginx(f"location / {{ {to} }} location /ws {{ if ($http_upgrade) {{ return 403 {refusal}; }} {to} }}")
    name, text = told
    (folder / name).write_text(text.replace("server {", f"server {{ listen {edge.port};"))
    answer = ask(
        edge,
        truth=(),
        alternatives={"hosts": [application.authority]},
        evidence={"configuration": [{"path": str(folder / name)}]},
        budget={"seconds": 8},
    )
    assert (answer.verdict, answer.causes_by_strength) == ("narrowed", {}), answer
    assert "c2" in {seen["id"] for seen in answer.observations}, answer
