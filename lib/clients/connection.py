"""One connection of a handshake, from name to TLS, through a proxy where there is one; phases stamped, each failure with its
rung."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from time import perf_counter

from websockets.proxy import Proxy, prepare_connect_request
from websockets.uri import WebSocketURI

from lib.clients import http1, network, tls
from lib.clients.websocket_session import Session
from lib.facts import PROXY_FAILED, USUAL_TLS, Rung, Tls

MAX_INTERIM_ANSWERS = 8
MAX_UNREAD_BYTES = 4 * http1.MAX_HEAD_BYTES

NOT_ASKED = f"{PROXY_FAILED}, the target was not asked"
"""How the words of a failure on the way through a proxy begin."""


class Connection(asyncio.Protocol):
    """Bytes of one connection, gathered until a session takes them as they arrive.

    `rung` is the stage that it has reached, `at_proxy` whether that is on the way through a proxy.
    """

    def __init__(self) -> None:
        self.rung: Rung = "dns"
        self.phases: dict[str, float] = {}
        self.peer: str | None = None
        self.received = bytearray()
        self.at_proxy = False
        self.ended = False
        self.session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._trust = USUAL_TLS
        self._secured: tuple[str, int] | None = None
        self._plain: tuple[str, int] | None = None

    async def connect(
        self, uri: WebSocketURI, *, proxy: str | None, trust: Tls, address: str | None = None
    ) -> http1.AnswerHead | None:
        """Connects as far as TLS with the target, at this address of it. Returns what a proxy answered when it refused, None
        otherwise; raises `NoConnection`."""
        if proxy is None:
            await self._connect_tcp(address or uri.host, uri.port)
        else:
            self.at_proxy = True
            try:
                refusal = await self._through(uri, proxy)
            except network.NoConnection as error:
                raise network.NoConnection(error.rung, f"{NOT_ASKED}: {error.sentence}") from None
            if refusal is not None:
                return refusal
            self.at_proxy = False
        if uri.secure:
            await self._start_tls(uri.host, trust)
            self._secured = (uri.host, uri.port) if proxy is None else None
        elif proxy is None:
            self._plain = (address or uri.host, uri.port)
        self.rung = "http"
        return None

    def write_head(self, line: str, headers: Iterable[tuple[str, str]]) -> None:
        """Sends a request line and headers."""
        text = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.transport.write(f"{line}\r\n{text}\r\n".encode("utf-8", "replace"))

    async def head(self) -> http1.AnswerHead:
        """The head of the next final answer, cut off the received bytes; raises `NoConnection` with rung http."""
        searched, interim = 0, 0
        while True:
            try:
                head = http1.parse_head(self.received, searched=searched) if self.received else None
            except http1.NotHttp as error:
                raise network.NoConnection("http", f"the answer is not HTTP: {error}") from None
            if head is None:
                searched = len(self.received)
                await self._more_or_fail()
                continue
            del self.received[: head.size]
            if head.status >= 200 or head.status == 101 or interim == MAX_INTERIM_ANSWERS:
                return head
            searched, interim = 0, interim + 1

    async def body(self, head: http1.AnswerHead, *, within_s: float) -> bytes:
        """As much of the body as comes within this time and `http1.MAX_BODY_BYTES`."""
        body, complete = http1.body(head, self.received)
        try:
            async with asyncio.timeout(within_s):
                while not complete and not self.ended and len(self.received) < http1.MAX_BODY_BYTES:
                    await self._more()
                    body, complete = http1.body(head, self.received)
        except TimeoutError:
            pass  # what has come by now is the excerpt
        return body[: http1.MAX_BODY_BYTES]

    def hand_over(self, session: Session, at_s: float) -> None:
        """Gives what has been received, and what will be, to the session."""
        self.session = session
        rest, self.received = bytes(self.received), bytearray()
        self.transport.resume_reading()
        if rest:
            session.feed(rest, at_s)
        if self.ended:
            session.lost(at_s)

    def abort(self) -> None:
        """Lets the connection go at once."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def transport(self) -> asyncio.Transport:
        """What carries the bytes; only once there is a connection."""
        if self._transport is None:
            raise RuntimeError("there is no connection yet")
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self.session is not None:
            self.session.feed(data, perf_counter())
            return
        self.received += data
        if len(self.received) > MAX_UNREAD_BYTES:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Called by the event loop."""
        self._over(None)

    def connection_lost(self, error: BaseException | None) -> None:
        """Called by the event loop."""
        self._over(error)

    def _over(self, error: BaseException | None) -> None:
        self.ended, self._error = True, self._error or error
        if self.session is not None:
            self.session.lost(perf_counter())
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    async def _more_or_fail(self) -> None:
        if self.ended:
            refused = tls.alert(self._error, self._trust)
            if refused is None and self._secured is not None and not self.received:
                refused = await tls.unread_alert(self._error, *self._secured, self._trust)
            if refused is not None:
                raise network.NoConnection("tls", refused)
            told = network.reason(self._error) if self._error else "closed by the other side"
            told = f"no usable HTTP answer: {told}{' in the middle of it' if self.received else ''}"
            if self._plain is not None and not self.received and await tls.is_spoken(*self._plain):
                told = f"{told}; {tls.SPOKEN}"
            raise network.NoConnection("http", told)
        await self._more()

    async def _connect_tcp(self, host: str, port: int) -> None:
        start = perf_counter()
        found = await network.addresses(host, port)
        self.phases["dns_ms"] = network.milliseconds_since(start)
        self.rung, start = "tcp", perf_counter()
        stream = await network.connected(found)
        self.phases["connect_ms"] = network.milliseconds_since(start)
        try:
            self.peer = network.authority(*stream.getpeername()[:2])
            await asyncio.get_running_loop().create_connection(lambda: self, sock=stream)
        except OSError as error:
            stream.close()
            raise network.NoConnection("tcp", f"no TCP connection: {network.reason(error)}") from None
        self.rung = "http"

    async def _start_tls(self, host: str, trust: Tls) -> None:
        self.rung, self._trust, start = "tls", trust, perf_counter()
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self.transport, self, tls.context(trust), server_hostname=host, ssl_handshake_timeout=3600, ssl_shutdown_timeout=1
            )
        except (OSError, ssl.CertificateError) as error:
            raise network.NoConnection("tls", tls.sentence(error, trust)) from None
        if transport is None:
            raise network.NoConnection("tls", "the connection was closed during the TLS handshake")
        self._transport = transport
        self.phases["tls_ms"] = network.milliseconds_since(start)
        self.rung = "http"

    async def _through(self, uri: WebSocketURI, proxy: str) -> http1.AnswerHead | None:
        address = network.proxy_address(proxy)
        await self._connect_tcp(address.host, address.port)
        if address.scheme == "https":
            await self._start_tls(
                address.host, USUAL_TLS
            )  # what is the target's, its authority and our certificate, is no proxy's
        return await self._tunnel(uri, address)

    async def _tunnel(self, uri: WebSocketURI, proxy: Proxy) -> http1.AnswerHead | None:
        self.transport.write(prepare_connect_request(proxy, uri))
        head = await self.head()
        return None if 200 <= head.status < 300 else head
