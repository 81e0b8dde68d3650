"""The edge: a reverse proxy on the public port with rules and a request log of its own.

Requests for the host `localhost` reach the platform's front directly, as a service's own address beside its load balancer does.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import time
from collections import deque

from ..config import Options
from ..faults import EdgePolicy, TlsPolicy
from ..http1 import BadMessage, Head, read_body, read_head, write_page
from ..logging.journal import Journal, trace_of
from . import pages
from .platform import Answer, Arrival, Client, Front, http_request

DIRECT_HOST = "localhost"


class Edge:
    """The rules of the public ports, and their request log."""

    def __init__(self, policy: EdgePolicy, tls: TlsPolicy, options: Options, front: Front, journal: Journal) -> None:
        self.policy, self.tls, self.options, self.front, self.journal = policy, tls, options, front, journal
        self.tls_port: int | None = None
        self._admitted: deque[float] = deque()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client's plain connection to its end."""
        peer = writer.get_extra_info("peername")
        await self._connected(Client(reader, writer, peer[0] if peer else ""))

    async def connected_by_tls(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, peer: str, certified: bool
    ) -> None:
        """Serves what came through the TLS port."""
        await self._connected(Client(reader, writer, peer, is_secure=True, is_certified=certified))

    async def _connected(self, client: Client) -> None:
        writer = client.writer
        try:
            while await self._one(client):
                pass
        except BadMessage as error:
            write_page(writer, error.status, f"{error}\n".encode())
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def _one(self, client: Client) -> bool:
        head = await read_head(client.reader)
        if head is None:
            return False
        started_s = time.time()
        body = b"" if head.wants_upgrade else await read_body(head, client.reader)
        trace = trace_of({name.lower(): value for name, value in head.headers})
        arrival = Arrival(head, body, client, started_s, trace)
        if head.get("host").partition(":")[0] == DIRECT_HOST:
            return (await self.front.serve(arrival, None))[1]
        answer, reusable = await self._ruled(arrival)
        self._log(arrival, answer)
        return reusable

    async def _ruled(self, arrival: Arrival) -> tuple[Answer, bool]:
        policy = self.policy
        if refusal := self._too_large(arrival):
            return refusal, False
        if arrival.head.wants_upgrade:
            if refusal := self._refusal(arrival) or await self._subrequest(arrival):
                return refusal, False
            if policy.strips_credential:
                arrival.head = arrival.head.without(["authorization"])
            if policy.drops_upgrade:
                arrival.head = arrival.head.without(["upgrade", "connection"])
            if policy.rewrites_host:
                arrival.head = arrival.head.with_header("Host", policy.rewrites_host)
            arrival.idle_s = self.options.idle_timeout_s if policy.closes_idle else None
            arrival.damage = self._damaged
        return await self.front.serve(arrival, "1.1 edge")

    def _too_large(self, arrival: Arrival) -> Answer | None:
        """Answers a request with a line past the limit, whatever it asks for."""
        lines = [arrival.head.start, *(f"{name}: {value}" for name, value in arrival.head.headers)]
        status = self.policy.too_large
        if status is None or max(map(len, lines)) <= self.options.max_header_bytes:
            return None
        return self._page(arrival, status, pages.TOO_LARGE[status], [pages.HTML], "request_header_too_large")

    def _refusal(self, arrival: Arrival) -> Answer | None:
        """Answers an upgrade request that a rule does not let through."""
        if self.tls.wants_client == "page" and arrival.client.is_secure and not arrival.client.is_certified:
            return self._page(arrival, 400, pages.NO_CERTIFICATE, [pages.HTML], "client_cert_not_provided")
        if self.tls.answers_plain == "redirect" and not arrival.client.is_secure:
            host = arrival.head.get("host").partition(":")[0]
            location = f"https://{host}:{self.tls_port}{arrival.head.target}"
            return self._page(arrival, 301, b"", [("Location", location)], "redirected_to_https")
        if self.policy.denies_upgrade:
            headers = [("X-Goog-IAP-Generated-Response", "true"), pages.HTML]
            return self._page(arrival, 403, pages.DENIED, headers, "denied_by_security_policy")
        if self.policy.limits_rate and not self._admits():
            headers = [("Retry-After", str(max(1, round(self.options.rate_window_s))))]
            return self._page(arrival, 429, b"Too many requests\n", headers, "denied_by_rate_limit")
        if status := self.policy.answers_upgrade:
            return self._page(arrival, status, pages.NOT_ENABLED[status], [pages.HTML], "websocket_not_enabled")
        return None

    async def _subrequest(self, arrival: Arrival) -> Answer | None:
        """Asks the auth service for permission with the client's own headers; answers where that fails."""
        if not self.policy.subrequest_fails:
            return None
        head = Head("GET /health HTTP/1.1", arrival.head.headers)
        response, connection = await self.front.auth.pool.send(head.encode())
        self.front.auth.pool.give_back(connection, reusable=False)
        if response.status == 200:
            return None
        details = f"auth request unexpected status: {response.status} while sending to client"
        return self._page(arrival, 500, pages.SUBREQUEST_FAILED, [pages.HTML], details)

    def _damaged(self, response: Head) -> Head:
        """The 101 as it reaches the client."""
        if self.policy.swaps_accept:
            response = response.with_header("Sec-WebSocket-Accept", base64.b64encode(secrets.token_bytes(20)).decode())
        return response.without(self.policy.removes)

    def _page(self, arrival: Arrival, status: int, body: bytes, headers: list[tuple[str, str]], details: str) -> Answer:
        now_s = time.time() + self.options.log_clock_offset_s
        write_page(arrival.client.writer, status, body, [("Server", "Google-Edge"), *headers], now_s=now_s)
        return Answer(status, details, len(body))

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
            "remoteIp": arrival.client.peer,
        }
        if answer.details == "denied_by_security_policy":
            payload["enforcedSecurityPolicy"] = {
                "name": "staging-armor",
                "outcome": "DENY",
                "configuredAction": "DENY",
                "priority": 1000,
            }
        request = http_request(arrival, answer)
        self.journal.write(
            "requests",
            payload,
            severity=severity,
            trace=arrival.trace,
            moment_s=arrival.started_s,
            resource=pages.LOAD_BALANCER,
            httpRequest=request,
        )
