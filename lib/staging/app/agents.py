"""Agents: each runs tools on a message and tells of every step in an event; the events are kept, so that a reader can come
back."""

from __future__ import annotations

import asyncio
import time
import traceback
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from ..logging.journal import ApplicationLog
from .service import Shared
from .tools import TOOLS, Task, ToolFailed, digest_text, has_arithmetic

PAUSE_S = 0.025
"""What an agent waits for its language model between two steps."""
CHUNK_WORDS = 4
FOLLOW_S = 60.0
ENDINGS = ("agent_completed", "agent_failed")


@dataclass(frozen=True)
class Agent:
    """A name, what it is for, and the tools that it always runs."""

    name: str
    purpose: str
    tools: tuple[str, ...]


AGENTS: dict[str, Agent] = {
    agent.name: agent
    for agent in (
        Agent("supervisor", "answers a message with whatever tools it calls for", ("word_count",)),
        Agent("triage", "sorts a request by what earlier messages had in common with it", ("word_count", "message_search")),
        Agent("data", "computes what a message asks to be computed", ("calculator",)),
        Agent("research", "looks through earlier messages and fingerprints what it finds", ("message_search", "text_digest")),
        Agent(
            "reporting",
            "counts, searches and fingerprints, and reports all of it",
            ("word_count", "message_search", "text_digest"),
        ),
    )
}


class UnknownAgent(Exception):
    """There is no agent of this name."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One run that a user asks for."""

    agent: str
    text: str
    user_id: str
    thread_id: str
    stream: bool = False
    trace: str | None = None


