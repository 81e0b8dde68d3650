"""The composition: stores, services and listeners opened in order, addresses handed out, everything closed again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette

from .agents import Agents
from .app import application
from .auth_service import AuthService
from .config import BadConfiguration, Config
from .edge import Edge, Front, Upstream
from .faults import SocketPolicy, policies_for
from .journal import PROJECT, SERVICE, ApplicationLog, Journal
from .service import Service, Shared
from .wire import MAX_HEAD_BYTES, Pool

LOOPBACK = "127.0.0.1"
REVISION = "netra-backend-staging-00611-vuc"
STALE_REVISION = "netra-backend-staging-00610-xol"
AUTH_REVISION = "netra-auth-staging-00018-kip"


class _Server(uvicorn.Server):
    """A uvicorn server inside our own loop, which leaves signals to us."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


class System:
    """One run of the embedded system."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.policies = policies_for(config.faults)
        self.journal = Journal(config.options)
        self._servers: list[tuple[_Server, asyncio.Task[None]]] = []
        self._services: list[Service] = []
        self._listeners: list[asyncio.Server] = []

    async def start(self) -> dict[str, Any]:
        """Opens everything and passes the start-up phase; the addresses. Raises BadConfiguration for a port that is taken."""
        public = _bind(self.config.port)
        self.shared = shared = Shared(self.config, self.policies, self.journal)
        shared.public_port = public.getsockname()[1]
        shared.auth_port = await self._start_auth()
        upstreams = [await self._start_revision(*revision) for revision in self._revisions()]
        front = Front(upstreams, Upstream(Pool(shared.auth_port), AUTH_REVISION), self.journal, shared.now_s)
        edge = Edge(self.policies.edge, self.config.options, front, self.journal)
        self._listeners.append(await asyncio.start_server(edge.connected, sock=public, limit=MAX_HEAD_BYTES))
        shared.ready.set()
        return self._addresses()

    async def stop(self) -> None:
        """Closes everything."""
        for listener in self._listeners:
            listener.close()
        for server, _ in self._servers:
            server.should_exit = server.force_exit = True
        with contextlib.suppress(AttributeError):
            await self.shared.agents.close()
        await asyncio.wait([task for _, task in self._servers], timeout=0.7) if self._servers else None

    def _addresses(self) -> dict[str, Any]:
        port = self.shared.public_port
        return {
            "rest_url": f"http://{LOOPBACK}:{port}", "ws_url": f"ws://{LOOPBACK}:{port}/ws", "auth_url": f"http://{LOOPBACK}:{self.shared.auth_port}",
            "logs_endpoint": None, "project": PROJECT, "filter": f'resource.labels.service_name="{SERVICE}"',
            "environment": {}, "pid": os.getpid(),
        }  # fmt: skip

    def _revisions(self) -> list[tuple[str, SocketPolicy, str | None]]:
        current = (REVISION, self.policies.socket, None)
        if not self.policies.platform.has_stale_revision:
            return [current]
        return [(STALE_REVISION, self.policies.socket, secrets.token_hex(32)), current]

    async def _start_auth(self) -> int:
        listener = _bind(0)
        port = listener.getsockname()[1]
        if not self.policies.auth.runs:
            listener.close()
            return port
        await self._serve(AuthService(self.config.keys, self.shared.store, self.journal).app(), listener, "netra-auth")
        return port

    async def _start_revision(self, revision: str, policy: SocketPolicy, stale_key: str | None) -> Upstream:
        service = Service(self.shared, revision, policy, stale_key=stale_key)
        self._services.append(service)
        if not hasattr(self.shared, "agents"):
            self.shared.agents = Agents(self.shared, ApplicationLog(self.journal, revision))
        listener = _bind(0)
        await self._serve(application(service), listener, "netra-backend", [("x-revision", revision)])
        return Upstream(Pool(listener.getsockname()[1]), revision)

    async def _serve(self, app: Starlette, listener: socket.socket, name: str, headers: list[tuple[str, str]] | None = None) -> None:
        config = uvicorn.Config(
            app, ws="websockets-sansio", http="h11", lifespan="off", log_config=None, log_level="critical", access_log=False, server_header=False,
            headers=[("server", name), *(headers or [])], timeout_keep_alive=75, ws_per_message_deflate=False, ws_max_size=1024 * 1024,
        )  # fmt: skip
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        self._servers.append((server, task))
        while not server.started:
            await asyncio.sleep(0.005)


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise BadConfiguration(f"port: {port} is taken on {LOOPBACK}; a free port, or 0 to choose one, is accepted.") from None
    listener.listen(1024)
    listener.setblocking(False)
    return listener
