"""Ports of the loopback for tests that run beside others: one that stays closed, and one that a program may be told to use."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator

LOWEST, HIGHEST = 10_000, 32_000
"""Below the ports that Linux hands out by itself (32,768 and up), so that no other test is given one meanwhile."""


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, held so that nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def free_port() -> int:
    """A port that nobody has now."""
    while True:
        port = random.randint(LOWEST, HIGHEST)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
