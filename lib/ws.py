"""The WebSocket door: a handshake goes out, an `Exchange` or an open `Session` comes back. A refusal is a value.

The WebSocket library speaks the protocol without I/O; the bytes travel here, because only so does the status of a refusal
survive an endless body, and each phase gets its own stamp. Redirects are not followed. Everything is bounded in time and size.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from urllib.parse import quote, unquote, urlsplit
from weakref import WeakSet

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, NegotiationError
from websockets.http11 import USER_AGENT, Response
from websockets.uri import WebSocketURI

from lib import facts, http_answer, network, trace
from lib.facts import Exchange, Phases, Purpose, Request, Rung
from lib.redact import redact_headers, redact_text, redact_url
from lib.ws_session import MAX_EXCERPT_CHARACTERS, Frame, Session, SessionClosed

__all__ = ["Frame", "Session", "SessionClosed", "WebSockets"]

BODY_WITHIN_S = 1.0
"""How long the body of a refusal may take; its status and headers are there by then."""
MAX_INTERIM_ANSWERS = 8


class WebSockets:
    """Handshakes and sessions; one instance serves any number of them at once."""

    def __init__(self, *, clock: Callable[[], datetime] = facts.utc_now, tls: ssl.SSLContext | None = None):
        self._clock, self._tls = clock, tls
        self._sessions: WeakSet[Session] = WeakSet()

    async def knock(self, request: Request, *, of: Purpose = "probe", label: str = "", stay_s: float = facts.ACCEPTED_AFTER_S) -> Exchange:
        """The outcome of one handshake: an accepted one is held open for `stay_s`, then closed politely."""
        opened = await self.open(request, of=of, label=label)
        if isinstance(opened, Exchange):
            return opened
        try:
            await opened.ended(stay_s)
            return opened.exchange
        finally:
            await opened.close()

    async def open(self, request: Request, *, of: Purpose = "probe", label: str = "") -> Session | Exchange:
        """An open session, or the exchange that says how the handshake was refused."""
        attempt = _Attempt(request=request, of=of, label=label, at=self._clock(), tls=self._tls)
        try:
            async with asyncio.timeout(request.timeout_s):
                await attempt.run()
        except network.NoConnection as failure:
            attempt.fail(failure.rung, failure.sentence)
        except TimeoutError:
            attempt.fail(attempt.rung, f"no answer within {request.timeout_s:g} s")
        except BaseException:
            attempt.drop()
            raise
        if attempt.session is not None:
            self._sessions.add(attempt.session)
            return attempt.session
        if attempt.head is not None:
            await attempt.read_body(min(BODY_WITHIN_S, max(0.0, request.timeout_s - (perf_counter() - attempt.started_s))))
        attempt.drop()
        return attempt.exchange(None)

    async def close(self) -> None:
        """Closes the sessions that are still open."""
        await asyncio.gather(*(session.close() for session in list(self._sessions)))


class _Connection(asyncio.Protocol):
    """Bytes of one TCP connection: gathered until a session takes them as they arrive."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.session: Session | None = None
        self.ended = False
        self.error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self.session is not None:
            self.session.feed(data, perf_counter())
            return
        self.received += data
        if len(self.received) > 4 * http_answer.MAX_HEAD_BYTES:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._over(None)

    def connection_lost(self, error: BaseException | None) -> None:
        self._over(error)

    def _over(self, error: BaseException | None) -> None:
        self.ended, self.error = True, self.error or error
        if self.session is not None:
            self.session.lost(perf_counter())
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def more(self) -> None:
        """Waits until more bytes have arrived or the connection has ended."""
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    async def head(self) -> http_answer.Head:
        """The head of the next final answer, cut off the received bytes; raises `NoConnection` with rung http."""
        searched, interim = 0, 0
        while True:
            try:
                head = http_answer.parse_head(self.received, searched=searched) if self.received else None
            except http_answer.NotHttp as error:
                raise network.NoConnection("http", f"the answer is not HTTP: {error}") from None
            if head is not None:
                del self.received[: head.size]
                if head.status >= 200 or head.status == 101 or interim == MAX_INTERIM_ANSWERS:
                    return head
                searched, interim = 0, interim + 1
                continue
            searched = len(self.received)
            if self.ended:
                told = network.sentence(self.error) if self.error else "the connection was closed"
                raise network.NoConnection("http", f"{told} {'in the middle of' if self.received else 'without'} an answer")
            await self.more()


