"""What our WebSocket door costs beside the library alone, aiohttp and a raw socket; and what one shared TLS context saves."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import os
import socket
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import aiohttp
import websockets
from websockets.asyncio.client import connect

from bench.servers import served
from bench.table import Row, compared
from lib.clients.websocket import WebSockets
from lib.facts import Exchange, Request, Tls

MESSAGE = "x" * 64
ROUND_TRIPS = 400
HANDSHAKES = 30


def run() -> list[Row]:
    """Echo and refused handshakes."""
    with served("echo") as (port, _):
        url = f"ws://127.0.0.1:{port}/"
        ours, library, peer = ((lambda way=way: asyncio.run(way(url))) for way in (_echo_ours, _echo_websockets, _echo_aiohttp))
        name = "p50 of an echo of 64 bytes"
        rows = [
            compared(name, ours, library, unit="ms", goal="≤ 1.25", peer_name="websockets alone"),
            compared(name, ours, peer, unit="ms", peer_name="aiohttp"),
            compared(name, ours, lambda: _echo_raw(port), unit="ms", peer_name="raw blocking socket, the floor"),
        ]
    return [*rows, _refused_wss()]


def _refused_wss() -> Row:
    with _certificate() as (bundle, certificate), served("refusing", certificate) as (port, _):
        url = f"wss://127.0.0.1:{port}/"
        shared, trust = WebSockets(), Tls(ca=str(bundle))
        with _trusting(bundle):
            return compared(
                "a refused wss handshake", lambda: asyncio.run(_refused_ours(shared, url, trust)),
                lambda: asyncio.run(_refused_websockets(url)),
                unit="ms", goal="≤ 0.15", peer_name="websockets.connect as documented",
            )  # fmt: skip


async def _timed(operation: Callable[[], Awaitable[object]], count: int) -> float:
    durations_ms = []
    for number in range(count + count // 10):
        started_s = time.perf_counter()
        await operation()
        if number >= count // 10:
            durations_ms.append((time.perf_counter() - started_s) * 1000)
    return median(durations_ms)


async def _echo_ours(url: str) -> float:
    session = await WebSockets().open(Request(url=url), of="sample")

    async def once() -> None:
        await session.send(MESSAGE)
        await session.receive(timeout_s=5)

    try:
        return await _timed(once, ROUND_TRIPS)
    finally:
        await session.close()


async def _echo_websockets(url: str) -> float:
    async with connect(url, compression=None) as connection:

        async def once() -> None:
            await connection.send(MESSAGE)
            await connection.recv()

        return await _timed(once, ROUND_TRIPS)


async def _echo_aiohttp(url: str) -> float:
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as connection:

        async def once() -> None:
            await connection.send_str(MESSAGE)
            await connection.receive()

        return await _timed(once, ROUND_TRIPS)


def _echo_raw(port: int) -> float:
    frame = bytes([0x81, 0x80 | len(MESSAGE), 0, 0, 0, 0]) + MESSAGE.encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        lines = [
            "GET / HTTP/1.1",
            "Host: x",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        while not connection.recv(4096).endswith(b"\r\n\r\n"):
            pass
        durations_ms = []
        for _ in range(ROUND_TRIPS):
            started_s = time.perf_counter()
            connection.sendall(frame)
            received = 0
            while received < len(MESSAGE) + 2:
                received += len(connection.recv(4096))
            durations_ms.append((time.perf_counter() - started_s) * 1000)
    return median(durations_ms)


async def _refused_ours(shared: WebSockets, url: str, trust: Tls) -> float:
    async def once() -> None:
        refused = await shared.open(Request(url=url, tls=trust))
        if not isinstance(refused, Exchange) or refused.status != 403:
            raise RuntimeError(f"a 403 was expected: {refused}")

    return await _timed(once, HANDSHAKES)


async def _refused_websockets(url: str) -> float:
    async def once() -> None:
        try:
            async with connect(url):
                raise RuntimeError("a 403 was expected")
        except websockets.InvalidStatus:
            return

    return await _timed(once, HANDSHAKES)


@contextmanager
def _certificate() -> Iterator[tuple[str, str]]:
    """A bundle of the system's authorities and ours, and a certificate for 127.0.0.1 with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1)
    )
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        bundle, chain = Path(folder) / "bundle.pem", Path(folder) / "chain.pem"
        bundle.write_bytes(_authorities() + b"\n" + certificate)
        chain.write_bytes(certificate + private)
        yield str(bundle), str(chain)


def _authorities() -> bytes:
    import certifi

    system = ssl.get_default_verify_paths().cafile
    return Path(system or certifi.where()).read_bytes()


@contextmanager
def _trusting(bundle: str) -> Iterator[None]:
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = bundle
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE") if before is None else os.environ.update(SSL_CERT_FILE=before)
