"""The network as the REST library sees it: names are looked up as the other door does, and a silent resolver is left behind."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from aiohappyeyeballs import AddrInfoType
from anyio.abc import SocketStream

from lib.clients import network
from lib.clients.absent import absent

with absent("trio"):  # it would look for another event loop
    import httpcore
    from httpcore._backends.anyio import AnyIOStream

FOUND: ContextVar[Sequence[AddrInfoType] | None] = ContextVar("FOUND", default=None)
"""What a request has found of the host that it is about to connect to, and timed."""


class Resolved(httpcore.AnyIOBackend):
    """Connects to the first address that takes the connection, of those in `FOUND` where there are any.

    The library's own look-up waits in the loop's pool of threads, for which the loop's end would wait too.
    """

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Raises `NoConnection` with rung dns or tcp."""
        found = FOUND.get() or await network.addresses(host, port)
        FOUND.set(None)
        stream = await network.connected(found)
        return AnyIOStream(await SocketStream.from_socket(stream))
