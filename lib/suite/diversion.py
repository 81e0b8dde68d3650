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
    """The diversion that our runner asks for, if it does."""
    text = os.environ.get(VARIABLE)
    return Diversion(**json.loads(text)) if text else None


class Diversion:
    """Sends connections to `targets` ([host, port]…) to `port` on this machine, while a case runs."""

    def __init__(self, *, targets: list[list[Any]], port: int, limit_s: float, authority: str | None = None):
        self.limit_s, self._port = limit_s, port
        self._addresses = {(address, int(target_port)) for host, target_port in targets for address in _addresses(host)}
        self._opened: list[Any] = []
        if authority is not None:
            trust(authority)

    def divert(self, sock: socket.socket, address: Any) -> Any:
        """Where a connection goes instead: the same address unless it is the target's and a case is asking."""
        if not self._is_target(address):
            return address
        if attribution.current().kind != "case":
            self._opened.append(sock)
            return address
        return ("::ffff:127.0.0.1", self._port, 0, 0) if sock.family == socket.AF_INET6 else ("127.0.0.1", self._port)

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

    def _is_target(self, address: Any) -> bool:
        if not isinstance(address, tuple) or len(address) < 2:
            return False
        host = "loopback" if _is_loopback(str(address[0])) else str(address[0])
        if (host, address[1]) in self._addresses:
            return True
        try:
            socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
        except OSError:
            return any((found, address[1]) in self._addresses for found in _addresses(host))
        return False


def _addresses(host: str) -> set[str]:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        found = {host}
    return {"loopback" if _is_loopback(address) else address for address in found}


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "localhost", "::ffff:127.0.0.1")


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
