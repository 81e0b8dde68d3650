"""A handler that waits for something that does not come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.whys.foreign import raw, whys

WAIT_S = 2.2


def waits_unless(spared: Callable[[bytes], bool]) -> Callable[[bytes, asyncio.StreamWriter], object]:
    """Answers plain requests at once, and drops an upgrade after a wait unless it is spared."""

    async def serve_one(head: bytes, writer: asyncio.StreamWriter) -> None:
        if b"upgrade: websocket" not in head.lower():
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        elif spared(head):
            writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        else:
            await asyncio.sleep(WAIT_S)

    return serve_one


OFFERS = {"origins": ["https://app.example"], "carriers": ["query"], "schemes": ["JWT"]}


async def test_a_constant_wait_leads_and_ends_early() -> None:
    """Each handshake waits and is dropped: the handler is the first lead, and what nothing can be learned from is not asked."""
    async with raw(waits_unless(lambda _: False)) as port:
        found = await whys(port, alternatives=OFFERS, target={"timeout_s": 5}, budget={"seconds": 60})
    assert (found.verdict, found.leads[0].id, found.candidates[0]) == ("ambiguous", "handler-hangs", "handler-hangs")
    assert "comes only after a wait of 2." in found.leads[0].because
    assert found.spent["handshakes"] <= 25


async def test_a_change_that_is_answered_at_once_is_followed() -> None:
    """Where one change gets another answer, and without delay, it is no case for giving up early."""
    async with raw(waits_unless(lambda head: b"https://app.example" in head)) as port:
        found = await whys(port, alternatives=OFFERS, target={"timeout_s": 5}, budget={"seconds": 16})
    assert any("origin" in seen.factors and len(seen.factors) > 1 for seen in found.observations), "pairs were tried"
