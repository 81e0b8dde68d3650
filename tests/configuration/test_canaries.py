"""No value of a secret, wherever one may stand in a configuration, is in what is predicted, shown or recorded of it."""

from __future__ import annotations

import json

import pytest

from lib.configuration.documents import Document
from lib.configuration.findings.all import predictions
from lib.configuration.reading import read_documents
from lib.facts import plain
from lib.figures.configured import configured
from lib.parameters import loading as params
from lib.redaction.redact import redact_value
from lib.whys.evidence.predictions import observations_of
from tests.configuration.samples import ASKED, CANARY

CONTAINERS = f"""
      containers:
      - image: registry.example/app
        args: ["--token={CANARY}"]
        command: [sh, -c, "TOKEN={CANARY} exec app"]
        ports: [{{name: h2c, containerPort: 8080}}]
        livenessProbe: {{httpGet: {{path: /health, httpHeaders: [{{name: X-Key, value: {CANARY}}}]}}}}
        env:
        - {{name: JWT_SECRET, value: {CANARY}}}
        - {{name: JWT_AUDIENCE, value: {CANARY}}}
        - {{name: ALLOWED_ORIGINS, value: 'https://user:{CANARY}@app.example'}}
        - {{name: REDIS_URL, value: 'redis://:{CANARY}@10.0.0.4:6379/0'}}   # {CANARY}
        - {{name: NOTE, value: 'see https://hooks.example/?token={CANARY}'}}
"""
NOTES = f"{{note: {CANARY}, description: 'https://u:{CANARY}@x.example/?key={CANARY}'}}"
FORMATS = {
    "run.yaml": f"""
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {{name: ws, annotations: {NOTES}, labels: {{team: {CANARY}}}}}
spec:
  template:
    metadata: {{annotations: {NOTES}}}
    spec:{CONTAINERS}
status: {{url: 'https://u:{CANARY}@api.staging.example', conditions: [{{message: {CANARY}}}]}}
""",
    "v2.json": json.dumps({
        "name": "projects/p/locations/l/services/ws", "annotations": {"note": CANARY}, "description": CANARY,
        "template": {"containers": [{"env": [{"name": "JWT_SECRET", "value": CANARY}], "args": [CANARY]}]},
        "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "uri": f"https://{CANARY}@api.staging.example",
    }),
    "policy.json": json.dumps({
        "etag": CANARY, "version": 1, "bindings": [
            {"role": "roles/run.invoker", "members": [f"user:{CANARY}@example.com"], "condition": {"expression": CANARY}}]}),
    "kubernetes.yaml": f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: ws, annotations: {NOTES}}}
spec:
  template:
    metadata: {{annotations: {NOTES}}}
    spec:{CONTAINERS}
