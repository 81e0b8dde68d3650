"""A call that blocks, in a thread of its own: it cannot be interrupted, and once it is given up nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def aside(call: Callable[[], T]) -> T:
    """What the call returns or raises. A thread of the loop's own pool would be waited for when the loop ends, however late."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(set_: Callable[[Any], None], found: Any) -> None:
        if not answer.done():
            set_(found)

    def run() -> None:
        set_: Callable[[Any], None] = answer.set_result
        found: Any
        try:
            found = call()
        except Exception as error:
            set_, found = answer.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(settle, set_, found)

    threading.Thread(target=run, daemon=True).start()
    return await answer
