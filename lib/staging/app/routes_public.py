"""The REST endpoints that need no credential; what they say of a service was measured when they say it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..faults import ALL_CARRIERS
from .agents import AGENTS, Agents
from .endpoints import Endpoint
from .service import VERSION, AuthUnavailable, Service
from .tools import TOOLS, Task, ToolFailed

CHECK_AGE_S = 2.0
CHECK_TEXT = "What is 6 * 7 in this message?"


class PublicRoutes:
    """Health, discovery, tools and the socket's own pages."""

    def __init__(self, service: Service, agents: Agents) -> None:
        self.service, self._agents = service, agents
        self._checked: tuple[float, list[dict[str, Any]]] = (-CHECK_AGE_S, [])

    def endpoints(self) -> list[Endpoint]:
        """All of them."""

        def get(path: str, handler: Any, summary: str, *answers: int) -> Endpoint:
            return Endpoint(method="GET", path=path, handler=handler, summary=summary, answers=answers or (200,))

        return [
            get("/", self.index, "What this is"),
            get("/health", self.health, "Whether the application has finished starting", 200, 503),
            get("/api/health", self.health, "Whether the application has finished starting", 200, 503),
            get("/api/discovery/services", self.services, "The services, and how each answered just now"),
            get("/api/mcp/config", self.mcp_config, "What a tool client is to be told"),
            get("/api/mcp/servers", self.mcp_servers, "The tools, each tried"),
            get("/api/agents", self.agents, "The agents"),
            get("/ws/config", self.socket_config, "How the WebSocket is to be used"),
            get("/ws/health", self.socket_health, "Whether the WebSocket takes sessions"),
            get("/ws/stats", self.socket_stats, "How many sessions are open"),
        ]

    async def index(self, request: Request, values: dict[str, Any]) -> Response:
        """The service's name and where to read on."""
        return JSONResponse(
            {"service": "netra-backend", "version": VERSION, "environment": "staging", "documentation": "/openapi.json"}
        )

    async def health(self, request: Request, values: dict[str, Any]) -> Response:
        """503 until the application has finished starting."""
        shared = self.service.shared
        ready = shared.ready_s is not None
        body = {
            "status": "healthy" if ready else "starting", "service": "netra-backend", "version": VERSION,
            "revision": self.service.revision,
            "uptime_s": round(time.monotonic() - shared.started_s, 3), "timestamp": shared.now_s(),
        }  # fmt: skip
        return JSONResponse(body, 200 if ready else 503, None if ready else {"Retry-After": "1"})

    async def services(self, request: Request, values: dict[str, Any]) -> Response:
        """Every service with its address, its state and how long it took to answer."""
        shared = self.service.shared
        rest_url, auth_url = f"http://127.0.0.1:{shared.public_port}", f"http://127.0.0.1:{shared.auth_port}"
        ws_url = f"ws://127.0.0.1:{shared.public_port}/ws"
        backend = {"url": rest_url, "api_url": f"{rest_url}/api", "ws_url": ws_url, "port": shared.public_port}
        auth = {"url": auth_url, "api_url": f"{auth_url}/auth", "ws_url": None, "port": shared.auth_port}
        measured = {"netra-backend": backend | self._measure_store(), "netra-auth": auth | await self._measure_auth()}
        moment = shared.now_s()
        services = {name: {**entry, "timestamp": moment} for name, entry in measured.items()}
        return JSONResponse(
            {
                "services": services,
                "timestamp": moment,
                "available": all(entry["status"] == "healthy" for entry in services.values()),
            }
        )

    def _measure_store(self) -> dict[str, Any]:
        started = time.perf_counter()
        self.service.store.count_matching("nobody", ["nothing"])
        return {"status": "healthy", "latency_ms": _since_ms(started)}

    async def _measure_auth(self) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            await self.service.auth.get("/health")
            status = "healthy"
        except AuthUnavailable as error:
            status = f"unreachable ({error})"
        return {"status": status, "latency_ms": _since_ms(started)}

    async def mcp_config(self, request: Request, values: dict[str, Any]) -> Response:
        """Addresses and abilities."""
        rest_url = f"http://127.0.0.1:{self.service.shared.public_port}"
        described = {name: (tool.__doc__ or "").partition(";")[0].strip() for name, tool in TOOLS.items()}
        return JSONResponse(
            {
                "server": {"name": "netra-mcp", "version": VERSION, "url": f"{rest_url}/api/mcp"},
                "transports": ["http", "websocket"],
                "tools": described,
                "agents": sorted(AGENTS),
            }
        )

    async def mcp_servers(self, request: Request, values: dict[str, Any]) -> Response:
        """Each tool's state, from a run on a short text no longer than two seconds ago."""
        checked_s, results = self._checked
        if time.monotonic() - checked_s >= CHECK_AGE_S:
            results = [await self._check(name) for name in TOOLS]
            self._checked = (time.monotonic(), results)
        return JSONResponse({"data": results, "total": len(results)})

    async def _check(self, name: str) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            await asyncio.to_thread(TOOLS[name], Task(CHECK_TEXT, "nobody", "nowhere", self.service.store))
            status = "connected"
        except ToolFailed as failure:
            status = f"failed: {failure}"
        return {"name": name, "status": status, "latency_ms": _since_ms(started), "checked_at": self.service.shared.now_s()}

    async def agents(self, request: Request, values: dict[str, Any]) -> Response:
        """Name, purpose and tools of each agent."""
        listed = [
            {"name": agent.name, "purpose": agent.purpose, "tools": agent.tools, "status": "ready"} for agent in AGENTS.values()
        ]
        return JSONResponse({"agents": listed, "total": len(listed), "running": self._agents.running})

    async def socket_config(self, request: Request, values: dict[str, Any]) -> Response:
        """Carriers, limits and message types, as documented."""
        options = self.service.options
        limits = {
            "max_message_bytes": options.max_message_bytes, "messages_per_minute": options.message_rate_per_min,
            "heartbeat_interval_s": options.heartbeat_s, "connections_per_user": None,
        }  # fmt: skip
        methods = {
            "authorization": "Bearer <token>",
            "subprotocol": "jwt.<base64url token> beside jwt-auth",
            "query": "?token=",
            "cookie": "token=",
        }
        body = {
            "url": f"ws://127.0.0.1:{self.service.shared.public_port}/ws",
            "authentication": {name: methods[name] for name in ALL_CARRIERS},
            "limits": limits,
        }
        return JSONResponse({**body, "test_url": f"ws://127.0.0.1:{self.service.shared.public_port}/ws/test"})

    async def socket_health(self, request: Request, values: dict[str, Any]) -> Response:
        """Whether sessions are taken, and how many there are."""
        shared = self.service.shared
        config = {"pre_connection_auth_required": True, "heartbeat_interval_s": self.service.options.heartbeat_s}
        body = {
            "status": "healthy" if shared.ready_s is not None else "starting",
            "metrics": {"active_connections": len(shared.connections)},
            "config": config,
        }
        return JSONResponse({**body, "e2e_testing": {"enabled": False}, "timestamp": shared.now_s()})

    async def socket_stats(self, request: Request, values: dict[str, Any]) -> Response:
        """Counts of now."""
        shared = self.service.shared
        users = len(set(shared.connections.values()))
        counts = {
            "active_connections": len(shared.connections),
            "users": users,
            "agents_running": self._agents.running,
            "agents_finished": self._agents.finished,
        }
        return JSONResponse({**counts, "uptime_s": round(time.monotonic() - shared.started_s, 3)})


def _since_ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
