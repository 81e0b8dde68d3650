"""The edge: a reverse proxy on the public port with rules and a request log of its own.

Requests for the host `localhost` reach the platform's front directly, as a service's own address beside its load balancer does.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque

from ..config import Options
from ..faults import EdgePolicy
from ..http1 import BadMessage, read_body, read_head, write_page
from ..logging.journal import PROJECT, Journal, trace_of
from .platform import Answer, Arrival, Front, http_request

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
        if arrival.head.wants_upgrade:
            if refusal := self._refusal(arrival):
                return refusal, False
            if self.policy.strips_credential:
                arrival.head = arrival.head.without(["authorization"])
            if self.policy.drops_upgrade:
                arrival.head = arrival.head.without(["upgrade", "connection"])
        return await self.front.serve(arrival, "1.1 edge")

    def _refusal(self, arrival: Arrival) -> Answer | None:
        """Answers an upgrade request that a rule does not let through."""
        if self.policy.denies_upgrade:
            headers = [("X-Goog-IAP-Generated-Response", "true"), ("Content-Type", "text/html; charset=utf-8")]
            return self._page(arrival, 403, DENIED_PAGE, headers, "denied_by_security_policy")
        if self.policy.limits_rate and not self._admits():
            headers = [("Retry-After", str(max(1, round(self.options.rate_window_s))))]
            return self._page(arrival, 429, b"Too many requests\n", headers, "denied_by_rate_limit")
        return None

    def _page(self, arrival: Arrival, status: int, body: bytes, headers: list[tuple[str, str]], details: str) -> Answer:
        now_s = time.time() + self.options.log_clock_offset_s
        write_page(arrival.writer, status, body, [("Server", "Google-Edge"), *headers], now_s=now_s)
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
            "remoteIp": arrival.peer,
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
            resource=LOAD_BALANCER,
            httpRequest=request,
        )
