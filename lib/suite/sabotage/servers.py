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

from lib.suite.sabotage.answers import Answers, empty_answer
from lib.suite.worth import MODES, Mode

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 16 * 1024 * 1024
PATIENCE_S = 30.0
NO_ANSWERS = Answers()


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one kind of server listens on 127.0.0.1; `tls` is None without a certificate."""

    plain: int
    tls: int | None


@contextmanager
def saboteurs(tls: ssl.SSLContext | None = None, answers: Answers = NO_ANSWERS) -> Iterator[dict[Mode, Ports]]:
    """The servers, listening; `answers` is the target's manner of answering."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="saboteurs", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_listen(tls, answers), loop).result(PATIENCE_S)
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


async def _listen(tls: ssl.SSLContext | None, answers: Answers) -> dict[Mode, Ports]:
    found: dict[Mode, Ports] = {}
    for mode in MODES:
        plain = await _server(mode, None, answers)
        found[mode] = Ports(plain, await _server(mode, tls, answers) if tls else None)
    return found


async def _server(mode: Mode, tls: ssl.SSLContext | None, answers: Answers) -> int:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await (_silence(reader) if mode == "silent" else _answer(reader, writer, mode, answers))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # The client went away, or does not speak HTTP; either way there is nothing to say.
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=MAX_HEAD_BYTES)
    return int(server.sockets[0].getsockname()[1])


async def _silence(reader: asyncio.StreamReader) -> None:
    while await reader.read(MAX_HEAD_BYTES):
        pass


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mode: Mode, answers: Answers) -> None:
    """Reads one request, its body too (an answer before it would reset the connection), and answers when the target would."""
    async with asyncio.timeout(PATIENCE_S):
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        route, head = answers.route(method, rest.partition(" ")[0]), head.lower()
        if b"\r\nexpect: 100-continue" in head:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = head.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0].strip()
        if length.isdigit():
            await reader.readexactly(min(int(length), MAX_BODY_BYTES))
        elif b"\r\ntransfer-encoding: chunked" in head:
            await reader.readuntil(b"0\r\n\r\n")
        await asyncio.sleep(route.delay_s)
        answer = route.refusal.as_bytes() if mode == "refusing" else empty_answer(route.speaks_json)
        writer.write(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else answer)
        await writer.drain()


async def _end_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
