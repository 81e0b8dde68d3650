"""One kept connection whose answers are stamped in the moment in which their bytes arrive.

Timing sixty users through the REST door would time the door: its library spends a millisecond of our own on each request, which
the
others wait for. This asks with prepared bytes, for samples alone; what a sample is compared with still comes through the door.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit

from lib.clients import http1, network, tls
from lib.facts import Request, Tls

MAX_INTERIM_ANSWERS = 8


class Broken(Exception):
    """No usable answer; the text is one sentence. `stale`: a kept connection that the server had closed meanwhile."""

    def __init__(self, sentence: str, *, stale: bool = False):
        super().__init__(sentence)
        self.stale = stale


@dataclass(slots=True)
class TimedHttp:
    """Asks one origin; one request at a time."""

    _wire: _KeptConnection | None = field(default=None, repr=False)

    async def ask(self, request: Request, *, trace: str) -> tuple[http1.AnswerHead, float]:
        """The head of the answer and the milliseconds from handing over the request (with connecting, where that was needed) to
        it.

        `trace` becomes the traceparent. Raises `Broken`, whatever the server does.
        """
        payload, started_s = prepared(request, trace), perf_counter()
        try:
            async with asyncio.timeout(request.timeout_s):
                try:
                    return await self._ask(request, payload, started_s)
                except Broken as broken:
                    if not broken.stale:
                        raise
                    return await self._ask(request, payload, started_s)
        except TimeoutError:
            self.close()
            raise Broken(f"no answer within {request.timeout_s:g} s") from None
        except network.NoConnection as failure:
            raise Broken(failure.sentence) from None
        except http1.NotHttp as error:
            self.close()
            raise Broken(f"the answer is not HTTP: {error}") from None
        except OSError as error:
            self.close()
            raise Broken(f"no usable HTTP answer: {network.reason(error)}") from None

    def close(self) -> None:
        """Drops the connection."""
        if self._wire is not None and self._wire.transport is not None:
            self._wire.transport.abort()
        self._wire = None

    async def _ask(self, request: Request, payload: bytes, started_s: float) -> tuple[http1.AnswerHead, float]:
        kept = self._wire is not None and not self._wire.ended
        if not kept:
            self._wire = await _connected(request.url, request.tls)
        wire = self._wire
        wire.transport.write(payload)  # type: ignore[union-attr]  # connected above
        try:
            head = await wire.head()
        except Broken as broken:
            self.close()
            raise Broken(str(broken), stale=kept and not wire.received) from None
        answered_s = wire.arrived_s
        if not await wire.body_read(head) or (head.get("connection") or "").lower() == "close":
            self.close()
        return head, (answered_s - started_s) * 1000


class _KeptConnection(asyncio.Protocol):
    """Bytes as they arrive, and when."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.arrived_s = 0.0
        self.ended = False
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream, as asked for

    def data_received(self, data: bytes) -> None:
        self.arrived_s = perf_counter()
        self.received += data
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.eof_received()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    async def head(self) -> http1.AnswerHead:
        """The head of the next final answer, cut off the bytes."""
        for _ in range(MAX_INTERIM_ANSWERS):
            while not self.received or (head := http1.parse_head(self.received)) is None:
                if self.ended:
                    raise Broken("the connection was closed without an answer")
                await self._more()
            del self.received[: head.size]
            if head.status >= 200:
                return head
        raise Broken("only interim answers came")

    async def body_read(self, head: http1.AnswerHead) -> bool:
        """Reads the body away; whether the connection can be used again."""
        while not http1.body(head, self.received)[1]:
            if self.ended or len(self.received) > http1.MAX_BODY_BYTES:
                return False
            await self._more()
        self.received.clear()
        return not self.ended


async def _connected(url: str, trust: Tls) -> _KeptConnection:
    parts = urlsplit(url)
    stream = await network.connected(
        await network.addresses(parts.hostname or "", parts.port or network.DEFAULT_PORTS[parts.scheme])
    )
    context = tls.context(trust) if parts.scheme == "https" else None
    try:
        _, wire = await asyncio.get_running_loop().create_connection(
            _KeptConnection, sock=stream, ssl=context, server_hostname=parts.hostname if context else None
        )
    except (OSError, ssl.CertificateError) as error:
        stream.close()
        raise network.NoConnection("tls", tls.sentence(error, trust)) from None
    return wire


def prepared(request: Request, trace: str) -> bytes:
    """The request as bytes, in the form that the doors send."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    given = {name.lower() for name, _ in request.headers}
    usual = [
        ("Host", request.host_header or parts.netloc),
        ("Accept", "*/*"),
        ("User-Agent", "websocket-investigation"),
        ("traceparent", trace),
        *((("Content-Length", "0"),) if request.method not in ("GET", "HEAD", "DELETE", "OPTIONS") else ()),
    ]
    headers = [*((name, value) for name, value in usual if name.lower() not in given), *request.headers]
    return "".join(
        [f"{request.method} {target} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in headers), "\r\n"]
    ).encode()
