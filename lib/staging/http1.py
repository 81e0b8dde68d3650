"""HTTP/1.1 heads and bodies on asyncio streams: what the edge, the forward proxy and the auth client share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 1024 * 1024
IO_TIMEOUT_S = 60.0


class BadMessage(Exception):
    """The peer sent something that is not HTTP, or more than is accepted; `status` is what a server answers."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class Head:
    """A start line and its headers, in the order received."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a header, or the default."""
        return next((value for key, value in self.headers if key.lower() == name), default)

    def without(self, names: Iterable[str]) -> Head:
        """The same head less these headers (lower-case names)."""
        dropped = set(names)
        return Head(self.start, [(key, value) for key, value in self.headers if key.lower() not in dropped])

    def with_header(self, name: str, value: str) -> Head:
        """The same head with this header in place of any of that name."""
        return Head(self.start, [*self.without([name.lower()]).headers, (name, value)])

    def encode(self) -> bytes:
        """The bytes as they go on the wire."""
        return ("\r\n".join([self.start, *(f"{key}: {value}" for key, value in self.headers)]) + "\r\n\r\n").encode("latin-1")

    @property
    def method(self) -> str:
        """Of a request."""
        return self.start.split(" ", 1)[0]

    @property
    def target(self) -> str:
        """Of a request: path and query, or an absolute URL towards a proxy."""
        return self.start.split(" ")[1]

    @property
    def status(self) -> int:
        """Of a response."""
        return int(self.start.split(" ")[1])

    @property
    def wants_upgrade(self) -> bool:
        """Whether a request asks to become a WebSocket."""
        return self.get("upgrade").lower() == "websocket"


async def read_head(reader: asyncio.StreamReader, timeout_s: float = IO_TIMEOUT_S) -> Head | None:
    """The next head, or None at the end of the stream; raises TimeoutError."""
    try:
        block = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout_s)
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise BadMessage(431, f"the head is longer than {MAX_HEAD_BYTES} bytes") from None
    lines = block.decode("latin-1").strip("\r\n").split("\r\n")
    if len(lines[0].split(" ")) < 3 and not lines[0].startswith("HTTP/"):
        raise BadMessage(400, "the request line is malformed")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadMessage(400, "a header line is malformed")
        headers.append((name, value.strip()))
    return Head(lines[0], headers)


async def read_body(head: Head, reader: asyncio.StreamReader) -> bytes:
    """A request's whole body, de-chunked; raises BadMessage where it is too long."""
    if "chunked" in head.get("transfer-encoding").lower():
        return b"".join([piece async for piece in _chunks(reader)])
    try:
        length = int(head.get("content-length") or 0)
    except ValueError:
        raise BadMessage(400, "Content-Length is not a number") from None
    if not 0 <= length <= MAX_BODY_BYTES:
        raise BadMessage(413, f"a body may have {MAX_BODY_BYTES} bytes")
    return await asyncio.wait_for(reader.readexactly(length), IO_TIMEOUT_S) if length else b""


async def _chunks(reader: asyncio.StreamReader):
    total = 0
    while True:
        line = await asyncio.wait_for(reader.readline(), IO_TIMEOUT_S)
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            raise BadMessage(400, "a chunk's size is malformed") from None
        total += size
        if total > MAX_BODY_BYTES:
            raise BadMessage(413, f"a body may have {MAX_BODY_BYTES} bytes")
        piece = await asyncio.wait_for(reader.readexactly(size + 2), IO_TIMEOUT_S)
        if not size:
            return
        yield piece[:-2]


async def relay_response_body(request: Head, response: Head, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> bool:
    """Copies a response's body as it comes, chunk framing included; True where the source can be used again."""
    if request.method == "HEAD" or response.status in (204, 304):
        return True
    if "chunked" in response.get("transfer-encoding").lower():
        while True:
            line = await source.readline()
            sink.write(line)
            size = int(line.split(b";")[0], 16)
            sink.write(await source.readexactly(size + 2))
            await sink.drain()
            if not size:
                return True
    if length := response.get("content-length"):
        sink.write(await source.readexactly(int(length)))
        await sink.drain()
        return True
    await pump(source, sink)
    return False


def _nothing() -> None:
    pass


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, noted: Callable[[], None] = _nothing) -> int:
    """Copies bytes until the source ends, and calls `noted` at each; how many there were."""
    total = 0
    while data := await source.read(65536):
        noted()
        sink.write(data)
        await sink.drain()
        total += len(data)
    return total


Headers = Sequence[tuple[str, str]]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def write_page(
    writer: asyncio.StreamWriter, status: int, body: bytes, headers: Headers = (), *, now_s: float | None = None
) -> None:
    """Writes an answer of the proxy's own and asks the client to close."""
    phrase = {
        200: "OK",
        301: "Moved Permanently",
        400: "Bad Request",
        403: "Forbidden",
        413: "Content Too Large",
        414: "URI Too Long",
        426: "Upgrade Required",
        429: "Too Many Requests",
        431: "Request Header Fields Too Large",
        500: "Internal Server Error",
        501: "Not Implemented",
        502: "Bad Gateway",
        504: "Gateway Timeout",
    }
    given = list(headers)
    kind = [] if any(name == "Content-Type" for name, _ in given) else [("Content-Type", "text/plain; charset=utf-8")]
    fixed = [("Date", formatdate(now_s, usegmt=True)), ("Content-Length", str(len(body))), ("Connection", "close")]
    writer.write(Head(f"HTTP/1.1 {status} {phrase.get(status, 'Service Unavailable')}", [*given, *kind, *fixed]).encode() + body)


class Pool:
    """Keep-alive connections to one address."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, port
        self._idle: list[Connection] = []

    async def open(self) -> Connection:
        """A new connection; raises OSError where nobody listens."""
        return await asyncio.wait_for(asyncio.open_connection(self.host, self.port, limit=MAX_HEAD_BYTES), 5.0)

    async def send(self, request: bytes) -> tuple[Head, Connection]:
        """Sends over an idle connection, or a new one where the idle one has gone away meanwhile; the head of the response."""
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._exchange(connection, request), connection
            except (OSError, BadMessage, EOFError):
                connection[1].close()
        connection = await self.open()
        return await self._exchange(connection, request), connection

    def give_back(self, connection: Connection, *, reusable: bool) -> None:
        """Keeps a connection for the next request, or closes it."""
        if reusable and not connection[0].at_eof() and len(self._idle) < 32:
            self._idle.append(connection)
        else:
            connection[1].close()

    def close(self) -> None:
        """Closes what is idle."""
        while self._idle:
            self._idle.pop()[1].close()

    @staticmethod
    async def _exchange(connection: Connection, request: bytes) -> Head:
        reader, writer = connection
        writer.write(request)
        await writer.drain()
        head = await read_head(reader)
        if head is None:
            raise EOFError("the peer closed the connection")
        return head
