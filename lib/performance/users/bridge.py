"""Coroutines for greenlets: one event loop in a thread of its own does a whole process's traffic, Locust's users wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

import gevent
from gevent.event import AsyncResult


class Bridge:
    """Made in the thread whose greenlets use it. Durations are taken in the loop, so waiting greenlets do not lengthen them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._finished: deque[tuple[AsyncResult, Future[Any]]] = deque()
        self._doorbell = gevent.get_hub().loop.async_()
        self._doorbell.start(self._hand_over)
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The coroutine's result; only the calling greenlet waits. A greenlet that is killed takes its coroutine with it."""
        result, future = AsyncResult(), asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        future.add_done_callback(lambda done: self._ring(result, done))
        try:
            return result.get()
        except gevent.GreenletExit:
            future.cancel()
            raise

    def begin(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Lets it go on in the loop; nobody waits for it."""
        asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _ring(self, result: AsyncResult, done: Future[Any]) -> None:
        self._finished.append((result, done))
        self._doorbell.send()

    def _hand_over(self) -> None:
        while self._finished:
            result, done = self._finished.popleft()
            if not done.cancelled():
                result.set_exception(done.exception()) if done.exception() else result.set(done.result())
