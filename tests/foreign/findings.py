"""Every kind of finding, with a file in a real format that holds it, and a system in which the same fault is committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib.configuration.prediction import Kind

APP, LISTED = "https://app.example", {"origins": ["https://app.example"]}
UPGRADES = "upgrade_configs: [{upgrade_type: websocket}]"
H2 = """typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}"""
SERVICE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: NAME, annotations: {run.googleapis.com/ingress: INGRESS, run.googleapis.com/iap-enabled: 'IAP'}}
spec:
  template:
    spec:
      timeoutSeconds: SECONDS
      containers:
      - ports: [{name: PORT, containerPort: 8080}]
        env:
        - {name: JWT_SECRET, valueFrom: {secretKeyRef: {name: KEPT, key: '1'}}}
        - {name: VARIABLE, value: 'VALUE'}
"""
AT = "status: {url: 'https://HOST'}\n"
INVOKERS = '{"bindings": [{"role": "roles/run.invoker", "members": ["MEMBER"]}], "etag": "x", "version": 1}'
USUAL = {"INGRESS": "all", "IAP": "false", "KEPT": "jwt", "MEMBER": "allUsers", "SECONDS": "3600", "PORT": "http1"}
USUAL |= {"VARIABLE": "LOG_LEVEL", "VALUE": "info"}

TRAFFIC = "  traffic: [{revisionName: websocket-00001-old, percent: 50}, {revisionName: websocket-00002-new, percent: 50}]\n"
REVISION = """
apiVersion: serving.knative.dev/v1
kind: Revision
metadata: {name: websocket-00001-old, labels: {serving.knative.dev/service: websocket}}
spec: {containers: [{env: [{name: JWT_SECRET, valueFrom: {secretKeyRef: {name: jwt, key: '0'}}}]}]}
"""


