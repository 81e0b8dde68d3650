"""Targets in a process of their own: `python -m bench.servers KIND [ARGUMENT]` prints its port and serves until its input
ends."""

from __future__ import annotations

import asyncio
import logging
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
DELAY_S = 0.05


class Constant(asyncio.Protocol):
    """Answers each request after 50 ms and says in a header how long that really took, so that the rest is the client's."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """One request, which fits into one read."""
        asyncio.get_running_loop().call_later(DELAY_S, self._answer, time.perf_counter())

    def _answer(self, received_s: float) -> None:
        spent_ms = (time.perf_counter() - received_s) * 1000
        self.transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Service-Ms: {spent_ms:.4f}\r\n\r\n{{}}".encode())


class Immediate(Constant):
    """Answers at once."""

    def data_received(self, data: bytes) -> None:
        """One request."""
        self._answer(time.perf_counter())


class Refusing(asyncio.Protocol):
    """Refuses each handshake as an ASGI server does: 403, empty."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """One handshake."""
        self.transport.write(REFUSAL)
        self.transport.close()


async def _echo_port() -> int:
    from websockets.asyncio.server import ServerConnection, serve

    logging.disable()  # a client that leaves without a goodbye is no news here

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    server = await serve(echo, "127.0.0.1", 0, compression=None, ping_interval=None)
    return int(next(iter(server.sockets)).getsockname()[1])


async def _main(kind: str, certificate: str | None) -> None:
    if kind == "echo":
        port = await _echo_port()
    else:
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        protocol = {"constant": Constant, "immediate": Immediate, "refusing": Refusing}[kind]
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def served(kind: str, certificate: str | None = None) -> Iterator[tuple[int, int]]:
    """The port and the process id of such a server, for the length of a block."""
    command = [sys.executable, "-m", "bench.servers", kind, *([certificate] if certificate else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline()), process.pid  # type: ignore[union-attr]
        finally:
            process.stdin.close()  # type: ignore[union-attr]
            process.wait(10)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
