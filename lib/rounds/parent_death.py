"""A process that is to end with the one that started it, also where that one was killed and could tell nobody.

A pipe that closes tells it only to who reads or writes at that moment; the kernel's signal comes also in the middle of an import.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

PR_SET_PDEATHSIG = 1
VARIABLE = "INVESTIGATION_PARENT"


def environment() -> Mapping[str, str]:
    """What tells a child that it is to end with us. Nothing but in the main thread: the signal comes when the *thread* ends that
    started the child."""
    return {VARIABLE: str(os.getpid())} if threading.current_thread() is threading.main_thread() else {}


def obey() -> None:
    """From now on a SIGTERM comes when the parent ends, where `environment` asked for that; Linux only. The variable goes, as
    children of ours are none of that parent's."""
    parent = os.environ.pop(VARIABLE, "")
    if parent.isdigit():
        end_with(int(parent), signal.SIGTERM)


def end_with(parent: int, number: int) -> None:
    """From now on this signal comes when that parent ends; at once where it is gone already."""
    try:
        import ctypes  # here, as few processes are asked for it

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return  # not Linux: what closes is then noticed where it is read
    if os.getppid() != parent:  # gone before we asked
        os.kill(os.getpid(), number)