class Agents:
    """Starts runs, keeps their events, and hands the events to whoever listens to the thread."""

    def __init__(self, shared: Shared, log: ApplicationLog) -> None:
        self._shared, self._log = shared, log
        self._listeners: dict[str, set[asyncio.Queue[dict[str, Any]]]] = {}
        self._running: dict[str, tuple[Order, asyncio.Task[None]]] = {}
        """Run id to what was ordered and the task that does it, from the start until the last event."""
        self.finished = 0

    def start(self, order: Order) -> str:
        """Starts a run that goes on whether anybody listens or not; its id. Raises UnknownAgent."""
        if order.agent not in AGENTS:
            raise UnknownAgent(order.agent)
        run_id = f"run_{uuid.uuid4().hex[:16]}"
        self._shared.store.set_state(order.thread_id, "running")
        task = asyncio.create_task(self._run(AGENTS[order.agent], order, run_id))
        self._running[run_id] = (order, task)
        return run_id

    def running_of(self, user_id: str) -> int:
        """How many of the user's runs have not ended."""
        return sum(1 for order, _ in self._running.values() if order.user_id == user_id)

    @property
    def running(self) -> int:
        """How many runs have not ended."""
        return len(self._running)

    def listen(self, thread_id: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        """From now on, puts the thread's events into the queue."""
        self._listeners.setdefault(thread_id, set()).add(queue)

    def leave(self, thread_id: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        """Stops that."""
        queues = self._listeners.get(thread_id, set())
        queues.discard(queue)
        if not queues:
            self._listeners.pop(thread_id, None)

    async def follow(self, thread_id: str, after: int, run_id: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """The thread's events past a sequence number, kept ones first, until the run (without one: every run on it) has ended."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.listen(thread_id, queue)
        try:
            for event in self._shared.store.events(thread_id, after):
                after = event["sequence"]
                yield event
            while self._is_running(thread_id, run_id) or not queue.empty():
                event = await asyncio.wait_for(queue.get(), FOLLOW_S)
                if event["sequence"] > after:
                    after = event["sequence"]
                    yield event
        finally:
            self.leave(thread_id, queue)

    def _is_running(self, thread_id: str, run_id: str | None) -> bool:
        return any(order.thread_id == thread_id and run_id in (None, run) for run, (order, _) in self._running.items())

    def close(self) -> None:
        """Ends all runs."""
        for _, task in tuple(self._running.values()):
            task.cancel()

    async def _run(self, agent: Agent, order: Order, run_id: str) -> None:
        started_s = time.perf_counter()
        run = _Run(self, self._shared, agent, order, run_id)
        log, trace = self._log, order.trace
        log.line(f"Agent {agent.name} started ({run_id})", trace=trace, logger="netra.agents")
        try:
            await run.steps()
            state = "completed"
        except ToolFailed as failure:
            state = "failed"
            log.line(f"Agent {agent.name} failed: {failure}", severity="ERROR", trace=trace, logger="netra.agents")
            await run.fail("TOOL_FAILED", str(failure))
        except Exception as error:  # a defect of ours must end the run for its readers too
            state = "failed"
            log.crash(f"Agent {agent.name} crashed", error, traceback.format_exc(), trace=trace)
            await run.fail("INTERNAL_ERROR", "The agent crashed")
        elapsed_ms = (time.perf_counter() - started_s) * 1000
        log.line(f"Agent {agent.name} {state} after {elapsed_ms:.0f} ms ({run_id})", trace=trace, logger="netra.agents")

    def publish(self, event: dict[str, Any]) -> None:
        """Keeps an event and hands it to the thread's listeners; the last one of a run ends it."""
        thread_id, run_id = event["thread_id"], event["run_id"]
        self._shared.store.add_event(thread_id, run_id, event)
        if event["type"] in ENDINGS:
            self._running.pop(run_id, None)
            self.finished += 1
            self._shared.store.set_state(thread_id, event["status"])
        for queue in self._listeners.get(thread_id, ()):
            queue.put_nowait(event)


class _Run:
    """The steps of one run."""

    def __init__(self, agents: Agents, shared: Shared, agent: Agent, order: Order, run_id: str) -> None:
        self._agents, self._shared, self._agent, self._order, self._run_id = agents, shared, agent, order, run_id
        self._task = Task(order.text, order.user_id, order.thread_id, shared.store)

    async def emit(self, kind: str, fields: dict[str, Any]) -> None:
        """Keeps an event and hands it out."""
        await self._shared.delay(kind)
        order = self._order
        event = {
            "type": kind,
            **fields,
            "user_id": order.user_id,
            "thread_id": order.thread_id,
            "run_id": self._run_id,
            "timestamp": time.time(),
        }
        self._agents.publish(event)

    async def fail(self, code: str, text: str) -> None:
        """Ends the run with the reason."""
        await self.emit("agent_failed", {"agent_name": self._agent.name, "error": text, "error_code": code, "status": "failed"})

    async def steps(self) -> None:
        """The five events in order, the tools' pairs in the middle; raises ToolFailed."""
        agent, order = self._agent, self._order
        await self.emit(
            "agent_started",
            {"agent_name": agent.name, "status": "started", "message": f"{agent.name} is working on your request"},
        )
        await asyncio.sleep(PAUSE_S)
        tools = self._plan()
        request = await asyncio.to_thread(digest_text, self._task)
        thought = f"Request {request['digest'][:8]} needs {', '.join(tools)}."
        await self.emit("agent_thinking", {"agent_name": agent.name, "thought": thought, "step_number": 1})
        await asyncio.sleep(PAUSE_S)
        results = {tool: await self._use(tool) for tool in tools}
        await asyncio.sleep(PAUSE_S)
        reply = "; ".join(_sentence(tool, result) for tool, result in results.items()) + "."
        message = self._shared.store.add_message(order.thread_id, order.user_id, "assistant", reply)
        if order.stream:
            await self._stream(reply, message["id"])
        await self.emit(
            "agent_completed",
            {
                "agent_name": agent.name,
                "status": "completed",
                "final_response": reply,
                "result": results,
                "message_id": message["id"],
            },
        )

    def _plan(self) -> list[str]:
        tools = list(self._agent.tools)
        if self._agent.name == "supervisor" and has_arithmetic(self._order.text):
            return ["calculator"]
        return tools

    async def _use(self, tool: str) -> dict[str, Any]:
        parameters = {"characters": len(self._order.text)}
        await self.emit(
            "tool_executing", {"tool_name": tool, "tool": tool, "parameters": parameters, "agent_name": self._agent.name}
        )
        started_s = time.perf_counter()
        result = await asyncio.to_thread(TOOLS[tool], self._task)
        duration_ms = round((time.perf_counter() - started_s) * 1000, 3)
        await self.emit(
            "tool_completed",
            {"tool_name": tool, "tool": tool, "result": result, "duration_ms": duration_ms, "agent_name": self._agent.name},
        )
        return result

    async def _stream(self, reply: str, message_id: str) -> None:
        words = reply.split(" ")
        pieces = [" ".join(words[at : at + CHUNK_WORDS]) for at in range(0, len(words), CHUNK_WORDS)]
        for index, piece in enumerate(pieces):
            text = piece if index == len(pieces) - 1 else piece + " "
            await self.emit("agent_response_chunk", {"data": {"index": index, "content": text, "message_id": message_id}})
            await asyncio.sleep(PAUSE_S / 4)
        await self.emit("agent_response_complete", {"data": {"chunks": len(pieces), "content": reply, "message_id": message_id}})


def _sentence(tool: str, result: dict[str, Any]) -> str:
    match tool:
        case "word_count":
            return f"Your message has {_counted(result['words'], 'word')} in {_counted(result['sentences'], 'sentence')}"
        case "message_search":
            return f"{result['matches']} earlier messages share a term with it"
        case "calculator":
            return f"{result['expression']} = {result['value']}"
        case _:
            return f"its fingerprint is {result['digest'][:12]}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
