"""What can go wrong on the way to a target and in it, by name: real servers, proxies, names and certificates on the loopback."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from tests.pki import Pki
from tests.ports import closed_port
from tests.raw_servers import Handler, accepting, answering, endless, raw, reset, then, tunnel

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NO = b"HTTP/1.1 403 Forbidden\r\n"
MANY = 64 * 1_048_576
BROTLI = base64.b64decode(
    "y///P/gnAOKxQCD3/o///3/wTwDEYRGA7v0f////4J8AiMMCAN37P/7//8E/ARCHBQC693/8//+DfwIgDgsAdO//+P//B/8EQBwW"
    "AOje//H//w/+CYA4LADQvf/L//8//BMAcVgAoHv/Bw=="
)
"""So many zero bytes, compressed (by Node.js, zlib.brotliCompressSync)."""
RESOLVER = """import socket, time
_asked = socket.getaddrinfo
def getaddrinfo(host, *given, **named):
    if socket.AI_NUMERICHOST in (named.get("flags"), *given[4:]):
        return _asked(host, *given, **named)
    if host in ("silent.example", b"silent.example"):
        time.sleep(60)
    if host in ("six.example", b"six.example"):
        return [one for name in ("127.0.0.1", "::1") for one in _asked(name, *given, **named)]
    return _asked(host, *given, **named)
socket.getaddrinfo = getaddrinfo
"""


@dataclass(frozen=True)
class Target:
    """Where a verb is sent: an authority, `s` for TLS, its environment, and further settings of `target`."""

    authority: str
    secure: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    tls: Mapping[str, str] = field(default_factory=dict)


Fault = Callable[[Path], AbstractAsyncContextManager[Target]]


async def silent(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(3600)


def on_upgrade(fault: Handler) -> Handler:
    """Behaves at every request but a handshake."""

    async def handler(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (fault if b"upgrade: websocket" in head.lower() else answering(OK))(head, reader, writer)

    return handler


def served(handler: Handler, secure: str = "") -> Fault:
    """A server that does this with each request."""

    @contextlib.asynccontextmanager
    async def fault(_: Path) -> AsyncIterator[Target]:
        async with raw(handler) as authority:
            yield Target(authority, secure)

    return fault


def at_once(handler: Handler, secure: str = "") -> Fault:
    """A server that does this with each connection, whatever comes first."""

    @contextlib.asynccontextmanager
    async def fault(_: Path) -> AsyncIterator[Target]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await handler(await reader.read(1000), reader, writer)
            writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        try:
            yield Target(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", secure)
        finally:
            server.close()

    return fault


def certified(
    *hosts: str,
    valid: tuple[timedelta, timedelta] = (timedelta(days=-2), timedelta(days=2)),
    trusted: bool = True,
    own: bool = False,
    change: Callable[[ssl.SSLContext], None] = lambda context: None,
    secure: str = "s",
) -> Fault:
    """A server that refuses in order behind TLS, with a certificate like this; `own`: nobody signed it but itself."""

    @contextlib.asynccontextmanager
    async def fault(folder: Path) -> AsyncIterator[Target]:
        pki = Pki(folder)
        named = hosts or ("127.0.0.1", "localhost")
        signed = pki.sign("edge", None, hosts=named) if own else pki.server(*named, valid=valid)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed.chain, signed.key)
        change(context)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(NO + b"Content-Length: 0\r\n\r\n")
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        try:
            trust = {"ca": f"file:{pki.root.certificate}"} if trusted else {}
            yield Target(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", secure, tls=trust)
        finally:
            server.close()

    return fault


def behind(proxy: Handler, scheme: str = "http", secure: str = "") -> Fault:
    """A target that refuses in order, behind a proxy that the environment names."""

    @contextlib.asynccontextmanager
    async def fault(_: Path) -> AsyncIterator[Target]:
        async with raw(proxy) as between, raw(answering(NO + b"Content-Length: 0\r\n\r\n")) as target:
            yield proxied(Target(target, secure), f"{scheme}://{between}")

    return fault


@contextlib.asynccontextmanager
async def behind_nobody(_: Path) -> AsyncIterator[Target]:
    """A proxy is named, and nobody listens there."""
    with closed_port() as port:
        async with raw(answering(NO + b"Content-Length: 0\r\n\r\n")) as target:
            yield proxied(Target(target), f"http://127.0.0.1:{port}")


@contextlib.asynccontextmanager
async def behind_bytes_that_are_no_proxy(_: Path) -> AsyncIterator[Target]:
    """What the environment names as a proxy is no address of one."""
    async with raw(answering(NO + b"Content-Length: 0\r\n\r\n")) as target:
        yield proxied(Target(target), "gopher://[not an address")


def proxied(target: Target, proxy: str) -> Target:
    """The same with this proxy in its environment, under every name that is looked at."""
    names = [f"{name}_proxy" for name in ("http", "https", "all", "ws", "wss")]
    found = {spelt: proxy for name in names for spelt in (name, name.upper())}
    return replace(target, environment={**found, "no_proxy": "", "NO_PROXY": ""})


@contextlib.asynccontextmanager
async def nobody(_: Path) -> AsyncIterator[Target]:
    """Nobody listens."""
    with closed_port() as port:
        yield Target(f"127.0.0.1:{port}")


@contextlib.asynccontextmanager
async def unnamed(_: Path) -> AsyncIterator[Target]:
    """A name that there is not."""
    yield Target("nowhere.invalid")


@contextlib.asynccontextmanager
async def unresolved(folder: Path) -> AsyncIterator[Target]:
    """A resolver that takes a minute to say nothing."""
    (folder / "sitecustomize.py").write_text(RESOLVER)
    yield Target("silent.example", environment={"PYTHONPATH": str(folder)})


@contextlib.asynccontextmanager
async def unanswered(_: Path) -> AsyncIterator[Target]:
    """A name whose address takes no connection and refuses none: the queue of those that wait is full."""
    with contextlib.ExitStack() as held:
        server = held.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield Target(f"127.0.0.1:{server.getsockname()[1]}")


def over_ipv6(authority: str) -> Fault:
    """A server that refuses in order and listens on IPv6 alone, asked at this host."""

    @contextlib.asynccontextmanager
    async def fault(folder: Path) -> AsyncIterator[Target]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await answering(NO + b"Content-Length: 0\r\n\r\n")(await reader.readuntil(b"\r\n\r\n"), reader, writer)
            writer.close()

        server = await asyncio.start_server(serve, "::1", 0)
        try:
            (folder / "sitecustomize.py").write_text(RESOLVER)
            port = server.sockets[0].getsockname()[1]
            yield Target(f"{authority}:{port}", environment={"PYTHONPATH": str(folder)})
        finally:
            server.close()

    return fault


def _old(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1


def _mutual(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_default_certs()


def packed(encoding: bytes, body: bytes) -> Fault:
    """A refusal with a body in this encoding."""
    return served(answering(NO + b"Content-Encoding: " + encoding + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body))


def deflated(size: int) -> bytes:
    """One compressed text frame of so many zero bytes, as permessage-deflate has it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(bytes(size)) + packer.flush(zlib.Z_SYNC_FLUSH)
    return b"\xc1\x7f" + (len(data) - 4).to_bytes(8, "big") + data[:-4]


