"""The REST endpoints that run agents: at once for the whole answer, or as a stream of their events that can be resumed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ..logging.journal import trace_of
from .access import user_or_guest
from .agents import AGENTS, Agents, Order
from .endpoints import Endpoint, Field
from .service import Service

MESSAGE = Field(name="message", required=True, minimum=1, maximum=8192)
AGENT = Field(name="agent", minimum=1, maximum=80)
THREAD_ID = Field(name="thread_id", minimum=1, maximum=128)
BODY = (MESSAGE, AGENT, Field(name="type", minimum=1, maximum=80), THREAD_ID, Field(name="context", kind="object"))


class AgentRoutes:
    """Runs over HTTP; without a credential they are a guest's."""

    def __init__(self, service: Service, agents: Agents) -> None:
        self.service, self.agents = service, agents

    def endpoints(self) -> list[Endpoint]:
        """All of them."""
        resume = (
            Field(name="thread_id", required=True, minimum=1, maximum=128),
            Field(name="after", kind="integer", default=0, minimum=0),
        )

        def endpoint(method: str, path: str, handler: Any, summary: str, **accepted: tuple[Field, ...]) -> Endpoint:
            return Endpoint(
                method=method, path=path, handler=handler, summary=summary, secured="optional", answers=(200, 404), **accepted
            )

        return [
            endpoint("POST", "/api/agents/execute", self.execute, "Run an agent and wait for its answer", body=BODY),
            endpoint("POST", "/api/agents/{name}/execute", self.execute, "Run this agent and wait for its answer", body=BODY),
            endpoint("POST", "/api/agents/stream", self.stream, "Run an agent and receive its events as they come", body=BODY),
            endpoint(
                "GET",
                "/api/agents/stream",
                self.resume,
                "Receive a thread's events past a number (or Last-Event-ID)",
                query=resume,
            ),
        ]

    async def execute(self, request: Request, values: dict[str, Any]) -> Response:
        """Runs an agent to its end."""
        order = await self._order(request, values, request.path_params.get("name"), stream=False)
        started = time.perf_counter()
        after = self.service.store.last_sequence(order.thread_id)
        run_id = self.agents.start(order)
        events = [event async for event in self.agents.follow(order.thread_id, after, run_id) if event["run_id"] == run_id]
        last = events[-1]
        failed = last["type"] != "agent_completed"
        body = {
            "status": "failed" if failed else "success", "agent": order.agent, "response": last.get("final_response"),
            "error": last.get("error"), "execution_time": round(time.perf_counter() - started, 4), "thread_id": order.thread_id,
            "run_id": run_id, "user_id": order.user_id, "events": [event["type"] for event in events],
        }  # fmt: skip
        return JSONResponse(body)

    async def stream(self, request: Request, values: dict[str, Any]) -> Response:
        """Runs an agent and streams its events, reply chunks among them."""
        order = await self._order(request, values, None, stream=True)
        after = self.service.store.last_sequence(order.thread_id)
        run_id = self.agents.start(order)
        return self._streaming(request, order.thread_id, after, run_id)

    async def resume(self, request: Request, values: dict[str, Any]) -> Response:
        """Streams what a thread's readers have missed, and what is still to come of a run under way."""
        user = await user_or_guest(request, self.service)
        thread = self.service.store.thread(user["id"], values["thread_id"])
        if thread is None:
            raise HTTPException(404, "There is no such thread")
        last_seen = request.headers.get("last-event-id", "")
        after = int(last_seen) if last_seen.isdigit() and len(last_seen) < 12 else values["after"]
        return self._streaming(request, thread["id"], after, None)

    def _streaming(self, request: Request, thread_id: str, after: int, run_id: str | None) -> Response:
        as_events = "text/event-stream" in request.headers.get("accept", "")

        async def lines() -> AsyncIterator[str]:
            async for event in self.agents.follow(thread_id, after, run_id):
                body = json.dumps(event)
                yield f"id: {event['sequence']}\nevent: {event['type']}\ndata: {body}\n\n" if as_events else body + "\n"

        media_type = "text/event-stream" if as_events else "application/x-ndjson"
        headers = {"X-Thread-Id": thread_id, "Cache-Control": "no-store"} | ({"X-Run-Id": run_id} if run_id else {})
        return StreamingResponse(lines(), media_type=media_type, headers=headers)

    async def _order(self, request: Request, values: dict[str, Any], name: str | None, *, stream: bool) -> Order:
        user = await user_or_guest(request, self.service)
        agent = name or values["agent"] or values["type"] or "supervisor"
        if agent not in AGENTS:
            raise HTTPException(404, f"There is no agent {agent[:80]!r}; there are {', '.join(sorted(AGENTS))}")
        thread = self.service.store.open_thread(user["id"], values["thread_id"])
        if thread is None:
            raise HTTPException(404, "There is no such thread")
        self.service.store.add_message(thread["id"], user["id"], "user", values["message"])
        return Order(
            agent=agent,
            text=values["message"],
            user_id=user["id"],
            thread_id=thread["id"],
            stream=stream,
            trace=trace_of(request.headers),
        )
