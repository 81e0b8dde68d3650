"""Sabotage, seen from inside the suite's process: while a case runs, its target is another server. Standard library only.

What fixtures and imports send goes where it always went, so that a login or an availability probe does not decide for the
case. Connections that they left open to the target lead to the other server when the case begins, and are cut where that
cannot be (a WebSocket, an event loop's). A case ends after its limit.
"""

from __future__ import annotations

import _socket
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import attribution, sockets
from .time_limit import deadline

VARIABLE = "INVESTIGATION_SABOTAGE"
CONNECT_S = 5.0


def from_environment() -> Diversion | None:
    """The diversion that our runner asks for in a file, if it does."""
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    with open(path, encoding="utf-8") as stream:
        return Diversion(**json.load(stream))


class Diversion:
    """While a case runs, connections to `targets` ([host, port, port here]…) lead to a port of this machine.

    `only` are the node ids of the cases to run (None: all), `limits` the seconds of those that take longer than the rest.
    `authority` is a file of certificates to trust, `attempts` how often those cases were run that did not pass at once.
    """

    def __init__(
        self,
        *,
        targets: list[list[Any]],
        limit_s: float,
        limits: dict[str, float] | None = None,
        only: list[str] | None = None,
        authority: str | None = None,
        attempts: dict[str, int] | None = None,
    ):
        self.attempts = attempts or {}
        self._limit_s, self._limits, self.only = limit_s, limits or {}, None if only is None else frozenset(only)
        self._ports = {(address, port): here for host, port, here in targets for address in _addresses(host)}
        self._opened: list[tuple[Any, int]] = []
        self._cut_some = False
        attribution.AFTER_SETUP.append(self._take_over)
        if authority is not None:
            trust(authority, self._secured)

    def divert(self, sock: socket.socket, address: Any) -> Any:
        """Where a connection goes instead: the same address unless it is the target's and a case is asking."""
        port = self._port_here(address)
        if port is None:
            return address
        scope = attribution.current()
        if scope.kind != "case":
            self._opened.append((sock, port))
            return address
        scope.tally.diverted += 1
        return _here(sock.family, port)

    @contextmanager
    def case(self, nodeid: str) -> Iterator[None]:
        """A case runs inside."""
        self._take_over()
        with deadline(self.limit_s(nodeid)):
            yield

    def limit_s(self, nodeid: str) -> float:
        """How long a case may take."""
        return self._limits.get(nodeid, self._limit_s)

    def met(self, scope: attribution.Scope) -> bool:
        """Whether the case asked the server that replaces its target, or may have tried to over a fixture's connection that was
        cut."""
        return bool(scope.tally.diverted) or self._cut_some

    def _take_over(self) -> None:
        """Sees to it that no connection which fixtures have left open leads to the true target any more."""
        while self._opened:
            sock, port = self._opened.pop()
            if sock.fileno() != -1 and not _swap(sock, port):
                self._cut_some = True
                _cut(sock)

    def _secured(self, sock: Any, secured: Any) -> None:
        # TLS takes the descriptor over from the socket that connected.
        self._opened = [(secured if known is sock else known, port) for known, port in self._opened]

    def overran(self, nodeid: str, seconds: float) -> bool:
        """Whether a case that took this long had to be ended."""
        return seconds >= self.limit_s(nodeid)

    def _port_here(self, address: Any) -> int | None:
        """Where the server stands that replaces the one at this address; None for an address that is nobody's target."""
        if not isinstance(address, tuple) or len(address) < 2:
            return None
        host, port = str(address[0]), address[1]
        if port not in {target_port for _, target_port in self._ports}:
            return None
        names = {_plain(host)} if _is_numeric(host) else _addresses(host)
        return next((self._ports[name, port] for name in names if (name, port) in self._ports), None)


def _is_numeric(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _plain(address: str) -> str:
    address = address.removeprefix("::ffff:")
    return "loopback" if address.startswith("127.") or address in ("::1", "localhost") else address


def _addresses(host: str) -> set[str]:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        found = {host}
    return {_plain(address) for address in found}


def _here(family: int, port: int) -> Any:
    return ("::ffff:127.0.0.1", port, 0, 0) if family == socket.AF_INET6 else ("127.0.0.1", port)


def _swap(sock: Any, port: int) -> bool:
    """Lets an open connection lead to a port of this machine, unnoticed by whoever holds it; False where that cannot be.

    A WebSocket's handshake is past, and someone may be waiting for its frames; an event loop watches the old connection.
    """
    if sock.gettimeout() == 0 or sockets.is_websocket(sock):
        return False
    other = _socket.socket(sock.family, socket.SOCK_STREAM)
    other.settimeout(CONNECT_S)
    try:
        other.connect(_here(sock.family, port))
        os.dup2(other.fileno(), sock.fileno())
        os.set_blocking(sock.fileno(), sock.gettimeout() is None)
        if isinstance(sock, ssl.SSLSocket):
            sock._sslobj = sock.context._wrap_socket(sock, False, sock.server_hostname, owner=sock)  # type: ignore[attr-defined]
            sock.do_handshake()
    except OSError:
        return False
    finally:
        other.close()
    sockets.lead_elsewhere(sock)
    return True


def _cut(sock: Any) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # Its other end had closed it already.


def trust(authority: str, on_secured: Callable[[Any, Any], None] = lambda sock, secured: None) -> None:
    """Every TLS client of this process trusts this authority too (a file of certificates); told is which socket became which."""

    def trusting(name: str) -> None:
        original = getattr(ssl.SSLContext, name)

        def wrap(context: ssl.SSLContext, sock: Any, *args: Any, **kwargs: Any) -> Any:
            if not kwargs.get("server_side") and context.verify_mode != ssl.CERT_NONE:
                context.load_verify_locations(authority)
            secured = original(context, sock, *args, **kwargs)
            on_secured(sock, secured)
            return secured

        setattr(ssl.SSLContext, name, wrap)

    for name in ("wrap_socket", "wrap_bio"):
        trusting(name)
