"""The edge's TLS port: ends TLS in front of the edge, writes down handshakes that fail, and answers plain text.

TLS is ended by hand on memory buffers: asyncio closes a failed handshake without the alert that tells the client why, which
real servers send.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable
from typing import Protocol

from ..faults import TlsPolicy
from ..http1 import MAX_HEAD_BYTES, write_page
from ..logging.journal import Journal
from . import pages

HANDSHAKE_S = 5.0
TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection: a record that holds a handshake message."""
READ_BYTES = 65536
LINGER_S = 1.0


class Behind(Protocol):
    """What serves the decrypted connection; `peer` is the client's address, `certified` whether it sent a certificate."""

    def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, peer: str, certified: bool
    ) -> Awaitable[None]: ...


class TlsPort:
    """Serves the connections of one listener."""

    def __init__(self, context: ssl.SSLContext, policy: TlsPolicy, behind: Behind, journal: Journal) -> None:
        self._context, self._policy, self._behind, self._journal = context, policy, behind, journal

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client's connection to its end."""
        try:
            first = await asyncio.wait_for(reader.read(READ_BYTES), HANDSHAKE_S)
            if first.startswith(TLS_HANDSHAKE):
                await self._serve(_Tls(reader, writer, self._context, first))
            elif first and self._policy.answers_plain:
                write_page(writer, 400, pages.PLAIN_ON_TLS, [("Server", "Google-Edge"), pages.HTML])
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def _serve(self, tls: _Tls) -> None:
        try:
            await asyncio.wait_for(tls.handshake(), HANDSHAKE_S)
        except ssl.SSLError as error:
            text = f"SSL handshake failure ({str(error.reason or error).lower().replace('_', ' ')})"
            self._journal.write("requests", text, severity="WARNING", resource=pages.LOAD_BALANCER)
            return
        near, far = socket.socketpair()
        inner = await asyncio.open_connection(sock=near, limit=MAX_HEAD_BYTES)
        outer = await asyncio.open_connection(sock=far, limit=MAX_HEAD_BYTES)
        up = asyncio.create_task(tls.upwards(inner[1]))
        down = asyncio.create_task(tls.downwards(inner[0]))
        try:
            await self._behind(*outer, peer=tls.peer, certified=tls.certified)
            await down
        finally:
            up.cancel()
            inner[1].close()


class _Tls:
    """The server's end of one TLS connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext, first: bytes) -> None:
        self._reader, self._writer = reader, writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._incoming.write(first)
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    @property
    def peer(self) -> str:
        """The client's address."""
        peer = self._writer.get_extra_info("peername")
        return peer[0] if peer else ""

    @property
    def certified(self) -> bool:
        """Whether the client sent a certificate that the authority signed."""
        return bool(self._object.getpeercert())

    async def handshake(self) -> None:
        """Ends once application data can flow; raises ssl.SSLError after the alert that tells the client why not."""
        while True:
            try:
                self._object.do_handshake()
                await self._flush()
                return
            except ssl.SSLWantReadError:
                await self._flush()
                await self._more()
            except ssl.SSLError:
                await self._flush()
                await self._linger()
                raise

    async def _linger(self) -> None:
        # A close with something unread resets the connection, and the alert is lost on its way.
        with contextlib.suppress(OSError, TimeoutError):
            self._writer.write_eof()
            async with asyncio.timeout(LINGER_S):
                while await self._reader.read(READ_BYTES):
                    pass

    async def upwards(self, sink: asyncio.StreamWriter) -> None:
        """Hands on what the client sends."""
        with contextlib.suppress(OSError):
            while True:
                try:
                    data = self._object.read(READ_BYTES)
                except ssl.SSLWantReadError:
                    await self._flush()
                    await self._more()
                    continue
                if not data:
                    break
                sink.write(data)
                await sink.drain()
        with contextlib.suppress(OSError):
            sink.write_eof()

    async def downwards(self, source: asyncio.StreamReader) -> None:
        """Sends what the edge answers, and ends the connection in order."""
        while data := await source.read(READ_BYTES):
            self._object.write(data)
            await self._flush()
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()
        await self._flush()
        self._writer.close()

    async def _more(self) -> None:
        if data := await self._reader.read(READ_BYTES):
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            self._writer.write(data)
            await self._writer.drain()
