"""The way to a target below HTTP: which proxy the environment names, addresses, TCP, TLS; each failure with its rung and one
sentence.

Shared by the doors, so that REST and WebSocket take the same way and tell failures alike.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Sequence
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from aiohappyeyeballs import AddrInfoType, start_connection
from websockets.exceptions import InvalidProxy
from websockets.proxy import Proxy, get_proxy, parse_proxy
from websockets.uri import WebSocketURI

from lib.clients.aside import aside
from lib.facts import Rung

STAGGER_S = 0.25
"""How long one address may keep silent before the next of the same name is tried beside it (RFC 8305)."""

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class NoConnection(Exception):
    """The connection did not come about: the rung at which it ended and a sentence why."""

    def __init__(self, rung: Rung, sentence: str):
        super().__init__(rung, sentence)
        self.rung, self.sentence = rung, sentence


def environment_proxy(url: str) -> str | None:
    """The proxy URL that the environment names for this address (`no_proxy` respected); None: direct.

    For ws and wss it is the one that websockets, and so most clients in Python, would take.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme)
    if port is None:
        return None
    if parts.scheme in {"ws", "wss"}:
        found = get_proxy(WebSocketURI(parts.scheme == "wss", host, port, parts.path, parts.query))
    else:
        proxies = getproxies()
        found = None if proxy_bypass(f"{host}:{port}") else proxies.get(parts.scheme) or proxies.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def proxy_address(proxy: str) -> Proxy:
    """The parts of a proxy's URL; raises `NoConnection` with rung tcp where it is none that takes CONNECT."""
    try:
        address = parse_proxy(proxy)
    except InvalidProxy as error:
        # Its message repeats the address, which may hold a password.
        why = f", as its {error.msg}" if error.msg.startswith(("path", "query", "fragment")) else f": {error.msg}"
        raise NoConnection("tcp", f"the environment names a proxy that cannot be used{why}; nothing was sent") from None
    except ValueError:
        raise NoConnection("tcp", "the environment names a proxy whose address cannot be read; nothing was sent") from None
    if address.scheme not in {"http", "https"}:
        raise NoConnection("tcp", "the environment names a proxy that is no http:// or https:// address; nothing was sent")
    return address


async def addresses(host: str, port: int) -> list[AddrInfoType]:
    """What the resolver says of a host, each address once; raises `NoConnection` with rung dns."""
    if not 0 < port < 65_536:
        raise NoConnection("dns", f"there is no port {port}; nothing was sent")
    try:
        try:  # an address needs no resolver, and no thread to wait for one
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            found = await _looked_up(host, port)
    except (OSError, UnicodeError) as error:
        raise NoConnection("dns", f"the name {host} could not be resolved: {reason(error)}") from None
    return list({info[4]: info for info in found}.values())


async def _looked_up(host: str, port: int) -> list[Any]:
    """What the resolver says; without an answer it is left behind."""
    return await aside(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


async def connected(candidates: Sequence[AddrInfoType]) -> socket.socket:
    """A connected socket to the first address that takes the connection; raises `NoConnection` with rung tcp."""
    try:
        return await start_connection(candidates, happy_eyeballs_delay=STAGGER_S)
    except (OSError, RuntimeError) as error:
        raise NoConnection("tcp", f"no TCP connection: {reason(error)}") from None


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