def written(folder: Path, *, is_split: bool = False, **changed: str) -> Path:
    """Cloud Run's own files of a REST and a WebSocket service, the latter with these words changed, in a new folder."""
    folder.mkdir()
    for name, words in (("backend", USUAL), ("websocket", {**USUAL, **changed})):
        text, policy = SERVICE + (TRAFFIC if is_split and name == "websocket" else "") + (AT if "HOST" in words else ""), INVOKERS
        for word, value in {**words, "NAME": name}.items():
            text, policy = text.replace(word, value), policy.replace(word, value)
        (folder / f"{name}.yaml").write_text(text)
        (folder / f"{name}-policy.json").write_text(policy)
    if is_split:
        (folder / "revision.yaml").write_text(REVISION)
    return folder


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way in which a configuration holds a finding, and what commits it.

    `nginx`: directives of the nginx that runs before the application, and that are read; `envoy`: the same of an Envoy. `run`: of
    Cloud Run's exported files of the WebSocket service these words changed. `behaviour`: what the application demands and does.
    `becomes`: the strength with which the cause is named, or `led` where it stays one of several, with the finding as a lead.
    """

    kind: Kind
    cause: str
    becomes: str
    nginx: str = ""
    envoy: Mapping[str, str] = field(default_factory=dict)
    run: Mapping[str, str] = field(default_factory=dict)
    is_split: bool = False
    application: str = "starlette"
    behaviour: Mapping[str, Any] = field(default_factory=dict)
    demands: Mapping[str, Any] = field(default_factory=dict)
    passes_by: bool = False
    target: Mapping[str, Any] = field(default_factory=dict)
    alternatives: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 24


def _socket(directives: str) -> str:
    return f"location / {{ PASS }} location /ws {{ {directives} }}"


_OF_TOKENS = {"answers": {"no token": "401 Unauthorized", "DecodeError": "401 Unauthorized"}}
_OTHER_KEY = "quite-another-key-0123456789-0123456789"
_REWRITES_THE_HOST = "UPGRADES proxy_pass http://%TO%; proxy_set_header Host inside.example;"
ROWS: Mapping[str, Row] = {
    "nginx sends plain text to https": Row(
        kind="sent-to-tls", cause="wrong-scheme", becomes="stated", nginx=_socket("return 301 https://$host:%PORT2%$request_uri;")
    ),
    "nginx returns 403": Row(
        kind="answered-here", cause="edge-policy", becomes="stated", nginx=_socket("return 403;"), passes_by=True
    ),
    "nginx returns 404": Row(
        kind="nothing-here",
        cause="route-missing",
        becomes="proved",
        nginx=_socket("return 404;"),
        behaviour={"paths": ["/ws", "/sockets"]},
        alternatives={"paths": ["/sockets"]},
    ),
    "nginx passes no Upgrade": Row(
        kind="upgrade-not-passed",
        cause="edge-blocks-upgrade",
        becomes="proved",
        nginx=_socket("proxy_pass http://%TO%; proxy_set_header Host $host;"),
        passes_by=True,
    ),
    "nginx speaks HTTP/1.0": Row(
        kind="upstream-http-1.0",
        cause="edge-blocks-upgrade",
        becomes="proved",
        nginx=_socket("PASS proxy_http_version 1.0;"),
        application="raw",
        behaviour={"strict": True, "plain": "426 Upgrade Required"},
        passes_by=True,
    ),
    "nginx takes the credential off": Row(
        kind="credential-header",
        cause="edge-strips-credential",
        becomes="proved",
        nginx='location / { PASS proxy_set_header Authorization ""; }',
        demands={"carriers": ["authorization", "query"]},
        passes_by=True,
    ),
    "nginx takes the Origin off": Row(
        kind="origin-header",
        cause="origin-refused",
        becomes="led",
        seconds=8,
        nginx='location / { PASS proxy_set_header Origin ""; }',
        demands=LISTED,
        target={"origin": APP},
    ),
    "nginx takes the subprotocols off": Row(
        kind="subprotocol-header",
        cause="subprotocol-refused",
        becomes="led",
        seconds=8,
        nginx='location / { PASS proxy_set_header Sec-WebSocket-Protocol ""; }',
        demands={"subprotocol": "chat.v1"},
        target={"subprotocols": ["chat.v1"]},
    ),
    "nginx rewrites the Host": Row(
        kind="forwarded-header",
        cause="forwarded-refused",
        becomes="stated",
        nginx=_socket(_REWRITES_THE_HOST),
        application="raw",
        behaviour={**_OF_TOKENS, "plain": "426 Upgrade Required", "words": ["Refused"]},
        demands={"hosts": ["127.0.0.1"]},
        passes_by=True,
    ),
    "nginx rewrites the Host, and nobody says a word": Row(
        kind="forwarded-header",
        cause="forwarded-refused",
        becomes="led",
        nginx=_socket(_REWRITES_THE_HOST),
        demands={"hosts": ["127.0.0.1"]},
        passes_by=True,
    ),
    "nginx takes the key of the handshake off": Row(
        kind="handshake-header",
        cause="edge-blocks-upgrade",
        becomes="stated",
        nginx='location / { PASS proxy_set_header Sec-WebSocket-Key ""; }',
        passes_by=True,
    ),
    "nginx hides the answer's Accept": Row(
        kind="answer-header",
        cause="upgrade-damaged",
        becomes="stated",
        nginx="location / { PASS proxy_hide_header Sec-WebSocket-Accept; }",
    ),
    "nginx hides the answer's subprotocol": Row(
        kind="answer-subprotocol",
        cause="subprotocol-unanswered",
        becomes="stated",
        nginx="location / { PASS proxy_hide_header Sec-WebSocket-Protocol; }",
        demands={"subprotocol": "chat.v1"},
        target={"subprotocols": ["chat.v1"]},
    ),
    "nginx writes a slash too many": Row(
        kind="doubled-slash",
        cause="route-missing",
        becomes="proved",
        nginx="location / { PASS } location /app/ { UPGRADES proxy_pass http://%TO%//; proxy_set_header Host $host; }",
        target={"ws_path": "/app/ws"},
        alternatives={"paths": ["/ws"]},
    ),
    "nginx takes the WebSocket's prefix off": Row(
        kind="prefix-taken-off",
        cause="route-missing",
        becomes="proved",
        nginx="location / { PASS } location /ws/ { UPGRADES proxy_pass http://%TO%/; proxy_set_header Host $host; }",
        behaviour={"paths": ["/ws/live"]},
        target={"ws_path": "/ws/live"},
        alternatives={"paths": ["/ws/ws/live"]},
    ),
    "nginx takes REST's prefix off": Row(
        kind="prefix-kept",
        cause="route-missing",
        becomes="proved",
        nginx="location / { PASS } location /app/ { proxy_pass http://%TO%/; } location /app/ws { PASS }",
        target={"ws_path": "/app/ws", "health_path": "/app/api/health", "protected_path": "/app/api/auth/me"},
    ),
    "nginx ends what is quiet": Row(
        kind="idle-bound",
        cause="idle-closed",
        becomes="inferred",
        nginx=_socket("PASS proxy_read_timeout 4s;"),
        target={"idle_s": 5},
    ),
    "nginx has small buffers": Row(
        kind="header-bound",
        cause="request-too-large",
        becomes="stated",
        nginx="client_header_buffer_size 256; large_client_header_buffers 4 1k; location / { PASS }",
        claims={"scope": "a-long-scope-that-says-little " * 40},
    ),
    "nginx bounds the rate": Row(
        kind="rate-bound",
        cause="rate-limited",
        becomes="proved",
        nginx=_socket("limit_req zone=knocks; limit_req_status 429; PASS"),
        seconds=30,
    ),
    "nginx bounds the connections, and one is held": Row(
        kind="connections-bound", cause="connection-limit", becomes="led", seconds=8, nginx=_socket("limit_conn sockets 1; PASS")
    ),
    "nginx wants a client certificate": Row(
        kind="client-certificate",
        cause="client-certificate-missing",
        becomes="stated",
        nginx="TLS ssl_verify_client on; location / { PASS }",
    ),
    "nginx lists origins": Row(
        kind="origin-rule",
        cause="origin-refused",
        becomes="proved",
        nginx='location / { if ($http_origin !~ "^https://app[.]example$") { return 403; } PASS }',
        target={"origin": "https://other.example"},
        alternatives={"origins": [APP]},
    ),
    "nginx refuses whatever upgrades": Row(
        kind="upgrade-rule",
        cause="edge-blocks-upgrade",
        becomes="stated",
        nginx=_socket("if ($http_upgrade) { return 403; } PASS"),
        passes_by=True,
    ),
    "nginx denies everybody": Row(
        kind="access-rule", cause="edge-policy", becomes="stated", nginx=_socket("deny all;"), passes_by=True
    ),
    "Envoy enables no upgrade": Row(
        kind="upgrade-not-enabled", cause="edge-blocks-upgrade", becomes="stated", envoy={"manager": ""}, passes_by=True
    ),
    "Envoy enables none on this route": Row(
        kind="upgrade-not-enabled",
        cause="edge-blocks-upgrade",
        becomes="stated",
        envoy={"manager": UPGRADES, "route": "upgrade_configs: [{upgrade_type: websocket, enabled: false}]"},
        passes_by=True,
    ),
    "Envoy speaks HTTP/2": Row(
        kind="upstream-http-2",
        cause="edge-blocks-upgrade",
        becomes="stated",
        envoy={"manager": UPGRADES, "cluster": H2},
        passes_by=True,
    ),
    "Cloud Run speaks HTTP/2 end to end": Row(
        kind="service-http-2",
        cause="edge-blocks-upgrade",
        becomes="stated",
        envoy={"manager": UPGRADES, "cluster": H2},
        run={"PORT": "h2c"},
        passes_by=True,
    ),
    "Cloud Run is reached from inside": Row(
        kind="ingress",
        cause="edge-policy",
        becomes="stated",
        run={"INGRESS": "internal", "HOST": "127.0.0.1"},
        application="raw",
        behaviour={"platform": "ingress"},
    ),
    "Cloud Run has no invoker for everybody": Row(
        kind="invoker",
        cause="edge-policy",
        becomes="stated",
        run={"MEMBER": "group:staff@example.com"},
        application="raw",
        behaviour={"platform": "invoker"},
    ),
    "an identity proxy stands in front of Cloud Run": Row(
        kind="identity-proxy",
        cause="edge-policy",
        becomes="stated",
        run={"IAP": "true"},
        application="raw",
        behaviour={"platform": "iap"},
    ),
    "Cloud Run ends a request after its time": Row(
        kind="request-timeout",
        cause="idle-closed",
        becomes="inferred",
        run={"SECONDS": "4"},
        nginx=_socket("PASS proxy_read_timeout 4s;"),
        target={"idle_s": 5},
    ),
    "two revisions read two versions of a secret": Row(
        kind="split-traffic",
        cause="mixed-revisions",
        becomes="inferred",
        run={"MEMBER": "allUsers"},
        is_split=True,
        application="raw",
        behaviour={"behaviour": "random"},
    ),
    "the services read two secrets": Row(
        kind="secret-version",
        cause="secret-mismatch",
        becomes="stated",
        run={"KEPT": "jwt-ws"},
        application="raw",
        behaviour={**_OF_TOKENS, "rest_demands": "KEY"},
        demands={"key": _OTHER_KEY},
    ),
    "the services read a secret each, under two names": Row(
        kind="secret-name",
        cause="secret-mismatch",
        becomes="stated",
        run={"JWT_SECRET": "WS_JWT_KEY", "KEPT": "jwt-ws"},
        application="raw",
        behaviour={**_OF_TOKENS, "rest_demands": "KEY"},
        demands={"key": _OTHER_KEY},
    ),
    "a list of origins": Row(
        kind="origins-list",
        cause="origin-refused",
        becomes="proved",
        run={"VARIABLE": "ALLOWED_ORIGINS", "VALUE": APP},
        demands=LISTED,
        target={"origin": "https://other.example"},
    ),
    "a list of hosts": Row(
        kind="hosts-list",
        cause="host-refused",
        becomes="proved",
        run={"VARIABLE": "ALLOWED_HOSTS", "VALUE": "api.example"},
        demands={"hosts": ["api.example"]},
    ),
    "another algorithm": Row(
        kind="algorithm",
        cause="algorithm-mismatch",
        becomes="proved",
        run={"VARIABLE": "JWT_ALGORITHM", "VALUE": "HS512"},
        demands={"algorithms": ["HS512"]},
    ),
    "another issuer": Row(
        kind="issuer",
        cause="issuer-mismatch",
        becomes="proved",
        run={"VARIABLE": "JWT_ISSUER", "VALUE": "accounts"},
        demands={"issuer": "accounts"},
    ),
    "another audience": Row(
        kind="audience",
        cause="audience-mismatch",
        becomes="proved",
        run={"VARIABLE": "JWT_AUDIENCE", "VALUE": "chat"},
        demands={"audience": "chat"},
    ),
}
