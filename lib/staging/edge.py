"""The edge: a reverse proxy on the public port with rules and a request log of its own, and the platform's front behind it.

Requests for the host `localhost` reach the platform's front directly, as a service's own address beside its load balancer does.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from .config import Options
from .faults import EdgePolicy
from .journal import PROJECT, Journal, trace_of
from .wire import BadMessage, Head, Pool, pump, read_body, read_head, relay_response_body

DIRECT_HOST = "localhost"
LOAD_BALANCER = {
    "type": "http_load_balancer",
    "labels": {
        "project_id": PROJECT,
        "forwarding_rule_name": "staging-https",
        "url_map_name": "staging-lb",
        "backend_service_name": "netra-backend-neg",
        "zone": "global",
    },
}
DENIED_PAGE = b"""<!doctype html><meta charset="utf-8"><title>403 Forbidden</title>
<h1>Error: Forbidden</h1><h2>Your client does not have permission to get this URL from this server.</h2>
"""


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


@dataclass
class Arrival:
    """A request on the public port."""

    head: Head
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: str
    started_s: float
    trace: str | None


class Front:
    """The platform's front: chooses a revision, passes the request on, and writes the platform's request log."""

    def __init__(self, application: list[Upstream], auth: Upstream, journal: Journal, clock: Callable[[], float]) -> None:
        self.application, self.auth, self.journal, self.clock = application, auth, journal, clock
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
        except (OSError, EOFError, BadMessage, TimeoutError):
            if not answer.status:
                answer.status, answer.details = 503, "failed_to_connect_to_backend"
                write_page(arrival.writer, 503, b"upstream connect error or disconnect before headers\n", [("Retry-After", "5")])
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
        arrival.writer.write(self._response(response, via, None if keeps else "close").encode())
        healthy = False
        try:
            healthy = await relay_response_body(arrival.head, response, connection[0], arrival.writer)
            await arrival.writer.drain()
        finally:
            upstream.pool.give_back(connection, reusable=healthy and response.get("connection").lower() != "close")
        return keeps and healthy

    async def _upgrade(self, arrival: Arrival, upstream: Upstream, answer: Answer, via: str | None) -> None:
        reader, writer = connection = await upstream.pool.open()
        try:
            writer.write(_forwarded(arrival, via).encode())
            await writer.drain()
            response = await read_head(reader)
            if response is None:
                raise EOFError("the instance closed the connection")
            answer.status = response.status
            arrival.writer.write(self._response(response, via, None).encode())
            if response.status != 101:
                await relay_response_body(arrival.head, response, reader, arrival.writer)
                return
            answer.details = "websocket_closed"
            await _pump_both(arrival, reader, writer, answer)
        finally:
            upstream.pool.give_back(connection, reusable=False)

    def _response(self, response: Head, via: str | None, connection: str | None) -> Head:
        if response.get("date"):
            response = response.with_header("Date", formatdate(self.clock(), usegmt=True))
        if via:
            response = response.with_header("Via", via)
        return response.with_header("Connection", connection) if connection else response

    def _log(self, arrival: Arrival, answer: Answer) -> None:
        if not answer.revision:
            return
        request = http_request(arrival, answer)
        severity = "ERROR" if answer.status >= 500 else "WARNING" if answer.status >= 400 else "INFO"
        log = "run.googleapis.com%2Frequests"
        self.journal.write(
            log, None, severity=severity, trace=arrival.trace, revision=answer.revision, moment_s=arrival.started_s, httpRequest=request
        )


class Edge:
    """The rules of the public port, and its request log."""

    def __init__(self, policy: EdgePolicy, options: Options, front: Front, journal: Journal) -> None:
        self.policy, self.options, self.front, self.journal = policy, options, front, journal
        self._admitted: deque[float] = deque()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client's connection to its end."""
        peer = writer.get_extra_info("peername")
        try:
            while await self._one(reader, writer, peer[0] if peer else ""):
                pass
        except BadMessage as error:
            write_page(writer, error.status, f"{error}\n".encode())
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> bool:
        head = await read_head(reader)
        if head is None:
            return False
        started_s = time.time()
        body = b"" if head.wants_upgrade else await read_body(head, reader)
        trace = trace_of({name.lower(): value for name, value in head.headers})
        arrival = Arrival(head, body, reader, writer, peer, started_s, trace)
        if head.get("host").partition(":")[0] == DIRECT_HOST:
            return (await self.front.serve(arrival, None))[1]
        answer, reusable = await self._ruled(arrival)
        self._log(arrival, answer)
        return reusable

    async def _ruled(self, arrival: Arrival) -> tuple[Answer, bool]:
        head, policy = arrival.head, self.policy
        if head.wants_upgrade:
            if policy.denies_upgrade:
                headers = [
                    ("Server", "Google-Edge"),
                    ("X-Goog-IAP-Generated-Response", "true"),
                    ("Content-Type", "text/html; charset=utf-8"),
                ]
                write_page(arrival.writer, 403, DENIED_PAGE, headers)
                return Answer(403, "denied_by_security_policy", len(DENIED_PAGE)), False
            if policy.limits_rate and not self._admits():
                retry_s = str(max(1, round(self.options.rate_window_s)))
                write_page(arrival.writer, 429, b"Too many requests\n", [("Server", "Google-Edge"), ("Retry-After", retry_s)])
                return Answer(429, "denied_by_rate_limit", 18), False
            if policy.strips_credential:
                arrival.head = head = head.without(["authorization"])
            if policy.drops_upgrade:
                arrival.head = head.without(["upgrade", "connection"])
        return await self.front.serve(arrival, "1.1 edge")

    def _admits(self) -> bool:
        now = time.monotonic()
        while self._admitted and now - self._admitted[0] >= self.options.rate_window_s:
            self._admitted.popleft()
        if len(self._admitted) >= self.options.rate_limit:
            return False
        self._admitted.append(now)
        return True

    def _log(self, arrival: Arrival, answer: Answer) -> None:
        severity = "WARNING" if answer.status >= 400 else "INFO"
        payload = {
            "@type": "type.googleapis.com/google.cloud.loadbalancing.type.LoadBalancerLogEntry",
            "statusDetails": answer.details,
            "remoteIp": arrival.peer,
        }
        if answer.details == "denied_by_security_policy":
            payload["enforcedSecurityPolicy"] = {"name": "staging-armor", "outcome": "DENY", "configuredAction": "DENY", "priority": 1000}
        request = http_request(arrival, answer)
        self.journal.write(
            "requests",
            payload,
            severity=severity,
            trace=arrival.trace,
            moment_s=arrival.started_s,
            resource=LOAD_BALANCER,
            httpRequest=request,
        )


