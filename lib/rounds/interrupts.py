"""How a verb ends before its time: the first signal ends it in order, and a clock ends it where that takes too long."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
PATIENCE_S = 1.0
"""All that a verb has for ending in order."""
PATIENCE_WITH_RESULTS_S = 30.0
"""A watch has to tell what it saw."""
PATIENCE_WITH_RECORD_S = 10.0
"""A round leaves its record as unfinished, which takes some tenths of a second unless the machine is very busy."""
AGAIN_S = 0.5
"""Who has not noticed it by then is interrupted once more: what is raised in a callback of an import is lost there."""
CLEARING_S = 0.8
"""So long the last clearing up may take; it may wait for a lock that whoever hangs holds."""


class _Interrupt:
    """The signal that came, and who is not to be broken off by it."""

    def __init__(self) -> None:
        self.patience_s = PATIENCE_S
        self.held = 0
        self.came = self.owed = self.is_over = self.noticed = self.once_more = False
        self.at_last: Callable[[], int] = lambda: 130
        self.status: int | None = None
        self.task: asyncio.Task[Any] | None = None
        self._tell = -1

    def begin(self) -> None:
        """Starts the clock's thread: a handler that did might wait for ever for a lock that the code it interrupts holds."""
        told, self._tell = os.pipe()
        threading.Thread(target=self._watch, args=(told,), daemon=True).start()

    def take(self, number: int, frame: Any) -> None:
        """The handler: the first signal counts; those after it would only break off the clearing up."""
        if self.is_over or (self.came and not self.once_more):
            return
        self.once_more = False
        if not self.came:
            self.came = True
            os.write(self._tell, b"!")
        self.owed = self.held > 0
        if self.task is not None:
            self.noticed = True
            self.task.get_loop().call_soon_threadsafe(self.task.cancel)
        elif not self.owed:
            raise KeyboardInterrupt

    def _watch(self, told: int) -> None:
        """The clock, which runs from the first signal on."""
        os.read(told, 1)
        until_s = time.monotonic() + self.patience_s
        while (left_s := until_s - time.monotonic()) > 0:
            time.sleep(min(left_s, AGAIN_S))
            if left_s > AGAIN_S and not (self.noticed or self.held):
                self.once_more = True
                os.kill(os.getpid(), signal.SIGINT)
        if self.is_over and self.status is None:
            return  # the answer was given meanwhile
        if self.status is None:
            last = threading.Thread(target=self._clear_up, daemon=True)
            last.start()
            last.join(CLEARING_S)
        os._exit(130 if self.status is None else self.status)

    def _clear_up(self) -> None:
        self.status = self.at_last()
        self.leave()

    def leave(self) -> None:
        """The last of all at exit: an interrupt within compiled text (a dataclass being made) would become the status itself."""
        if self.status is not None:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            os._exit(self.status)


_interrupt = _Interrupt()


def listen(at_last: Callable[[], int]) -> None:
    """SIGINT, SIGTERM, SIGQUIT and SIGHUP raise KeyboardInterrupt once; `at_last` clears up and gives the status where the time
    for that is up.

    A shell's background job inherits SIGINT ignored, and is to be ended all the same; what `nohup` started is to go on.
    """
    global _interrupt
    _interrupt = _Interrupt()
    _interrupt.at_last = at_last
    _interrupt.begin()
    atexit.register(_interrupt.leave)
    hangup = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, *hangup):
        signal.signal(number, _interrupt.take)


def allow(seconds: float) -> None:
    """So long may it take to end in order."""
    _interrupt.patience_s = seconds


def over(status: int | None = None) -> None:
    """The answer is given, and a signal that comes now changes nothing of it. With a `status` we leave before the interpreter is
    taken apart, where a signal would become the status."""
    _interrupt.is_over = _interrupt.noticed = True
    _interrupt.status = status


def came() -> bool:
    """Whether a signal came: what fails then fails of it, in whatever words (an import makes a RuntimeError of an interrupt)."""
    return _interrupt.came


def notice() -> None:
    """It has been seen, and is not raised again while whoever saw it puts its things in order."""
    _interrupt.noticed = _interrupt.came


@contextmanager
def held() -> Iterator[None]:
    """What is begun under it comes to its end; an interrupt that came meanwhile is raised then."""
    _interrupt.held += 1
    notice()
    try:
        yield
    finally:
        _interrupt.held -= 1
        if _interrupt.owed and not _interrupt.held:
            _interrupt.owed = False
            raise KeyboardInterrupt


def run(work: Coroutine[Any, Any, T]) -> T:
    """The same as `asyncio.run`, and an interrupt cancels the work, which may end with what it has."""
    import asyncio  # here, as the command line imports this room before it can be interrupted

    async def watched() -> T:
        _interrupt.task = asyncio.current_task()
        try:
            return await work
        finally:
            _interrupt.task = None

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
