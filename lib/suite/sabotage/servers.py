"""The three servers that stand in for a target under sabotage: one refuses, one answers empty, one says nothing.

They listen on this machine for the length of a `with`, in a thread of their own, in plain and behind TLS.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lib.suite.worth import MODES, Mode

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 16 * 1024 * 1024
PATIENCE_S = 30.0
ANSWERS: dict[Mode, bytes] = {
    "refusing": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one kind of server listens on 127.0.0.1; `tls` is None without a certificate."""

    plain: int
    tls: int | None


@contextmanager
def saboteurs(tls: ssl.SSLContext | None = None) -> Iterator[dict[Mode, Ports]]:
    """The servers, listening."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="saboteurs", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_listen(tls), loop).result(PATIENCE_S)
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


async def _listen(tls: ssl.SSLContext | None) -> dict[Mode, Ports]:
    found: dict[Mode, Ports] = {}
    for mode in MODES:
        plain = await _server(mode, None)
        found[mode] = Ports(plain, await _server(mode, tls) if tls else None)
    return found


async def _server(mode: Mode, tls: ssl.SSLContext | None) -> int:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await (_silence(reader) if mode == "silent" else _answer(reader, writer, ANSWERS[mode]))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # The client went away, or does not speak HTTP; either way there is nothing to say.
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=MAX_HEAD_BYTES)
    return int(server.sockets[0].getsockname()[1])


async def _silence(reader: asyncio.StreamReader) -> None:
    while await reader.read(MAX_HEAD_BYTES):
        pass


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
    """Reads one request, its body too (an answer before it would reset the connection), and answers."""
    async with asyncio.timeout(PATIENCE_S):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"\r\nexpect: 100-continue" in head:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = head.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0].strip()
        if length.isdigit():
            await reader.readexactly(min(int(length), MAX_BODY_BYTES))
        elif b"\r\ntransfer-encoding: chunked" in head:
            await reader.readuntil(b"0\r\n\r\n")
        writer.write(answer)
        await writer.drain()


async def _end_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
