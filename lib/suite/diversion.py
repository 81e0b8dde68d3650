"""Sabotage, seen from inside the suite's process: while a case runs, its target is another server. Standard library only.

What fixtures and imports send goes where it always went, so that a login or an availability probe does not decide for the
case. Connections that they left open to the target are cut when the case begins. A case ends after `limit_s`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import attribution

VARIABLE = "INVESTIGATION_SABOTAGE"
REARM_S = 0.25


class Overran(BaseException):
    """The case has had its time; not an Exception, so that a case cannot swallow it by the way."""


def from_environment() -> Diversion | None:
    """The diversion that our runner asks for in a file, if it does."""
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    with open(path, encoding="utf-8") as stream:
        return Diversion(**json.load(stream))


class Diversion:
    """While a case runs, connections to `targets` ([host, port, port here]…) lead to a port of this machine.

    `only` are the node ids of the cases to run (None: all). `authority` is a file of certificates to trust.
    """

    def __init__(self, *, targets: list[list[Any]], limit_s: float, only: list[str] | None = None, authority: str | None = None):
        self.limit_s, self.only = limit_s, None if only is None else frozenset(only)
        self._ports = {(address, port): here for host, port, here in targets for address in _addresses(host)}
        self._opened: list[Any] = []
        if authority is not None:
            trust(authority)

    def divert(self, sock: socket.socket, address: Any) -> Any:
        """Where a connection goes instead: the same address unless it is the target's and a case is asking."""
        port = self._port_here(address)
        if port is None:
            return address
        if attribution.current().kind != "case":
            self._opened.append(sock)
            return address
        return ("::ffff:127.0.0.1", port, 0, 0) if sock.family == socket.AF_INET6 else ("127.0.0.1", port)

    @contextmanager
    def case(self) -> Iterator[None]:
        """A case of the main thread runs inside."""
        self.cut()
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, _overrun)
        signal.setitimer(signal.ITIMER_REAL, self.limit_s, REARM_S)
        try:
            yield
        except Overran:
            raise AssertionError(f"not ended after {self.limit_s:g} s") from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def cut(self) -> None:
        """Ends the connections to the true target that fixtures have left open."""
        while self._opened:
            sock = self._opened.pop()
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It was closed already.

    def overran(self, seconds: float) -> bool:
        """Whether a case that took this long had to be ended."""
        return seconds >= self.limit_s

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


def _overrun(number: int, frame: Any) -> None:
    raise Overran


def trust(authority: str) -> None:
    """Every TLS client of this process trusts this authority too (a file of certificates)."""

    def trusting(name: str) -> None:
        original = getattr(ssl.SSLContext, name)

        def wrap(context: ssl.SSLContext, *args: Any, **kwargs: Any) -> Any:
            if not kwargs.get("server_side") and context.verify_mode != ssl.CERT_NONE:
                context.load_verify_locations(authority)
            return original(context, *args, **kwargs)

        setattr(ssl.SSLContext, name, wrap)

    for name in ("wrap_socket", "wrap_bio"):
        trusting(name)
