"""The platform's front: chooses a revision for each request, passes it on, and writes the platform's request log."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from ..http1 import BadMessage, Head, Pool, pump, read_head, relay_response_body, write_page
from ..logging.journal import Journal

TIMED_OUT = "The request has been terminated because it has reached the maximum request timeout."


@dataclass
class Answer:
    """What became of a request, for the logs."""

    status: int = 0
    details: str = "response_sent_by_backend"
    size: int = 0
    revision: str = ""


@dataclass
class Upstream:
    """Where one revision of a service listens."""

    pool: Pool
    revision: str
    clock: Callable[[], float]
    """What its Date headers tell."""


@dataclass
class Client:
    """A client's connection: its streams, its address, and what TLS said of it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: str
    is_secure: bool = False
    is_certified: bool = False


@dataclass
class Arrival:
    """A request on the public port."""

    head: Head
    body: bytes
    client: Client
    started_s: float
    trace: str | None
    idle_s: float | None = None
    """How long an upgraded connection may be quiet; None: for ever."""
    damage: Callable[[Head], Head] | None = None
    """What becomes of the 101 on its way to the client."""


class Front:
    """The platform's front: chooses a revision, passes the request on, and writes the platform's request log."""

    def __init__(self, application: list[Upstream], auth: Upstream, journal: Journal, timeout_s: float) -> None:
        self.application, self.auth, self.journal, self.timeout_s = application, auth, journal, timeout_s
        self._turn = {True: 0, False: 0}

    def choose(self, head: Head) -> Upstream:
        """The auth service by path, else the application's revisions in turn; handshakes take turns of their own."""
        if head.target.startswith("/auth/"):
            return self.auth
        turn = self._turn[head.wants_upgrade]
        self._turn[head.wants_upgrade] += 1
        return self.application[turn % len(self.application)]

    async def serve(self, arrival: Arrival, via: str | None) -> tuple[Answer, bool]:
        """Answers one request; whether the client's connection can be used again."""
        upstream = self.choose(arrival.head)
        answer = Answer(revision=upstream.revision)
        reusable = False
        try:
            if arrival.head.wants_upgrade:
                await self._upgrade(arrival, upstream, answer, via)
            else:
                reusable = await self._request(arrival, upstream, answer, via)
        except TimeoutError:
            if not answer.status:
                answer.status, answer.details = 504, "backend_timeout"
                write_page(arrival.client.writer, 504, b"upstream request timeout")
        except (OSError, EOFError, BadMessage):
            if not answer.status:
                answer.status, answer.details = 503, "failed_to_connect_to_backend"
                body = b"upstream connect error or disconnect before headers\n"
                write_page(arrival.client.writer, 503, body, [("Retry-After", "5")])
        finally:
            self._log(arrival, answer)
        return answer, reusable

    async def _request(self, arrival: Arrival, upstream: Upstream, answer: Answer, via: str | None) -> bool:
        head = _forwarded(arrival, via).without(["connection", "transfer-encoding", "content-length", "keep-alive", "expect"])
        if arrival.body or arrival.head.method not in ("GET", "HEAD"):
            head = head.with_header("Content-Length", str(len(arrival.body)))
        response, connection = await upstream.pool.send(head.encode() + arrival.body)
        answer.status = response.status
        keeps = arrival.head.get("connection").lower() != "close" and arrival.head.start.endswith("HTTP/1.1")
        arrival.client.writer.write(_answered(response, upstream, via, None if keeps else "close").encode())
        healthy = False
        try:
            healthy = await relay_response_body(arrival.head, response, connection[0], arrival.client.writer)
            await arrival.client.writer.drain()
        finally:
            upstream.pool.give_back(connection, reusable=healthy and response.get("connection").lower() != "close")
        return keeps and healthy

    async def _upgrade(self, arrival: Arrival, upstream: Upstream, answer: Answer, via: str | None) -> None:
        reader, writer = connection = await upstream.pool.open()
        try:
            writer.write(_forwarded(arrival, via).encode())
            await writer.drain()
            response = await read_head(reader, self.timeout_s)
            if response is None:
                raise EOFError("the instance closed the connection")
            answer.status = response.status
            response = _answered(response, upstream, via, None)
            if response.status == 101 and arrival.damage:
                response = arrival.damage(response)
            arrival.client.writer.write(response.encode())
            if response.status != 101:
                await relay_response_body(arrival.head, response, reader, arrival.client.writer)
                return
            answer.details = "websocket_closed"
            await _pump_both(arrival, reader, writer, answer)
        finally:
            upstream.pool.give_back(connection, reusable=False)

    def _log(self, arrival: Arrival, answer: Answer) -> None:
        if not answer.revision:
            return
        request = http_request(arrival, answer)
        severity = "ERROR" if answer.status >= 500 else "WARNING" if answer.status >= 400 else "INFO"
        log = "run.googleapis.com%2Frequests"
        self.journal.write(
            log,
            TIMED_OUT if answer.status == 504 else None,
            severity=severity,
            trace=arrival.trace,
            revision=answer.revision,
            moment_s=arrival.started_s,
            httpRequest=request,
        )


def http_request(arrival: Arrival, answer: Answer) -> dict[str, object]:
    """The httpRequest field of a request log; the query string is left out, as it may carry a token."""
    head, scheme = arrival.head, "https" if arrival.client.is_secure else "http"
    return {
        "requestMethod": head.method, "requestUrl": f"{scheme}://{head.get('host')}{head.target.partition('?')[0]}",
        "status": answer.status,
        "userAgent": head.get("user-agent"), "remoteIp": arrival.client.peer,
        "latency": f"{max(0.0, time.time() - arrival.started_s):.6f}s",
        "protocol": "HTTP/1.1", "requestSize": str(len(head.encode()) + len(arrival.body)), "responseSize": str(answer.size),
    }  # fmt: skip


def _forwarded(arrival: Arrival, via: str | None) -> Head:
    head = arrival.head
    if via:
        protocol = "https" if arrival.client.is_secure else "http"
        head = head.with_header("X-Forwarded-For", arrival.client.peer).with_header("X-Forwarded-Proto", protocol)
        head = head.with_header("Via", via)
    return head


def _answered(response: Head, upstream: Upstream, via: str | None, connection: str | None) -> Head:
    if response.get("date"):
        response = response.with_header("Date", formatdate(upstream.clock(), usegmt=True))
    if via:
        response = response.with_header("Via", via)
    return response.with_header("Connection", connection) if connection else response


async def _pump_both(arrival: Arrival, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Passes frames both ways until the application has ended the connection, the client is gone, or both are quiet too long."""
    moved_s = time.monotonic()

    def noted() -> None:
        nonlocal moved_s
        moved_s = time.monotonic()

    async def upwards() -> None:
        with contextlib.suppress(OSError):
            await pump(arrival.client.reader, writer, noted)
            writer.write_eof()

    async def quiet(limit_s: float) -> None:
        while True:
            left_s = moved_s + limit_s - time.monotonic()
            if left_s <= 0:
                break
            await asyncio.sleep(left_s)
        answer.details = "stream_idle_timeout"
        arrival.client.writer.close()
        writer.close()

    beside = [asyncio.create_task(upwards())]
    if arrival.idle_s is not None:
        beside.append(asyncio.create_task(quiet(arrival.idle_s)))
    try:
        answer.size = await pump(reader, arrival.client.writer, noted)
    finally:
        for task in beside:
            task.cancel()
