"""One instance of the application: what its routes and sockets share, and how it asks the auth service."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from typing import Any

from ..auth.token_check import TokenRules
from ..config import Config
from ..faults import Policies, SocketPolicy
from ..http1 import BadMessage, Head, Pool
from ..logging.journal import ApplicationLog, Journal
from ..store import Store

VERSION = "1.4.2"


class AuthUnavailable(Exception):
    """The auth service gave no verdict."""


class AuthClient:
    """The application's connection to the auth service, kept alive."""

    def __init__(self, port: int, service_id: str, service_secret: str) -> None:
        self._pool = Pool(port)
        self._identity = [
            ("Host", "auth.staging.internal"),
            ("X-Service-ID", service_id),
            ("X-Service-Secret", service_secret),
            ("Content-Type", "application/json"),
        ]

    async def ask(self, path: str, body: dict[str, Any], trace: str | None) -> dict[str, Any]:
        """The verdict of the auth service; raises AuthUnavailable."""
        content = json.dumps(body).encode()
        head = Head(f"POST {path} HTTP/1.1", [*self._identity, ("Content-Length", str(len(content)))])
        if trace:
            head = head.with_header("X-Cloud-Trace-Context", trace)
        return await self._exchange(head.encode() + content)

    async def get(self, path: str) -> dict[str, Any]:
        """One of its public pages; raises AuthUnavailable."""
        return await self._exchange(Head(f"GET {path} HTTP/1.1", self._identity).encode())

    async def _exchange(self, request: bytes) -> dict[str, Any]:
        try:
            response, connection = await asyncio.wait_for(self._pool.send(request), 5.0)
            answer = await connection[0].readexactly(int(response.get("content-length", "0")))
        except (OSError, EOFError, BadMessage, TimeoutError) as error:
            raise AuthUnavailable(f"{type(error).__name__}: {error}") from None
        self._pool.give_back(connection, reusable=True)
        if response.status != 200:
            raise AuthUnavailable(f"HTTP {response.status}")
        return json.loads(answer)

    def close(self) -> None:
        """Closes its connections."""
        self._pool.close()


class Shared:
    """What every instance of the application has in common: the database, the open connections, the guards' memories."""

    def __init__(self, config: Config, policies: Policies, journal: Journal) -> None:
        self.config, self.policies, self.journal = config, policies, journal
        self.options = config.options
        self.store = Store(policies.users)
        self.started_s = time.monotonic()
        self.ready_s: float | None = None
        """The monotonic second at which the application had finished starting."""
        self.auth_port = 0
        self.public_port = 0
        self.store_port = 0
        """Where the session store listens, if handlers ask one."""
        self.connections: dict[str, str] = {}
        """Connection id to user id, of every authenticated socket that is registered."""
        self._last_use: dict[str, float] = {}

    def is_reused(self, token: str) -> bool:
        """Whether the guard refuses this token, as it was accepted a moment ago; else notes this use."""
        if not self.policies.platform.refuses_reuse:
            return False
        now, digest = time.monotonic(), digest_of(token)
        self._last_use = {key: at for key, at in self._last_use.items() if now - at < self.options.reuse_window_s}
        if digest in self._last_use:
            return True
        self._last_use[digest] = now
        return False

    def now_s(self) -> float:
        """The application's own idea of the time."""
        return self.network_now_s() - (self.options.clock_skew_s if self.policies.platform.clock_behind else 0.0)

    def network_now_s(self) -> float:
        """What all other clocks of the system tell."""
        return time.time() + self.options.log_clock_offset_s

    async def delay(self, name: str) -> None:
        """Waits the configured extra time of a route or frame type."""
        if delay_ms := self.config.delays_ms.get(name):
            await asyncio.sleep(delay_ms / 1000)


class Service:
    """One revision's instance."""

    def __init__(self, shared: Shared, revision: str, socket: SocketPolicy, *, stale_key: str | None = None) -> None:
        self.shared, self.revision, self.socket = shared, revision, socket
        self.store, self.options = shared.store, shared.options
        self.log = ApplicationLog(shared.journal, revision, shared.now_s)
        keys = shared.config.keys
        self.auth = AuthClient(shared.auth_port, shared.policies.platform.service_id, keys.service)
        self.bypass_key = keys.bypass
        lifetime = {"max_lifetime_s": self.options.token_lifetime_s} if socket.limits_lifetime else {}
        self.socket_rules = TokenRules(
            key=stale_key or getattr(keys, socket.key), algorithms=socket.algorithms, issuer=socket.issuer,
            audience=socket.audience,
            needed=socket.needed_claims, permission=socket.needed_permission, kind=socket.token_kind, **lifetime,
        )  # fmt: skip
        self.refused_verdicts: dict[str, float] = {}
        """Token digest to the monotonic second until which the WebSocket service replays its refusal."""

    @property
    def is_starting(self) -> bool:
        """Whether the WebSocket service still waits for its start-up to finish."""
        ready_s = self.shared.ready_s
        if ready_s is None:
            return True
        return self.socket.opens_late and time.monotonic() - ready_s < self.options.startup_s


def digest_of(token: str) -> str:
    """What stands for a token in memory."""
    return hashlib.sha256(token.encode()).hexdigest()