@dataclass
class _Attempt:
    """One handshake while it goes on; `rung` is the stage that it has reached."""

    request: Request
    of: Purpose
    label: str
    at: datetime
    tls: ssl.SSLContext | None
    rung: Rung = "dns"
    started_s: float = field(default_factory=perf_counter)
    settled_s: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
    head: http_answer.Head | None = None
    body: bytes = b""
    error: str | None = None
    peer: str | None = None
    via_proxy: str | None = None
    subprotocol: str | None = None
    session: Session | None = None
    sent: tuple[tuple[str, str], ...] = ()
    trace_id: str | None = None
    connection: _Connection = field(default_factory=_Connection)

    def fail(self, rung: Rung, sentence: str) -> None:
        self.rung, self.error = rung, sentence
        self.settled_s = perf_counter()

    def drop(self) -> None:
        if self.connection.transport is not None:
            self.connection.transport.abort()

    async def run(self) -> None:
        uri = _uri(self.request.url)
        handshake = ClientProtocol(uri, subprotocols=list(self.request.subprotocols) or None)
        self.sent = _headers(self.request, handshake)
        self.trace_id = next((found for name, value in self.sent if name.lower() == "traceparent" and (found := trace.trace_id_of(value))), None)
        if not await self._connect(uri):
            return
        self.rung = "http"
        sent_s = perf_counter()
        self._write(f"GET {uri.resource_name} HTTP/1.1", self.sent)
        self.head = await self.connection.head()
        self.settled_s = perf_counter()
        self.phases["upgrade_ms"] = (self.settled_s - sent_s) * 1000
        self.rung = "upgrade"
        if self.head.status != 101:
            return
        try:
            handshake.process_response(Response(101, self.head.reason, Headers(list(self.head.headers))))
        except InvalidHandshake as error:
            self.error = _invalid(error, self.head, self.request.subprotocols)
            return
        self.rung, self.subprotocol = "session", handshake.subprotocol
        self._hand_over()

    def _hand_over(self) -> None:
        self.session = Session(self.connection.transport, at_s=self.settled_s, secrets=self.request.secrets, record=self.exchange)
        self.connection.session = self.session
        rest = bytes(self.connection.received)
        self.connection.received.clear()
        if rest:
            self.session.feed(rest, self.settled_s)
        if self.connection.ended:
            self.session.lost(self.settled_s)

    async def _connect(self, uri: WebSocketURI) -> bool:
        proxy = network.environment_proxy(self.request.url) if self.request.use_environment_proxy else None
        host, port = uri.host, uri.port
        if proxy is not None:
            self.via_proxy = redact_url(proxy, self.request.secrets)
            host, port, secure_proxy = _proxy_address(proxy)
        start = perf_counter()
        found = await network.addresses(host, port)
        self.phases["dns_ms"] = network.milliseconds_since(start)
        self.rung, start = "tcp", perf_counter()
        stream = await network.connected(found)
        self.phases["connect_ms"] = network.milliseconds_since(start)
        self.peer = _authority(stream.getpeername())
        await asyncio.get_running_loop().create_connection(lambda: self.connection, sock=stream)
        if proxy is not None:
            if secure_proxy:
                await self._start_tls(host)
            if not await self._tunnel(uri, proxy):
                return False
        if uri.secure:
            await self._start_tls(uri.host)
        return True

    async def _start_tls(self, host: str) -> None:
        self.rung, start = "tls", perf_counter()
        context = self.tls or network.tls_context()
        try:
            transport = await asyncio.get_running_loop().start_tls(self.connection.transport, self.connection, context, server_hostname=host)
        except (OSError, ssl.CertificateError) as error:
            raise network.NoConnection("tls", network.tls_sentence(error)) from None
        if transport is None:
            raise network.NoConnection("tls", "the connection was closed during the TLS handshake")
        self.connection.transport = transport
        self.phases["tls_ms"] = self.phases.get("tls_ms", 0.0) + network.milliseconds_since(start)

    async def _tunnel(self, uri: WebSocketURI, proxy: str) -> bool:
        # Returns whether the proxy lets us through; what it answers otherwise is the answer to the handshake.
        self.rung = "http"
        target = f"[{uri.host}]:{uri.port}" if ":" in uri.host else f"{uri.host}:{uri.port}"
        parts = urlsplit(proxy)
        headers = [("Host", target), ("User-Agent", USER_AGENT)]
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers.append(("Proxy-Authorization", "Basic " + base64.b64encode(pair.encode()).decode()))
        self._write(f"CONNECT {target} HTTP/1.1", headers)
        head = await self.connection.head()
        if 200 <= head.status < 300:
            return True
        self.head, self.rung, self.settled_s = head, "upgrade", perf_counter()
        self.error = "the proxy did not let the handshake through"
        return False

    def _write(self, line: str, headers: Iterable[tuple[str, str]]) -> None:
        text = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.connection.transport.write(f"{line}\r\n{text}\r\n".encode())

    async def read_body(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                while True:
                    self.body, complete = http_answer.body(self.head, self.connection.received)
                    if complete or self.connection.ended or len(self.connection.received) >= http_answer.MAX_BODY_BYTES:
                        return
                    await self.connection.more()
        except TimeoutError:
            return  # what has come by now is the excerpt

    def exchange(self, session: Session | None) -> Exchange:
        secrets = self.request.secrets
        first = session.first_frame if session else None
        phases = dict(self.phases)
        if first is not None:
            phases["first_frame_ms"] = (first.at_s - session.answered_at_s) * 1000
        settled_s = (session.ended_at_s if session and (session.close_code or session.violation) else None) or self.settled_s or perf_counter()
        error = (session.violation if session else None) or self.error
        return Exchange(
            id=uuid.uuid4().hex,
            of=self.of,
            kind="handshake",
            label=self.label,
            method="GET",
            url=redact_url(self.request.url, secrets),
            rung=self.rung,
            status=self.head.status if self.head else None,
            headers=redact_headers(self.head.headers, secrets) if self.head else (),
            body_excerpt=redact_text(self.body[: http_answer.MAX_BODY_BYTES].decode("utf-8", "replace"), secrets)[:MAX_EXCERPT_CHARACTERS],
            subprotocol=redact_text(self.subprotocol, secrets) if self.subprotocol else None,
            first_frame=redact_text(first.text, secrets)[:MAX_EXCERPT_CHARACTERS] if first else None,
            close_code=session.close_code if session else None,
            close_reason=redact_text(session.close_reason, secrets) if session and session.close_reason else None,
            error=redact_text(error, secrets) if error else None,
            phases=Phases(**phases),
            elapsed_ms=(settled_s - self.started_s) * 1000,
            request_headers=redact_headers(self.sent, secrets),
            credential=self.request.credential,
            trace_id=self.trace_id,
            peer=self.peer,
            via_proxy=self.via_proxy,
            at=self.at,
        )


def _uri(url: str) -> WebSocketURI:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("ascii" if "xn--" in url else "idna").decode() if not ":" in (parts.hostname or "") else parts.hostname, parts.port
    except (ValueError, UnicodeError):
        raise network.NoConnection("dns", "the address cannot be read as a URL; nothing was sent") from None
    if parts.scheme not in {"ws", "wss"} or not host:
        raise network.NoConnection("dns", "the address is no ws:// or wss:// URL; nothing was sent")
    kept = "!$%&'()*+,;=:@/?~"
    return WebSocketURI(
        parts.scheme == "wss", host, port or network.DEFAULT_PORTS[parts.scheme], quote(parts.path, safe=kept), quote(parts.query, safe=kept), None, None
    )


def _headers(request: Request, handshake: ClientProtocol) -> tuple[tuple[str, str], ...]:
    given = list(request.headers)
    names = {name.lower() for name, _ in given}
    own = [(name, value) for name, value in handshake.connect().headers.raw_items() if name.lower() != "host"]
    host = request.host_header or handshake.connect().headers["Host"]
    own = [("Host", host), *own, ("User-Agent", USER_AGENT), ("traceparent", trace.traceparent(trace.new_trace_id()))]
    own += [("Origin", request.origin)] if request.origin is not None else []
    headers = (*((name, value) for name, value in own if name.lower() not in names), *given)
    for name, value in headers:
        if any(character in "\r\n\0" for character in name + value):
            raise network.NoConnection("dns", f"the header {name!r} holds a line break; nothing was sent")
    return headers


def _invalid(error: InvalidHandshake, head: http_answer.Head, offered: tuple[str, ...]) -> str:
    chosen = head.get("sec-websocket-protocol")
    if isinstance(error, NegotiationError) and chosen is not None and "subprotocol" in str(error):
        return f"the server chose the subprotocol {chosen!r}, which was not offered ({', '.join(offered) or 'none was'})"
    return f"the 101 is not valid: {error}"


def _proxy_address(proxy: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        raise network.NoConnection("tcp", "the environment names a proxy that is none of http:// and https://; nothing was sent")
    return host, port or network.DEFAULT_PORTS[parts.scheme], parts.scheme == "https"


def _authority(name: tuple) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
