"""Configurations as people and gcloud write them, with a canary wherever a secret's value may stand."""

from __future__ import annotations

from lib.configuration.documents import Document
from lib.configuration.findings.all import findings
from lib.configuration.prediction import Address, Asked, Finding
from lib.configuration.reading import read_documents
from lib.configuration.shape import Configuration

CANARY = "c4n4ry-5up3r-53cr3t-v4lu3"

ASKED = Asked(
    websocket=Address.of("wss://api.staging.example/ws"),
    rest=Address.of("https://api.staging.example/api/auth/me"),
    origin="https://app.staging.example",
    idle_s=120,
    subprotocols=("chat.v1",),
    longest_header_bytes=900,
    algorithm="HS256",
    claims={"iss": "netra-auth-service", "aud": "netra-backend"},
)

PASSES = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_set_header Host $host;"

NGINX = f"""
# rotate: {CANARY}
upstream app {{ server ws.default.svc.cluster.local:8000; keepalive 32; }}
map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
server {{
    listen 443 ssl http2;
    server_name api.staging.example;
    proxy_http_version 1.1;
    location /api/ {{ proxy_pass http://app; proxy_set_header Host $host; }}
    location /ws {{
        proxy_pass http://app;
        proxy_read_timeout 3600s;
        %LOCATION%
    }}
}}
"""

KNATIVE = f"""
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: NAME
  namespace: '123456789'
  annotations:
    run.googleapis.com/ingress: all   # {CANARY}
    run.googleapis.com/operation-id: {CANARY}
    serving.knative.dev/creator: somebody@example.com
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/maxScale: '10'
      name: NAME-00042
    spec:
      containerConcurrency: 80
      timeoutSeconds: 3600
      containers:
      - image: europe-docker.pkg.dev/p/r/app@sha256:0123
        ports:
        - name: http1
          containerPort: 8080
        env:
        - name: DATABASE_URL
          value: postgres://app:{CANARY}@10.0.0.3/app
        - name: ALLOWED_ORIGINS
          value: https://app.staging.example,https://staging.example
        - name: JWT_SECRET
          valueFrom:
            secretKeyRef:
              key: VERSION
              name: jwt-secret-staging
  traffic:
  - percent: 100
    revisionName: NAME-00042
status:
  url: https://NAME-abcdef-ew.a.run.app
"""


def nginx(location: str = PASSES, text: str = NGINX) -> str:
    """An nginx with these directives in the WebSocket's location."""
    return text.replace("%LOCATION%", location)


def knative(name: str = "backend", version: str = "7") -> str:
    """A Cloud Run service as `gcloud run services describe --format yaml` writes it."""
    return KNATIVE.replace("NAME", name).replace("VERSION", f"'{version}'")


def read(**texts: str) -> Configuration:
    """These texts as one configuration; `a__b` names the file a.b."""
    return read_documents([Document(name.replace("__", "."), text) for name, text in texts.items()])


def found(asked: Asked = ASKED, **texts: str) -> list[Finding]:
    """What these texts predict."""
    return findings(read(**texts), asked)


def causes(asked: Asked = ASKED, **texts: str) -> list[str]:
    """The causes that these texts predict."""
    return [one.cause for one in found(asked, **texts)]
