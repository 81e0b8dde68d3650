"""The time that a case has: it is ended when that is up, whatever it catches. Standard library only.

POSIX, and the main thread alone: elsewhere a case takes as long as it likes.
"""

from __future__ import annotations

import os
import signal
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

REARM_S = 0.25
PATIENCE = 2
"""So often a case is told that its time is up; one that has caught it each time is then told again where it has caught it."""
LINES = 25
"""So many lines further at the most it is told; each time one more, for a `try` may stand in another, or in a loop."""
_LIBRARIES = (*{sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}, os.path.dirname(__file__))
"""Where code is that clears up after exceptions, and is not the case's own."""


class Overran(BaseException):
    """The case has had its time; not an Exception, so that a case cannot swallow it by the way."""


@contextmanager
def deadline(limit_s: float) -> Iterator[None]:
    """Code inside that has not ended after `limit_s` seconds fails with an AssertionError."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before, tracing = signal.signal(signal.SIGALRM, _Alarm()), sys.gettrace()
    signal.setitimer(signal.ITIMER_REAL, limit_s, REARM_S)
    try:
        yield
    except Overran:
        raise AssertionError(f"not ended after {limit_s:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if sys.gettrace() is not tracing:
            sys.settrace(tracing)


class _Alarm:
    """The handler of one deadline."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, number: int, frame: Any) -> None:
        self._told += 1
        if self._told > PATIENCE:
            _tell_again(frame, (self._told - PATIENCE - 1) % LINES)
        raise Overran


def _tell_again(frame: Any, lines: int) -> None:
    """Sees to it that code of the case which catches the exception meets it once more so many lines later, outside of its `try`.

    A bare `except: pass` in a loop is ended so, which no alarm would ever find outside of the `try`.
    """
    while frame is not None and frame.f_code.co_name != "runtest":  # With which pytest begins each case.
        if isinstance(frame.f_trace, _Again):
            frame.f_trace.lines = lines
        else:
            frame.f_trace = _followed(frame)
        frame = frame.f_back
    sys.settrace(_followed)


def _followed(frame: Any, *_: Any) -> _Again | None:
    return None if frame.f_code.co_filename.startswith(_LIBRARIES) else _Again()


class _Again:
    """The trace function of one frame: raises at a line that runs after an exception has come to it, the first or a later one."""

    def __init__(self) -> None:
        self.lines = 0
        self._heard = self._caught = False

    def __call__(self, frame: Any, event: str, _: Any) -> Any:
        if event == "line" and self._caught:
            if self.lines <= 0:
                raise Overran
            self.lines -= 1
        # Until a first line has been heard the frame may be one that Python does not follow yet.
        self._caught |= event == "exception" and self._heard
        self._heard |= event == "line"
        return self
