"""What happens on an open, authenticated socket: one handler for each type of message that a client may send."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from .agents import AGENTS, Agents, Order, UnknownAgent
from .frames import envelope, error_message
from .service import Service

LIVENESS = ("ping", "pong", "heartbeat")


class Conversation:
    """One socket's session; frames leave in the order in which they were decided."""

    def __init__(self, socket: WebSocket, service: Service, agents: Agents, user_id: str, trace: str | None) -> None:
        self._socket, self._service, self._user_id, self._trace = socket, service, user_id, trace
        self._agents = agents
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._threads: dict[str, int] = {}
        """Thread id to the last sequence number that was sent on this socket."""
        self._recent: deque[float] = deque()
        self._tasks: list[asyncio.Task[None]] = []
        self.received = 0
        run, message, status, resume = self._start_agent, self._message, self._status, self._resume
        self._handlers: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "ping": self._ping, "pong": self._ignore, "heartbeat": self._heartbeat,
            "user_message": message, "message": message, "chat": message,
            "start_agent": run, "execute_agent": run, "agent_request": run, "get_agent_status": status,
            "agent_status_request": status,
            "resume": resume, "subscribe": resume,
        }  # fmt: skip

    async def send(self, frame: dict[str, Any]) -> None:
        """Sends one frame."""
        await self._socket.send_text(json.dumps(frame))

    async def run(self) -> None:
        """Serves the socket until the client leaves."""
        self._tasks = [asyncio.create_task(self._forward()), asyncio.create_task(self._beat())]
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                text = (message.get("bytes") or b"").decode(errors="replace")
            await self._take(text)

    def close(self) -> None:
        """Stops what the session runs; agents go on."""
        for task in self._tasks:
            task.cancel()
        for thread_id in self._threads:
            self._agents.leave(thread_id, self._events)

    async def _take(self, text: str) -> None:
        options, size = self._service.options, len(text.encode())
        self.received += 1
        if size > options.max_message_bytes:
            await self.send(
                error_message("MESSAGE_TOO_LARGE", f"A message may have {options.max_message_bytes} bytes", size=size)
            )
            return
        try:
            message = json.loads(text)
        except ValueError:
            await self.send(error_message("INVALID_JSON", "The message is not JSON"))
            return
        kind = message.get("type") if isinstance(message, dict) else None
        if not isinstance(kind, str):
            await self.send(error_message("MISSING_TYPE", "A message is a JSON object with a type"))
        elif kind not in LIVENESS and not self._may_send():
            await self.send(
                error_message(
                    "RATE_LIMIT_EXCEEDED", f"{options.message_rate_per_min} messages a minute are accepted", retry_after_s=60
                )
            )
        elif kind not in self._handlers:
            await self.send(
                error_message("UNKNOWN_MESSAGE_TYPE", f"Unknown message type: {kind[:80]}", accepted=sorted(self._handlers))
            )
        else:
            await self._handlers[kind](message)

    def _may_send(self) -> bool:
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= 60:
            self._recent.popleft()
        self._recent.append(now)
        return len(self._recent) <= self._service.options.message_rate_per_min

    async def _ping(self, message: dict[str, Any]) -> None:
        await self._service.shared.delay("pong")
        data = {"timestamp": message.get("timestamp", time.time()), "user_id": self._user_id, "server_time": time.time()}
        await self.send(envelope("pong", data, id=message.get("id")))

    async def _ignore(self, message: dict[str, Any]) -> None:
        return

    async def _heartbeat(self, message: dict[str, Any]) -> None:
        await self.send(envelope("heartbeat_ack", {"timestamp": time.time(), "status": "healthy"}, id=message.get("id")))

    async def _message(self, message: dict[str, Any]) -> None:
        await self._order(message, str(message.get("agent") or "supervisor"), ("content", "message", "text"))

    async def _start_agent(self, message: dict[str, Any]) -> None:
        name = message.get("agent") or message.get("agent_name") or message.get("agent_type")
        if not name:
            await self.send(error_message("MISSING_AGENT", "An agent's name is expected in 'agent'", accepted=sorted(AGENTS)))
            return
        await self._order(message, str(name), ("input", "content", "message", "text"))

    async def _order(self, message: dict[str, Any], agent: str, names: tuple[str, ...]) -> None:
        text = _text(message, names)
        if not text:
            await self.send(error_message("EMPTY_CONTENT", f"A text is expected in '{names[0]}'", id=message.get("id")))
            return
        thread = self._service.store.open_thread(self._user_id, _thread_id(message))
        if thread is None:
            await self.send(error_message("THREAD_NOT_FOUND", "There is no such thread", id=message.get("id")))
            return
        if thread["id"] not in self._threads:
            self._watch(thread["id"], self._service.store.last_sequence(thread["id"]))
        self._service.store.add_message(thread["id"], self._user_id, "user", text)
        order = Order(
            agent=agent,
            text=text,
            user_id=self._user_id,
            thread_id=thread["id"],
            stream=bool(message.get("stream")),
            trace=self._trace,
        )
        try:
            self._agents.start(order)
        except UnknownAgent:
            data = {
                "agent_name": agent,
                "error": f"Unknown agent: {agent[:80]}",
                "error_code": "AGENT_NOT_FOUND",
                "accepted": sorted(AGENTS),
            }
            await self.send(
                {
                    "type": "agent_error",
                    **data,
                    "thread_id": thread["id"],
                    "user_id": self._user_id,
                    "id": message.get("id"),
                    "timestamp": time.time(),
                }
            )

    async def _status(self, message: dict[str, Any]) -> None:
        thread = self._service.store.thread(self._user_id, str(message.get("thread_id"))) if message.get("thread_id") else None
        running = self._agents.running_of(self._user_id)
        data = {
            "agents": sorted(AGENTS),
            "running": running,
            "status": "busy" if running else "idle",
            "thread": thread and _state(thread),
        }
        await self.send(envelope("agent_status_update", data, id=message.get("id")))

    async def _resume(self, message: dict[str, Any]) -> None:
        thread = self._service.store.thread(self._user_id, str(message.get("thread_id")))
        after = message.get("after", message.get("last_sequence", 0))
        if thread is None or not isinstance(after, int):
            await self.send(
                error_message(
                    "THREAD_NOT_FOUND", "A thread_id of yours and a number in 'after' are expected", id=message.get("id")
                )
            )
            return
        self._watch(thread["id"], after)
        missed = self._service.store.events(thread["id"], after)
        for event in missed:
            self._threads[thread["id"]] = event["sequence"]
            await self.send(event)
        await self.send(
            envelope("thread_update", {"event": "resumed", "replayed": len(missed), **_state(thread)}, id=message.get("id"))
        )

    def _watch(self, thread_id: str, after: int) -> None:
        self._threads[thread_id] = after
        self._agents.listen(thread_id, self._events)

    async def _forward(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the client has gone; run() notices it too
            while True:
                event = await self._events.get()
                if event["sequence"] > self._threads.get(event["thread_id"], 0):
                    self._threads[event["thread_id"]] = event["sequence"]
                    await self.send(event)

    async def _beat(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await asyncio.sleep(self._service.options.heartbeat_s)
                await self.send(envelope("ping", {"timestamp": time.time()}))


def _text(message: dict[str, Any], names: tuple[str, ...]) -> str:
    """The text that a client sent, at the top level or inside `payload` or `data`."""
    places = [message, *(message[name] for name in ("payload", "data") if isinstance(message.get(name), dict))]
    found = (place[name] for place in places for name in names if place.get(name) is not None)
    value = next(found, "")
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _thread_id(message: dict[str, Any]) -> str | None:
    payload = message.get("payload") if isinstance(message.get("payload"), dict) else {}
    thread_id = message.get("thread_id") or payload.get("thread_id")
    return str(thread_id)[:128] if thread_id else None


def _state(thread: dict[str, Any]) -> dict[str, Any]:
    return {"thread_id": thread["id"], "state": thread["state"], "title": thread["title"]}