ANSWERS: Mapping[str, Fault] = {
    "silence": served(silent),
    "a reset": served(reset),
    "the end at once": served(answering()),
    "a first line of blanks": served(answering(b" " * 65_536)),
    "bytes that are no HTTP": served(answering(b"\x00\xff garbage\r\n\r\n" * 10)),
    "a head without end": served(endless(NO, b"X-More: more\r\n" * 100)),
    "a head that trickles": served(endless(NO, b"X: y\r\n", 0.2)),
    "a header of 1 MB": served(answering(NO + b"X: " + b"y" * 1_000_000 + b"\r\nContent-Length: 0\r\n\r\n")),
    "20,000 headers": served(answering(NO + b"X: y\r\n" * 20_000 + b"Content-Length: 0\r\n\r\n")),
    "1xx for ever": served(endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")),
    "a body without end": served(endless(NO + b"\r\n", b"x" * 65_536)),
    "a body that trickles": served(endless(NO + b"Content-Length: 99999\r\n\r\n", b"x", 0.2)),
    "a body cut short": served(answering(NO + b"Content-Length: 99\r\n\r\nshort")),
    "chunk size -1": served(answering(NO + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n")),
    "chunks without end": served(endless(NO + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n")),
    "a chunk size of 5,000 digits": served(answering(NO + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 5000 + b"\r\n")),
    "gzip that is none": packed(b"gzip", b"nope"),
    "a gzip bomb": packed(b"gzip", gzip.compress(bytes(MANY))),
    "gzip in gzip in gzip": packed(b"gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(bytes(MANY))))),
    "a brotli bomb": packed(b"br", BROTLI),
    "100,000 brackets": served(answering(NO + b"Content-Type: application/json\r\n\r\n" + b"[" * 100_000)),
    "a status of 999": served(answering(b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n")),
    "escapes in the answer": served(answering(NO + b"Content-Length: 14\r\n\r\n\x1b[2J\xe2\x80\xaeevil\r\n!")),
    "a redirect to itself": served(answering(b"HTTP/1.1 302 Found\r\nLocation: /ws\r\nContent-Length: 0\r\n\r\n")),
    "200 to a handshake": served(answering(OK)),
}
"""Where an HTTP answer is wanted."""

FRAMES: Mapping[str, Fault] = {
    "a 101 without Upgrade": served(on_upgrade(answering(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"))),
    "a drop behind the 101": served(on_upgrade(accepting())),
    "RSV1 in a frame": served(on_upgrade(accepting(after=b"\xc1\x01a"))),
    "close 1006 on the wire": served(on_upgrade(accepting(after=b"\x88\x02\x03\xee"))),
    "close 999 on the wire": served(on_upgrade(accepting(after=b"\x88\x02\x03\xe7"))),
    "no frame behind the 101": served(on_upgrade(accepting(after=b"HTTP/1.1 200 OK\r\n\r\n"))),
    "a flood of text frames": served(on_upgrade(then((b"\x81\x7e\x10\x00" + b"x" * 4096) * 8))),
    "a flood of pings": served(on_upgrade(then(b"\x89\x00" * 1000))),
    "fragments without end": served(on_upgrade(then(b"\x00\x01x" * 1000))),
    "a message of fragments without end": served(on_upgrade(then(b"\x00\x01x" * 1000, first=b"\x01\x01x"))),
    "a frame of 1 TB announced": served(on_upgrade(accepting(after=b"\x82\x7f" + (1 << 40).to_bytes(8, "big")))),
    "a frame of 1 TB, sent": served(on_upgrade(then(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + bytes(100_000)))),
    "a frame that trickles": served(on_upgrade(then(b"\x81\x7f" + bytes(4), 0.2))),
    "a deflate bomb, not agreed upon": served(on_upgrade(accepting(after=deflated(MANY)))),
    "permessage-deflate that was not offered, a bomb": served(
        on_upgrade(accepting(headers=b"Sec-WebSocket-Extensions: permessage-deflate\r\n", after=deflated(MANY)))
    ),
}
"""Where a session is wanted."""

WAYS: Mapping[str, Fault] = {
    "nobody listens": nobody,
    "a name that there is not": unnamed,
    "a resolver that is silent": unresolved,
    "an address that takes no connection": unanswered,
    "IPv6 alone": over_ipv6("[::1]"),
    "IPv6 alone, by a name of both": over_ipv6("six.example"),
    "silence in TLS": served(silent, "s"),
    "plain text where TLS is wanted": served(answering(OK), "s"),
    "plain text at once where TLS is wanted": at_once(answering(OK), "s"),
    "TLS where plain text is wanted": certified(secure=""),
    "a reset in the TLS handshake": at_once(reset, "s"),
    "an alert in the TLS handshake": at_once(answering(b"\x15\x03\x03\x00\x02\x02\x28"), "s"),
    "the end in the TLS handshake": at_once(answering(), "s"),
    "an expired certificate": certified(valid=(timedelta(days=-9), timedelta(days=-1))),
    "a certificate of tomorrow": certified(valid=(timedelta(days=1), timedelta(days=9))),
    "a certificate of another name": certified("elsewhere.example"),
    "a certificate that nobody signed": certified(trusted=False, own=True),
    "an unknown authority": certified(trusted=False),
    "TLS 1.0 alone": certified(change=_old),
    "a certificate of ours is wanted": certified(change=_mutual),
    "a proxy that nobody is": behind_nobody,
    "a proxy with no address": behind_bytes_that_are_no_proxy,
    "a proxy that refuses": behind(answering(NO + b"Content-Length: 0\r\n\r\n")),
    "a proxy that refuses, before TLS": behind(answering(NO + b"Content-Length: 0\r\n\r\n"), secure="s"),
    "a proxy that wants a password": behind(
        answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
    ),
    "a proxy that is silent": behind(silent),
    "a proxy that is silent, before TLS": behind(silent, secure="s"),
    "a proxy that resets": behind(reset),
    "a proxy that garbles": behind(answering(b"\x00\xff garbage\r\n\r\n" * 10)),
    "a proxy whose head has no end": behind(endless(b"HTTP/1.1 200 OK\r\n", b"X-More: more\r\n" * 100)),
    "a proxy that connects, then silence": behind(answering(b"HTTP/1.1 200 OK\r\n\r\n", stay_s=3600)),
    "a proxy that speaks no TLS": behind(tunnel, scheme="https"),
    "a SOCKS proxy that speaks HTTP": behind(answering(OK), scheme="socks5"),
}
"""Where a connection is wanted: names, TLS, proxies."""

FAULTS: Mapping[str, Fault] = {**WAYS, **ANSWERS, **FRAMES}

TRULY: Mapping[str, set[str]] = {
    **{name: {"crash-after-accept"} for name in FRAMES},
    **{name: {"client-proxy"} for name in WAYS if "proxy" in name},
    **{name: {"certificate-refused"} for name in WAYS if "certificate" in name or name == "an unknown authority"},
    **{name: {"wrong-scheme"} for name in WAYS if name.startswith(("plain text", "TLS where"))},
    "a certificate of ours is wanted": {"client-certificate-missing"},
    "a 101 without Upgrade": {"upgrade-damaged"},
    "permessage-deflate that was not offered, a bomb": {"upgrade-damaged"},
    "a redirect to itself": {"route-missing"},
}
"""The causes that may be named of a fault, none where nothing stands here: the catalogue has no word for it."""