def http_request(arrival: Arrival, answer: Answer) -> dict[str, object]:
    """The httpRequest field of a request log; the query string is left out, as it may carry a token."""
    head = arrival.head
    return {
        "requestMethod": head.method, "requestUrl": f"http://{head.get('host')}{head.target.partition('?')[0]}", "status": answer.status,
        "userAgent": head.get("user-agent"), "remoteIp": arrival.peer, "latency": f"{max(0.0, time.time() - arrival.started_s):.6f}s",
        "protocol": "HTTP/1.1", "requestSize": str(len(head.encode()) + len(arrival.body)), "responseSize": str(answer.size),
    }  # fmt: skip


def write_page(writer: asyncio.StreamWriter, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
    """Writes an answer of the proxy's own and asks the client to close."""
    phrase = {
        400: "Bad Request",
        403: "Forbidden",
        413: "Content Too Large",
        429: "Too Many Requests",
        431: "Request Header Fields Too Large",
        502: "Bad Gateway",
    }
    given = headers or []
    kind = [] if any(name == "Content-Type" for name, _ in given) else [("Content-Type", "text/plain; charset=utf-8")]
    fixed = [("Date", formatdate(usegmt=True)), ("Content-Length", str(len(body))), ("Connection", "close")]
    writer.write(Head(f"HTTP/1.1 {status} {phrase.get(status, 'Service Unavailable')}", [*given, *kind, *fixed]).encode() + body)


def _forwarded(arrival: Arrival, via: str | None) -> Head:
    head = arrival.head
    if via:
        head = head.with_header("X-Forwarded-For", arrival.peer).with_header("X-Forwarded-Proto", "http").with_header("Via", via)
    return head


async def _pump_both(arrival: Arrival, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Passes frames both ways until the application has ended the connection, or the client is gone."""

    async def upwards() -> None:
        with contextlib.suppress(OSError):
            await pump(arrival.reader, writer)
            writer.write_eof()

    up = asyncio.create_task(upwards())
    try:
        answer.size = await pump(reader, arrival.writer)
    finally:
        up.cancel()
