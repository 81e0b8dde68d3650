"""The session store that handlers ask before they accept, and the one that takes connections and never answers."""

from __future__ import annotations

import asyncio
import contextlib

from ..logging.journal import ApplicationLog

ADDRESS = "127.0.0.1"
PATIENCE_S = 30.0
COMPLAINT_S = 1.0


class StoreSilent(Exception):
    """The store gave no answer within PATIENCE_S."""


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serves a connection as a store that hangs does: reads, and says nothing."""
    with contextlib.suppress(OSError):
        while await reader.read(4096):
            pass
    writer.close()


async def ask(port: int, key: str, log: ApplicationLog, trace: str | None) -> bytes:
    """What the store answers; complains each second that it does not. Raises StoreSilent."""
    reader, writer = await asyncio.open_connection(ADDRESS, port)
    try:
        writer.write(f"GET session:{key}\r\n".encode())
        for waited_s in range(1, round(PATIENCE_S / COMPLAINT_S) + 1):
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(reader.readline(), COMPLAINT_S)
            line = f"Timeout reading from session store {ADDRESS}:{port}: no answer for {waited_s} s, still waiting"
            log.line(line, severity="WARNING", trace=trace, logger="netra.websocket")
        raise StoreSilent(f"no answer from {ADDRESS}:{port}")
    finally:
        writer.close()
