"""Which addresses are the target's: by name, and by what the name resolves to now."""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from lib.suite.results import DEFAULT_PORTS, Asked

RESOLVE_S = 5.0


@dataclass(frozen=True, slots=True)
class Targets:
    """The target's addresses, `host:port`, spelled as `_plain` spells them."""

    authorities: frozenset[str]

    def among(self, asked: Asked) -> bool:
        """Whether the target is one of those that were asked."""
        return any(_plain(host) in self.authorities for host in asked.hosts)


def targets_of(urls: Collection[str]) -> Targets:
    """The targets at these URLs; a resolver that does not answer in time leaves the names alone."""
    found: set[str] = set()
    for url in urls:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
        found |= {_plain(f"{host}:{port}") for host in (parts.hostname or "", *_addresses(parts.hostname or ""))}
    return Targets(frozenset(found))


def _addresses(host: str) -> list[str]:
    resolved: list[str] = []

    def resolve() -> None:
        try:
            resolved.extend(str(info[4][0]) for info in socket.getaddrinfo(host, None))
        except OSError:
            pass  # Nobody of that name: the name alone is known.

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(RESOLVE_S)
    return list(resolved)


def _plain(authority: str) -> str:
    """One spelling for one place: lower case, and one word for this machine."""
    host, _, port = authority.lower().rpartition(":")
    host = host.strip("[]").removeprefix("::ffff:")
    return f"{'loopback' if host.startswith('127.') or host in ('::1', 'localhost', '0.0.0.0') else host}:{port}"  # noqa: S104
