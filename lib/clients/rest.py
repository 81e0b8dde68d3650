"""The REST door: a request goes out, an `Exchange` comes back, whatever the server does. No redirect is followed.

One instance is one client with its own connections: give each worker its own, a shared one distorts what is measured.
"""

from __future__ import annotations

import ast
import asyncio
import re
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import anyio.lowlevel

from lib import facts
from lib.clients import http1, network, tls, trace_context
from lib.clients.absent import absent
from lib.clients.connection import NOT_ASKED
from lib.clients.resolved import FOUND, Resolved
from lib.facts import Exchange, Phases, Purpose, Request, Rung, Tls
from lib.redaction.exchanges import redacted

with absent("httpx._main"):  # a command line with colours
    import httpx

MAX_BODY_BYTES = 65_536
MAX_HEARD_BYTES = 4096
BODY_WITHIN_S = 2.0
"""How long the body may take; status and headers are there by then."""
KEEP_ALIVE_S = 1.0
"""Idle connections are dropped after this time: servers do so after two seconds or more, and a race would look like a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One request and what came of it, and beside it, not redacted, what a login answers with: never written, never shown."""

    exchange: Exchange
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


class Rest:
    """Asks REST routes; connections are kept between requests until `close`."""

    def __init__(self, *, clock: Callable[[], datetime] = facts.utc_now):
        self._clock = clock
        self._clients: dict[tuple[str | None, Tls | None], httpx.AsyncClient] = {}

    async def ask(self, request: Request, *, of: Purpose = "probe", label: str = "") -> Exchange:
        """What came of one request; an answer of any status has rung http, a failure the rung at which it ended and an error."""
        return (await self._asked(request, of, label)).exchange()

    async def answered(self, request: Request, *, of: Purpose = "probe", label: str = "") -> Answer:
        """The same with the answer's own headers and body, of which the exchange holds what may be shown."""
        attempt = await self._asked(request, of, label)
        return Answer(exchange=attempt.exchange(), headers=attempt.received, body=attempt.body)

    async def _asked(self, request: Request, of: Purpose, label: str) -> _Attempt:
        await anyio.lowlevel.checkpoint()  # loads what the first request would otherwise be charged for
        attempt = _Attempt(request=request, of=of, label=label, at=self._clock())
        try:
            proxy = network.environment_proxy(request.url) if request.use_environment_proxy else None
            attempt.via_proxy = proxy
            client = self._client(proxy, request.tls if request.url.lower().startswith("https:") else None)
            attempt.started_s = perf_counter()
            async with asyncio.timeout(request.timeout_s):
                await attempt.run(client)
        except network.NoConnection as failure:
            attempt.rung, attempt.error = failure.rung, failure.sentence
        except TimeoutError:
            attempt.error = f"no answer within {request.timeout_s:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError, ExceptionGroup) as error:
            attempt.fail(error)
            await attempt.listen(error)
        if attempt.response is not None:
            left_s = max(0.0, request.timeout_s - (perf_counter() - attempt.started_s))
            await attempt.read_body(attempt.response, min(BODY_WITHIN_S, left_s))
        return attempt

    async def close(self) -> None:
        """Closes all connections."""
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    def _client(self, proxy: str | None, trust: Tls | None) -> httpx.AsyncClient:
        if (proxy, trust) not in self._clients:
            # What is the target's, its authority and our certificate, is no proxy's.
            to_proxy = tls.context() if proxy and proxy.startswith("https:") else None
            try:
                with absent("trio"):  # the first client would look for another event loop
                    transport = httpx.AsyncHTTPTransport(
                        verify=tls.context(trust) if trust else tls.no_context(),
                        trust_env=False,
                        proxy=httpx.Proxy(proxy, ssl_context=to_proxy) if proxy else None,
                        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEEP_ALIVE_S),
                    )
                    transport._pool._network_backend = Resolved()
                    # The whole exchange has one bound, not each read its own.
                    self._clients[proxy, trust] = httpx.AsyncClient(
                        transport=transport, trust_env=False, follow_redirects=False, timeout=httpx.Timeout(None)
                    )
            except (ValueError, ImportError):
                raise network.NoConnection(
                    "tcp", "the environment names a proxy that this client cannot use; nothing was sent"
                ) from None
        return self._clients[proxy, trust]


