"""The system's own configuration as files: nginx's of its edge, Cloud Run's of its services, written from what they do."""

from __future__ import annotations

from collections.abc import Sequence

from .config import Config
from .faults import Policies, SocketPolicy

REST, SOCKETS = "netra-backend-staging", "netra-websocket-staging"
_KEY, _OTHER_KEY = ("jwt-secret-staging", "3"), ("jwt-secret-websocket-staging", "1")


def published(config: Config, policies: Policies, *, port: int, tls_port: int | None, revisions: Sequence[str]) -> dict[str, str]:
    """The files by name; `revisions` are those that share the handshakes, the current one last."""
    sockets = _service(
        SOCKETS, _variables(policies.socket), revisions, _OTHER_KEY if policies.socket.key == "jwt_websocket" else _KEY
    )
    files = {"nginx.conf": _nginx(config, policies, port, tls_port), "websocket.yaml": sockets}
    files["backend.yaml"] = _service(REST, _variables(SocketPolicy()), ["latest"], _KEY)
    if len(revisions) > 1:
        files["revision.yaml"] = _revision(revisions[0])
    return files


def _nginx(config: Config, policies: Policies, port: int, tls_port: int | None) -> str:
    options, edge = config.options, policies.edge
    listen = [f"listen {port} default_server;"]
    if tls_port is not None:
        listen.append(f"listen {tls_port} ssl default_server;")
    verified = "    ssl_verify_client on;\n" if policies.tls.wants_client else ""
    redirect = ""
    if policies.tls.answers_plain == "redirect":
        redirect = f"server {{\n    {listen.pop(0)}\n    return 301 https://$host:{tls_port}$request_uri;\n}}\n"
    buffers = f"    large_client_header_buffers 4 {options.max_header_bytes};\n" if edge.too_large else ""
    zone = f"limit_req_zone $binary_remote_addr zone=handshakes:1m rate={options.rate_limit / options.rate_window_s:.0f}r/s;\n"
    subrequest = f"    location = /_auth {{ internal; proxy_pass http://netra-auth; {_UPGRADES} }}\n"
    return (
        "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n"
        f"{zone if edge.limits_rate else ''}{redirect}"
        f"server {{\n    {_lines(listen, 4)}\n    server_name _;\n{verified}{buffers}"
        "    proxy_http_version 1.1;\n    proxy_read_timeout 3600s;\n"
        f"{subrequest if edge.subrequest_fails else ''}"
        f"    location / {{\n        proxy_pass http://{REST};\n        {_PASSED}\n    }}\n"
        f"    location ~ ^/(ws|websocket)/?$ {{\n        {_lines(_of_sockets(config, policies), 8)}\n    }}\n}}\n"
    )


_UPGRADES = "proxy_set_header Upgrade $http_upgrade;\n        proxy_set_header Connection $connection_upgrade;"
_PASSED = f"proxy_set_header Host $http_host;\n        {_UPGRADES}"


def _lines(directives: Sequence[str], indent: int) -> str:
    return f"\n{' ' * indent}".join(directives)


def _of_sockets(config: Config, policies: Policies) -> list[str]:
    options, edge = config.options, policies.edge
    lines = [f"proxy_pass http://{SOCKETS};", f"proxy_set_header Host {edge.rewrites_host or '$http_host'};"]
    lines += [] if edge.drops_upgrade else [_UPGRADES]
    lines += ['proxy_set_header Authorization "";'] if edge.strips_credential else []
    lines += [f"proxy_hide_header {name.title()};" for name in edge.removes]
    lines += [f"proxy_read_timeout {options.idle_timeout_s:g}s;"] if edge.closes_idle else []
    lines += ["deny all;"] if edge.denies_upgrade else []
    lines += ["limit_req zone=handshakes nodelay;"] if edge.limits_rate else []
    lines += ["auth_request /_auth;"] if edge.subrequest_fails else []
    lines += [f"if ($http_upgrade) {{ return {edge.answers_upgrade}; }}"] if edge.answers_upgrade else []
    return lines


def _variables(socket: SocketPolicy) -> dict[str, str]:
    found = {"JWT_ALGORITHM": socket.algorithms[0], "JWT_ISSUER": socket.issuer, "JWT_AUDIENCE": socket.audience}
    found |= {"ALLOWED_ORIGINS": ",".join(socket.origins)} if socket.origins is not None else {}
    return found | ({"ALLOWED_HOSTS": ",".join(socket.hosts)} if socket.hosts is not None else {})


def _service(name: str, variables: dict[str, str], revisions: Sequence[str], key: tuple[str, str]) -> str:
    env = "".join(f"        - name: {variable}\n          value: {value}\n" for variable, value in variables.items())
    alone = "  - latestRevision: true\n    percent: 100\n"
    split = "".join(f"  - revisionName: {revision}\n    percent: {100 // len(revisions)}\n" for revision in revisions)
    named = f"      name: {revisions[-1]}\n" if len(revisions) > 1 else ""
    return (
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n"
        f"  name: {name}\n  annotations:\n    run.googleapis.com/ingress: all\n"
        "    run.googleapis.com/invoker-iam-disabled: 'true'\n"
        f"spec:\n  template:\n    metadata:\n      labels: {{}}\n{named}    spec:\n"
        "      timeoutSeconds: 3600\n      containers:\n"
        f"      - ports:\n        - name: http1\n          containerPort: 8080\n        env:\n{env}{_secret(*key)}"
        f"  traffic:\n{split if len(revisions) > 1 else alone}"
    )


def _secret(name: str, version: str, indent: str = " " * 8) -> str:
    reference = f"valueFrom: {{secretKeyRef: {{name: {name}, key: '{version}'}}}}"
    return f"{indent}- name: JWT_SECRET\n{indent}  {reference}\n"


def _revision(name: str) -> str:
    return (
        f"apiVersion: serving.knative.dev/v1\nkind: Revision\nmetadata:\n  name: {name}\n"
        f"  labels: {{serving.knative.dev/service: {SOCKETS}}}\nspec:\n  containers:\n  - env:\n{_secret(_KEY[0], '2', ' ' * 4)}"
    )
