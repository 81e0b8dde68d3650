"""What the ten modules share: the target that INVESTIGATION names, and its clients, plain httpx and websockets.

The cases are independent of each other and run at the same time.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
import websockets

from lib import handshake
from lib.clients import tls, trace_context
from lib.suite.plugin import concurrent

AGENT_RUNS_AT_ONCE = 7
"""The service lets a user run eight agents at a time; these cases leave one for others."""


def pytest_configure(config: pytest.Config) -> None:
    concurrent.install(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # In the order of the report: module 10 after module 9.
    items.sort(key=lambda item: int(item.path.stem.split("_")[1]))


class Group(dict[str, Any]):
    """A group of the parameters as the parent has validated them, its members as attributes: to build the model anew takes longer
    than a case.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]


class Target:
    """The system under investigation, as a client of it knows it."""

    EVENTS = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
    """The five events of a run, in the order in which each first appears."""

    def __init__(self, parameters: Any):
        self._configured = handshake.configured(parameters)
        self._slots = asyncio.Semaphore(AGENT_RUNS_AT_ONCE)
        # One for all clients: each would make its own otherwise, also for plain http, and that takes longer than a request.
        is_secure = {urlsplit(url).scheme for url in (parameters.target.rest_url, parameters.target.ws_url)} & {"https", "wss"}
        self._tls = tls.context(self._configured.tls) if is_secure else tls.no_context()
        self.rest_url, self.ws_url = parameters.target.rest_url, parameters.target.ws_url
        self.health_path, self.protected_path = parameters.target.health_path, parameters.target.protected_path
        self.user, self.timeout_s = parameters.token.user, parameters.target.timeout_s

    def token(self, **factors: Any) -> str | None:
        """A fresh token of the configured user; `factors` are fields of lib.handshake.Handshake that differ."""
        return handshake.credential(replace(self._configured, **factors), now=datetime.now(UTC))

    def expired_token(self) -> str | None:
        """A token that was good for a minute, two hours ago."""
        return self.token(issued_ago_s=7200, lifetime_s=60)

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """A REST client that sends this token, by default a fresh one."""
        request = handshake.rest_request(self._configured, "", now=datetime.now(UTC), token=token)
        return self._client(request.headers)

    def guest(self) -> httpx.AsyncClient:
        """A REST client without a credential."""
        request = handshake.rest_request(self._configured, "", now=datetime.now(UTC), with_credential=False)
        return self._client(request.headers)

    def _client(self, headers: tuple[tuple[str, str], ...]) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.rest_url,
            headers=list(headers),
            timeout=self.timeout_s,
            verify=self._tls,
            event_hooks={"request": [_traced]},
        )

    def websocket(self) -> websockets.connect:
        """The authenticated socket: `async with target.websocket() as socket`."""
        request = handshake.websocket_request(self._configured, now=datetime.now(UTC))
        return self._connect(request.url, [*request.headers, _traceparent()], request.subprotocols)

    def test_websocket(self) -> websockets.connect:
        """The socket that wants no credential: it shows whether the transport works."""
        parts = urlsplit(self.ws_url)
        url = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/test"))
        return self._connect(url, [_traceparent()], ())

    def _connect(self, url: str, headers: list[tuple[str, str]], subprotocols: tuple[str, ...]) -> websockets.connect:
        secured = self._tls if url.startswith("wss") else None
        return websockets.connect(
            url, additional_headers=headers, origin=self._configured.origin, subprotocols=list(subprotocols) or None,
            open_timeout=self.timeout_s, close_timeout=1, ssl=secured,
        )  # fmt: skip

    @asynccontextmanager
    async def agent_slot(self) -> AsyncIterator[None]:
        """Inside, one agent may be run."""
        async with self._slots:
            yield

    async def run(self, client: httpx.AsyncClient, message: str, **fields: Any) -> dict[str, Any]:
        """Runs an agent to its end over REST; the answer, which has status 200."""
        async with self.agent_slot():
            answer = await client.post("/api/agents/execute", json={"message": message, **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    @asynccontextmanager
    async def stream(
        self, client: httpx.AsyncClient, message: str, *, accept: str = "application/x-ndjson", **fields: Any
    ) -> AsyncIterator[httpx.Response]:
        """Runs an agent and streams its events; the open response, which has status 200."""
        async with self.agent_slot():
            body = {"message": message, **fields}
            async with client.stream("POST", "/api/agents/stream", json=body, headers={"Accept": accept}) as response:
                assert response.status_code == 200, (await response.aread()).decode()
                yield response

    async def streamed(self, client: httpx.AsyncClient, message: str, **fields: Any) -> list[dict[str, Any]]:
        """All events of a run that is streamed line by line."""
        async with self.stream(client, message, **fields) as response:
            return [json.loads(line) async for line in response.aiter_lines() if line]

    def first_seen(self, events: list[dict[str, Any]]) -> tuple[str, ...]:
        """Which of the five events are among these, each where it first appears."""
        return tuple(kind for kind in dict.fromkeys(event["type"] for event in events) if kind in self.EVENTS)

    async def receive(self, socket: websockets.ClientConnection, kind: str) -> dict[str, Any]:
        """The next frame of this type."""
        return (await self.receive_until(socket, kind))[-1]

    async def receive_until(self, socket: websockets.ClientConnection, *kinds: str) -> list[dict[str, Any]]:
        """All frames up to the first that has one of these types."""
        frames: list[dict[str, Any]] = []
        async with asyncio.timeout(self.timeout_s):
            while not frames or frames[-1]["type"] not in kinds:
                frames.append(json.loads(await socket.recv()))
        return frames


async def _traced(request: httpx.Request) -> None:
    name, value = _traceparent()
    request.headers[name] = value


def _traceparent() -> tuple[str, str]:
    return "traceparent", trace_context.traceparent(trace_context.new_trace_id())


@pytest.fixture(scope="session")
def target() -> Target:
    """The target that the variable INVESTIGATION names."""
    investigation = json.loads(os.environ.get("INVESTIGATION") or "null", object_hook=Group)
    if not investigation:
        pytest.exit("The variable INVESTIGATION names no target: start these modules with `python -m lib suite`.", returncode=4)
    parameters = investigation.parameters
    urls = {name: value for name, value in (investigation.get("addresses") or {}).items() if name in ("rest_url", "ws_url")}
    parameters["target"] = Group(parameters.target | urls)
    return Target(parameters)
