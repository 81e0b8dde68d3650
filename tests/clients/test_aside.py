"""A call in a thread that nobody waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest

from lib.clients.aside import aside


async def test_what_the_call_returns_or_raises_comes_back() -> None:
    """As from a call that does not block."""
    assert await aside(lambda: 5) == 5
    with pytest.raises(ValueError, match="invalid literal"):
        await aside(lambda: int("x"))


def test_a_call_that_never_ends_keeps_no_loop_open() -> None:
    """Given up, it is left behind; a thread of the loop's own pool would be waited for."""
    never = threading.Event()

    async def given_up() -> bool:
        try:
            async with asyncio.timeout(0.1):
                return await aside(lambda: never.wait(600))
        except TimeoutError:
            return False

    worker = threading.Thread(target=lambda: asyncio.run(given_up()), daemon=True)
    worker.start()
    worker.join(60)
    assert not worker.is_alive()
    never.set()