@dataclass
class _Attempt:
    """One request while it goes on; `rung` is the stage that it has reached."""

    request: Request
    of: Purpose
    label: str
    at: datetime
    rung: Rung = "dns"
    started_s: float = field(default_factory=perf_counter)
    settled_s: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
    stamps: dict[str, float] = field(default_factory=dict)
    response: httpx.Response | None = None
    status: int | None = None
    body: bytes = b""
    error: str | None = None
    peer: str | None = None
    via_proxy: str | None = None
    sent: tuple[tuple[str, str], ...] = ()
    trace_id: str | None = None
    heard: bytearray = field(default_factory=bytearray)

    async def run(self, client: httpx.AsyncClient) -> None:
        built = self._built(client)
        self.sent = tuple((name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in built.headers.raw)
        self.response = await client.send(built, stream=True)
        self.status, self.rung = self.response.status_code, "http"
        self.settled_s = perf_counter()
        stream = self.response.extensions.get("network_stream")
        name = stream.get_extra_info("server_addr") if stream is not None else None
        self.peer = network.authority(*name[:2]) if name else None

    def _built(self, client: httpx.AsyncClient) -> httpx.Request:
        names = {name.lower() for name, _ in self.request.headers}
        headers = list(self.request.headers)
        if self.request.host_header and "host" not in names:
            headers.insert(0, ("Host", self.request.host_header))
        if self.request.origin is not None and "origin" not in names:
            headers.append(("Origin", self.request.origin))
        if "traceparent" not in names:
            headers.append(("traceparent", trace_context.traceparent(trace_context.new_trace_id())))
        self.trace_id = trace_context.trace_id_among(headers)
        for name, value in headers:
            if any(character in "\r\n\0" for character in name + value):
                raise network.NoConnection("dns", f"the header {name!r} holds a line break; nothing was sent")
        encoded = [(name.encode("ascii", "replace"), value.encode()) for name, value in headers]
        built = client.build_request(self.request.method, self.request.url, headers=encoded, content=self.request.body)
        built.extensions = {**built.extensions, "trace": self._trace}
        return built

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        now = perf_counter()
        self.stamps[event] = now
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._overhear(info["return_value"])
        if event == "connection.connect_tcp.started":
            start = perf_counter()
            FOUND.set(await network.addresses(info["host"], info["port"]))
            self.phases["dns_ms"] = network.milliseconds_since(start)
            self.stamps[event], self.rung = perf_counter(), "tcp"
        elif event == "connection.connect_tcp.complete":
            self.phases["connect_ms"] = (now - self.stamps["connection.connect_tcp.started"]) * 1000
            self.rung = "http"
        elif event.endswith("start_tls.started"):
            self.rung = "tls"
        elif event.endswith("start_tls.complete"):
            self.phases["tls_ms"] = (now - self.stamps[event.replace(".complete", ".started")]) * 1000
            self.rung = "http"
        elif event == "http11.send_request_headers.started":
            self.rung = "http"

    def _overhear(self, stream: Any) -> None:
        """Keeps how that begins which comes on a new connection: the library does not tell what was no HTTP."""
        read, self.heard = stream.read, (heard := bytearray())

        async def overheard(*given: Any, **named: Any) -> bytes:
            data: bytes = await read(*given, **named)
            heard.extend(data[: MAX_HEARD_BYTES - len(heard)])
            return data

        stream.read = overheard

    async def read_body(self, response: httpx.Response, within_s: float) -> None:
        received = bytearray()
        try:
            async with asyncio.timeout(within_s):
                async for piece in response.aiter_raw():
                    received += piece
                    if len(received) >= MAX_BODY_BYTES:
                        break
        except TimeoutError:
            pass  # what has come by now is the excerpt
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            self.error = f"the body broke off: {network.reason(_cause(error))}"
        finally:
            self.body = bytes(received[:MAX_BODY_BYTES])
            await response.aclose()

    def fail(self, error: BaseException) -> None:
        told = network.reason(_cause(error))
        if isinstance(error, httpx.ProxyError) and (refused := re.match(r"\d{3}\b", str(error))):
            self.rung, self.status, self.error = "http", int(refused[0]), "the proxy did not let the request through"
        elif self.rung == "tls":
            self.error = tls.sentence(_cause(error), self.request.tls)
        elif told_by_tls := tls.alert(_cause(error), self.request.tls):
            self.rung, self.error = "tls", told_by_tls
        elif self.rung == "dns":
            self.error = f"nothing was sent: {told}"
        else:
            self.error = f"no TCP connection: {told}" if self.rung == "tcp" else _unusable(told, self.heard)

    def _by_way(self, error: str | None) -> str | None:
        """A failure with the proxy that it is of, or may be of; its own answer says so itself."""
        if error is None or self.via_proxy is None or self.status is not None or "proxy.start_tls.started" in self.stamps:
            return error
        is_tunnelled = self.request.url.lower().startswith("https:")
        if is_tunnelled or self.rung in ("tcp", "tls") or "connection.connect_tcp.complete" not in self.stamps:
            return f"{NOT_ASKED}: {error}" if self.stamps or self.rung == "tcp" else error
        return f"{error}, through the proxy that the environment names"

    async def listen(self, error: BaseException) -> None:
        """Asks for the alert that a reset may have swallowed, and whether a port that says nothing to plain text speaks TLS."""
        self.settled_s = perf_counter()
        if self.rung != "http" or self.via_proxy is not None:
            return
        address = urlsplit(self.request.url)
        host, port = address.hostname, address.port or network.DEFAULT_PORTS.get(address.scheme)
        if host is None or port is None:
            return
        if address.scheme == "https" and (refused := await tls.unread_alert(_cause(error), host, port, self.request.tls)):
            self.rung, self.error = "tls", refused
        elif address.scheme == "http" and not self.heard and await tls.is_spoken(host, port):
            self.error = f"{self.error}; {tls.SPOKEN}"

    @property
    def received(self) -> tuple[tuple[str, str], ...]:
        raw = self.response.headers.raw if self.response is not None else ()
        return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)

    def exchange(self) -> Exchange:
        seen = Exchange(
            id=uuid.uuid4().hex,
            of=self.of,
            kind="rest",
            label=self.label,
            method=self.request.method,
            url=self.request.url,
            rung=self.rung,
            status=self.status,
            headers=self.received,
            body_excerpt=self._text(),
            error=self._by_way(self.error),
            phases=Phases(**self.phases),
            elapsed_ms=((self.settled_s or perf_counter()) - self.started_s) * 1000,
            request_headers=tuple(self.sent),
            credential=self.request.credential,
            trace_id=self.trace_id,
            peer=self.peer,
            via_proxy=self.via_proxy,
            at=self.at,
        )
        return redacted(seen, self.request.secrets)

    def _text(self) -> str:
        return self.body.decode("utf-8", "replace").replace("\0", "")


def _unusable(told: str, heard: bytes | bytearray) -> str:
    """What came in place of an HTTP answer: its beginning was heard, or the library quotes the line that it did not expect."""
    try:
        _ = http1.parse_head(heard) if heard else None
    except http1.NotHttp as error:
        return f"the answer is not HTTP: {error}"
    if "_SWITCH_UPGRADE" in told:
        return "no usable HTTP answer: a 101 to a request that asks for no upgrade"
    if told.startswith("illegal header line"):
        return "no usable HTTP answer: one of its headers is none"
    if told.startswith("Server disconnected"):
        return f"no usable HTTP answer: closed by the other side{' in the middle of it' if heard else ''}"
    line = re.fullmatch(r"illegal status line: bytearray\((b(?:'.*'|\".*\"))\)", told, re.DOTALL)
    if line is None:
        return f"no usable HTTP answer: {told}"
    return f"no usable HTTP answer: it begins with {http1.begins_with(ast.literal_eval(line[1]))}"


def _cause(error: BaseException) -> BaseException:
    # The libraries wrap the system's error two or three times; the innermost says what happened.
    while (inner := error.__cause__ or error.__context__) is not None and not isinstance(error, ssl.SSLError):
        error = inner
    return error