---
apiVersion: v1
kind: Secret
metadata: {{name: jwt}}
stringData: {{key: {CANARY}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: edge}}
data:
  key: {CANARY}
  nginx.conf: |
    server {{ listen 80; location /ws {{ proxy_pass http://u:{CANARY}@ws; proxy_set_header X-Key {CANARY}; }} }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: edge
  annotations:
    nginx.ingress.kubernetes.io/auth-url: https://u:{CANARY}@auth.example/?key={CANARY}
    nginx.ingress.kubernetes.io/auth-signin: https://auth.example/?rd={CANARY}
    nginx.ingress.kubernetes.io/permanent-redirect: https://x.example/?token={CANARY}
    nginx.ingress.kubernetes.io/configuration-snippet: 'proxy_set_header X-Key {CANARY}; more_set_headers "{CANARY}";'
    nginx.ingress.kubernetes.io/made-up: {CANARY}
spec:
  rules: [{{host: api.staging.example, http: {{paths: [{{path: /, backend: {{service: {{name: ws}}}}}}]}}}}]
""",
    "compose.yaml": f"""
services:
  ws:
    image: app
    command: app --token {CANARY}
    environment: {{JWT_SECRET: {CANARY}, DATABASE_URL: 'postgres://u:{CANARY}@db/x', JWT_ISSUER: 'https://u:{CANARY}@id.example'}}
    labels:
      note: {CANARY}
      traefik.http.routers.ws.rule: Host(`api.staging.example`)
      traefik.http.routers.ws.middlewares: auth,key
      traefik.http.middlewares.auth.basicauth.users: a:{CANARY}
      traefik.http.middlewares.key.headers.customrequestheaders.X-Key: {CANARY}
  rest: {{image: app, environment: ['JWT_SECRET={CANARY}2', 'NOTE={CANARY}']}}   # {CANARY}
secrets: {{jwt: {{file: ./{CANARY}}}}}
""",
    "edge.conf": f"""
# {CANARY}
map $http_upgrade $up {{ default "{CANARY}"; }}
server {{
  listen 443 ssl;
  server_name api.staging.example;
  set $key "{CANARY}";
  location /ws {{
    if ($http_x_key != "{CANARY}") {{ return 403 "{CANARY}"; }}
    proxy_pass http://u:{CANARY}@app/?key={CANARY};
    proxy_set_header Authorization "Bearer {CANARY}";
    proxy_set_header Cookie "session={CANARY}";
    made_up {CANARY};
  }}
}}
""",
    "broken.conf": f"server {{ location /ws {{ proxy_pass http://app; {CANARY} \"",
    "envoy.yaml": f"""
static_resources:
  listeners:
  - filter_chains:
    - filters:
      - name: {CANARY}
      - typed_config:
          "@type": x/HttpConnectionManager
          http_filters: [{{name: envoy.filters.http.lua, typed_config: {{inline_code: '{CANARY}'}}}}]
          route_config:
            virtual_hosts:
            - domains: ["*"]
              request_headers_to_add: [{{header: {{key: authorization, value: 'Bearer {CANARY}'}}}}]
              routes: [{{match: {{prefix: /}}, route: {{cluster: ws}}}}]
  clusters: [{{name: ws, metadata: {{note: {CANARY}}}}}]
admin: {{access_log_path: /{CANARY}}}
""",
    "traefik.yaml": f"""
http:
  routers: {{ws: {{rule: 'Host(`api.staging.example`)', service: ws, middlewares: [auth, key]}}}}
  services: {{ws: {{loadBalancer: {{servers: [{{url: 'http://u:{CANARY}@ws:80/?key={CANARY}'}}]}}}}}}
  middlewares:
    auth: {{forwardAuth: {{address: 'https://u:{CANARY}@auth.example/?key={CANARY}'}}}}
    key: {{headers: {{customRequestHeaders: {{Authorization: 'Basic {CANARY}', X-Key: {CANARY}}}}}}}
""",
    "ws/.env": f"JWT_SECRET={CANARY}\nDATABASE_URL=postgres://u:{CANARY}@db/x\nJWT_AUDIENCE={CANARY}\n# {CANARY}\n",
    "main.tf": f'resource "google_cloud_run_v2_service" "ws" {{\n  env {{ value = "{CANARY}" }}\n}}\n',
    "haproxy.cfg": f"frontend edge\n  http-request set-header X-Key {CANARY}\n",
    "notes.txt": f"the key is {CANARY}\n",
}  # fmt: skip
"""Each reader's format, and those that are none's, with a canary wherever the value of a secret may stand."""


@pytest.mark.parametrize("name", FORMATS)
def test_no_canary_leaves_a_reader(name: str) -> None:
    """Predictions, the observations that a record keeps of them, and what notebook 02 shows hold names and places alone."""
    configuration = read_documents([Document(name, FORMATS[name])])
    told = observations_of(predictions(configuration, ASKED))
    target = {"target.ws_url": "wss://api.staging.example/ws", "target.rest_url": "https://api.staging.example"}
    parameters = params.load("staging", {**target, "evidence.configuration": [{"path": name}]})
    document = {"observations": [plain(one) for one in told], "causes": [], "candidates": [], "excluded": [], "leads": []}
    shown = configured(document, configuration, parameters)._repr_html_()
    assert CANARY not in json.dumps(redact_value(document), default=str)
    assert CANARY not in shown
    assert CANARY not in repr(told)


def test_each_reader_is_among_them() -> None:
    """What is read as each format, or counted as none that is."""
    formats = {name: read_documents([Document(name, text)]).sources for name, text in FORMATS.items()}
    known = {source.format for sources in formats.values() for source in sources}
    assert known == {"cloud-run", "kubernetes", "compose", "nginx", "envoy", "traefik", ".env"}
    assert [name for name, sources in formats.items() if not sources] == ["main.tf", "haproxy.cfg", "notes.txt"]
