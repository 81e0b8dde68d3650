"""The way to a target below HTTP: which proxy the environment names, addresses, TCP, TLS; each failure with its rung and one
sentence.

Shared by the doors, so that REST and WebSocket take the same way and tell failures alike.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from lib.facts import Rung

Address = tuple[Any, ...]
"""A socket's address, as its family has it."""

STAGGER_S = 0.25
"""How long one address may keep silent before the next of the same name is tried beside it (RFC 8305)."""

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_PROXIES_BY_SCHEME = {
    "ws": ("ws", "socks", "https", "http"),
    "wss": ("wss", "socks", "https"),
    "http": ("http", "all"),
    "https": ("https", "all"),
}


class NoConnection(Exception):
    """The connection did not come about: the rung at which it ended and a sentence why."""

    def __init__(self, rung: Rung, sentence: str):
        super().__init__(rung, sentence)
        self.rung, self.sentence = rung, sentence


def environment_proxy(url: str) -> str | None:
    """The proxy URL that the environment names for this address (`no_proxy` respected), chosen as websockets chooses it; None:
    direct."""
    parts = urlsplit(url)
    proxies = getproxies()
    found = next((proxies[name] for name in _PROXIES_BY_SCHEME.get(parts.scheme, ()) if proxies.get(name)), None)
    if found is None:
        return None
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    if proxy_bypass(f"{host}:{port}") or proxy_bypass(host):
        return None
    return found if "://" in found else f"http://{found}"


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """The one TLS context of this process: making one costs 17 ms and blocks every other exchange meanwhile."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@lru_cache(maxsize=1)
def no_tls_context() -> ssl.SSLContext:
    """An empty TLS context, for clients that will never use one."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def addresses(host: str, port: int) -> list[tuple[int, Address]]:
    """The socket families and addresses of a host; raises `NoConnection` with rung dns."""
    if not 0 < port < 65_536:
        raise NoConnection("dns", f"there is no port {port}; nothing was sent")
    try:
        try:  # an address needs no resolver, and no thread to wait for one
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoConnection("dns", f"the name {host} could not be resolved: {reason(error)}") from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


async def connected(candidates: Sequence[tuple[int, Address]]) -> socket.socket:
    """A connected socket to the first address that takes the connection; raises `NoConnection` with rung tcp."""
    if len(candidates) == 1:
        try:
            return await _connected_to(*candidates[0])
        except OSError as error:
            raise NoConnection("tcp", f"no TCP connection: {reason(error)}") from None
    waiting: set[asyncio.Task[socket.socket]] = set()
    upcoming = list(candidates)
    failures: list[BaseException] = []
    try:
        while upcoming or waiting:
            if upcoming:
                waiting.add(asyncio.ensure_future(_connected_to(*upcoming.pop(0))))
            done, waiting = await asyncio.wait(
                waiting, timeout=STAGGER_S if upcoming else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                failure = task.exception()
                if failure is None:
                    return task.result()
                failures.append(failure)
    finally:
        for task in waiting:
            task.cancel()
            task.add_done_callback(_close_late)
    raise NoConnection("tcp", f"no TCP connection: {reason(failures[-1]) if failures else 'the name has no address'}")


async def _connected_to(family: int, address: Address) -> socket.socket:
    stream = socket.socket(family, socket.SOCK_STREAM)
    try:
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(stream, address)
    except BaseException:
        stream.close()
        raise
    return stream


def _close_late(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def tls_sentence(error: BaseException) -> str:
    """Why TLS did not come about, in a plain sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's TLS certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
            return "the server does not speak TLS on this port"
        return f"the TLS handshake failed: {(error.reason or 'unknown reason').replace('_', ' ').lower()}"
    if isinstance(error, ssl.CertificateError):
        return f"the server's TLS certificate is not accepted: {error}"
    return f"the TLS handshake failed: {reason(error)}"


def authority(host: str, port: int) -> str:
    """`host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def milliseconds_since(start: float) -> float:
    """Milliseconds since a `perf_counter` stamp."""
    return (perf_counter() - start) * 1000


def reason(error: BaseException) -> str:
    """What an error of the network says, in a few words."""
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or 'broken').replace('_', ' ').lower()}"
    if isinstance(error, socket.gaierror):
        return error.strerror or "unknown name"
    if isinstance(error, ConnectionResetError):
        return "reset by the other side"
    if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        return f"{os.strerror(error.errno).lower()} ({errno.errorcode[error.errno]})"
    return str(error) or type(error).__name__
