"""The composition: stores, services and listeners opened in order, addresses handed out, everything closed again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from .app import session_store
from .app.agents import Agents
from .app.app import application
from .app.service import Service, Shared
from .app.startup import warm_up
from .auth.service import AuthService
from .config import BadConfiguration, Config
from .edge import forward_proxy
from .edge.certificates import Authority
from .edge.platform import Front, Upstream
from .edge.proxy import Edge
from .edge.tls_port import TlsPort
from .faults import policies_for
from .http1 import MAX_HEAD_BYTES, Pool
from .logging.api import LoggingApi
from .logging.journal import PROJECT, SERVICE, ApplicationLog, Journal
from .published import published

LOOPBACK = "127.0.0.1"
STALE_REVISION = "netra-backend-staging-00600-xol"
FIRST_REVISION, LAST_REVISION = 601, 612
SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxyz"
AUTH_REVISION = "netra-auth-staging-00018-kip"


def revision_with(faults: Collection[str]) -> str:
    """The name of the revision that has these faults: a repair is a deployment, so it gets a higher number and another suffix."""
    digest = hashlib.sha256(" ".join(sorted(faults)).encode()).digest()
    suffix = "".join(SUFFIX_LETTERS[byte % len(SUFFIX_LETTERS)] for byte in digest[:3])
    return f"netra-backend-staging-{max(LAST_REVISION - len(faults), FIRST_REVISION):05d}-{suffix}"


class _Server(uvicorn.Server):
    """A uvicorn server inside our own loop, which leaves signals to us."""

    @contextlib.contextmanager
    def capture_signals(self):
        """Captures none."""
        yield


class System:
    """One run of the embedded system; raises BadConfiguration for causes that it does not know."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.policies = policies_for(config.faults)
        self.revision = revision_with(config.faults)
        self.journal = Journal(config.options)
        self.shared = Shared(config, self.policies, self.journal)
        self._log = ApplicationLog(self.journal, self.revision, self.shared.now_s)
        self.agents = Agents(self.shared, self._log)
        self._servers: list[tuple[_Server, asyncio.Task[None]]] = []
        self._listeners: list[asyncio.Server] = []
        self._services: list[Service] = []
        self._logging_api = LoggingApi(self.journal)
        self._authority: Authority | None = None
        self._tls_port: int | None = None

    async def start(self) -> dict[str, Any]:
        """Opens everything and passes the start-up phase; the addresses. Raises BadConfiguration for a port that is taken."""
        shared, public = self.shared, _bind(self.config.port)
        shared.public_port = public.getsockname()[1]
        for revision, _ in self._revisions():
            self._log_deployment(revision)
        shared.auth_port = await self._start_auth()
        if self.policies.socket.awaits_store:
            store = _bind(0)
            shared.store_port = store.getsockname()[1]
            await self._listen(session_store.silent, store)
        upstreams = [await self._start_revision(*revision) for revision in self._revisions()]
        auth = Upstream(Pool(shared.auth_port), AUTH_REVISION, shared.network_now_s)
        front = Front(upstreams, auth, self.journal, self.config.options.upstream_timeout_s)
        edge = Edge(self.policies.edge, self.policies.tls, self.config.options, front, self.journal)
        await self._listen(edge.connected, public)
        if self.policies.tls.opens:
            self._authority = Authority()
            context, listener = self._authority.server_context(self.policies.tls), _bind(0)
            edge.tls_port = self._tls_port = listener.getsockname()[1]
            await self._listen(TlsPort(context, self.policies.tls, edge.connected_by_tls, self.journal).connected, listener)
        environment = {"EMBEDDED_USERS_DATABASE": f"sqlite:///{shared.store.users_path}"}
        if self.policies.client.has_proxy:
            proxy = _bind(0)
            environment["http_proxy"] = f"http://{LOOPBACK}:{proxy.getsockname()[1]}"
            await self._listen(forward_proxy.connected, proxy)
        logs_endpoint = await self._logging_api.start()
        await warm_up(self._services[-1], self._log)
        return self._addresses(logs_endpoint, environment)

    async def stop(self) -> None:
        """Closes everything."""
        for listener in self._listeners:
            listener.close()
        if self._authority:
            self._authority.close()
        for server, _ in self._servers:
            server.should_exit = server.force_exit = True
        self.agents.close()
        await self._logging_api.stop()
        if self._servers:
            await asyncio.wait([task for _, task in self._servers], timeout=0.7)
        for service in self._services:
            service.auth.close()
        self.shared.store.close()

    def _addresses(self, logs_endpoint: str, environment: dict[str, str]) -> dict[str, Any]:
        port = self.shared.public_port
        return {
            "rest_url": f"http://{LOOPBACK}:{port}", "ws_url": self._ws_url(), "tls": self._tls(),
            "auth_url": f"http://{LOOPBACK}:{self.shared.auth_port}",
            "logs_endpoint": logs_endpoint, "project": PROJECT, "filter": f'resource.labels.service_name="{SERVICE}"',
            "environment": environment, "pid": os.getpid(),
            "configuration": published(
                self.config, self.policies, port=port, tls_port=self._tls_port, revisions=[name for name, _ in self._revisions()]
            ),
        }  # fmt: skip

    def _ws_url(self) -> str:
        tls, public = self.policies.tls, f"ws://{LOOPBACK}:{self.shared.public_port}/ws"
        if self._tls_port is None or tls.answers_plain == "redirect":
            return public
        return f"{'wss' if tls.is_the_address else 'ws'}://{LOOPBACK}:{self._tls_port}/ws"

    def _tls(self) -> dict[str, Any] | None:
        """Port and files of the TLS port; `ca` is what clients are told to trust."""
        if self._tls_port is None or self._authority is None:
            return None
        files = self._authority.files
        ca = files.authority if self.policies.tls.authority_is_known else None
        return {"port": self._tls_port, "ca": ca, **asdict(files)}

    def _revisions(self) -> list[tuple[str, str | None]]:
        current = (self.revision, None)
        return [(STALE_REVISION, secrets.token_hex(32)), current] if self.policies.platform.has_stale_revision else [current]

    def _log_deployment(self, revision: str) -> None:
        payload = {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "run.googleapis.com",
            "methodName": "google.cloud.run.v1.Services.ReplaceService",
            "resourceName": f"namespaces/{PROJECT}/services/{SERVICE}",
            "response": {"status": {"latestReadyRevisionName": revision}},
        }  # fmt: skip
        self.journal.write(
            "cloudaudit.googleapis.com%2Factivity", payload, severity="NOTICE", resource=self.journal.cloud_run("")
        )

    async def _listen(self, connected: Any, listener: socket.socket) -> None:
        self._listeners.append(await asyncio.start_server(connected, sock=listener, limit=MAX_HEAD_BYTES))

    async def _start_auth(self) -> int:
        listener = _bind(0)
        port = listener.getsockname()[1]
        if not self.policies.auth.runs:
            listener.close()
            return port
        await self._serve(AuthService(self.config.keys, self.shared.store, self.journal).app(), listener, "netra-auth")
        return port

    async def _start_revision(self, revision: str, stale_key: str | None) -> Upstream:
        service = Service(self.shared, revision, self.policies.socket, stale_key=stale_key)
        self._services.append(service)
        listener = _bind(0)
        await self._serve(application(service, self.agents), listener, "netra-backend", [("x-revision", revision)])
        return Upstream(Pool(listener.getsockname()[1]), revision, self.shared.now_s)

    async def _serve(
        self, app: ASGIApp, listener: socket.socket, name: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        quiet = {"log_config": None, "log_level": "critical", "access_log": False}
        own_headers = [("server", name), *(headers or [])]
        kind = "websockets-sansio" if self.policies.socket.knows_websocket or name == "netra-auth" else "none"
        sockets = {"ws": kind, "ws_per_message_deflate": False, "ws_max_size": 1024 * 1024}
        config = uvicorn.Config(
            app, http="h11", lifespan="off", server_header=False, headers=own_headers, timeout_keep_alive=75, **quiet, **sockets
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        self._servers.append((server, task))
        while not server.started:  # noqa: ASYNC110  uvicorn tells it by this attribute alone
            await asyncio.sleep(0.002)


def _bind(port: int) -> socket.socket:
    # With the protocol left out asyncio does not recognise TCP and leaves Nagle's algorithm on: 40 ms now and then.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or type(error).__name__
        raise BadConfiguration(
            f"port: {port} cannot be opened on {LOOPBACK} ({reason}); a free port, or 0 to choose one, is accepted."
        ) from None
    listener.listen(1024)
    listener.setblocking(False)
    return listener
