"""A watcher between us and a suite: when we go away, or the suite ends, nothing that the suite started stays behind.

Run as a program (`python -I -S supervise.py COMMAND…`): standard library only, imports nothing of ours. Standard input is
the lifeline: its end ends the suite. Exits with the suite's status, 128 + N after signal N.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
POLL_S = 0.02
PATIENCE_S = 3.0
TERM_S = 0.5


def main() -> int:
    """Runs the command, watches the lifeline, clears up."""
    _control(PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))
    pipe = os.environ.get("INVESTIGATION_PIPE")
    descriptors = (int(pipe),) if pipe else ()
    suite = subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=descriptors,
        preexec_fn=lambda: _control(PR_SET_PDEATHSIG, signal.SIGKILL),  # it may kill whoever started it, and that is us
    )  # fmt: skip
    for descriptor in descriptors:
        os.close(descriptor)
    try:
        while suite.poll() is None:
            readable, _, _ = select.select([0], [], [], POLL_S)
            if readable and not os.read(0, 1024):
                break
    finally:
        _end(suite)
    status = suite.returncode
    return status if status >= 0 else 128 - status


def _control(option: int, value: int) -> None:
    try:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (OSError, AttributeError):
        pass  # Not Linux: the suite's process group is all that can be ended.


def _end(suite: subprocess.Popen[bytes]) -> None:
    """Ends the suite's process group, then every descendant that left it and was handed to us."""
    if suite.poll() is None:
        os.killpg(suite.pid, signal.SIGTERM)
        try:
            suite.wait(timeout=TERM_S)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(suite.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    suite.wait()
    give_up = time.monotonic() + PATIENCE_S
    while (children := _children()) and time.monotonic() < give_up:
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as stream:
            return [int(word) for word in stream.read().split()]
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(main())
