"""The parent that kernels are forked from: a process that has imported what every notebook needs, once.

A program of its own (`python -m lib.kernel_parent`). It reads one JSON line a kernel on standard input, `{connection_file,
environment, directory}`, and answers on standard output: `{ready, threads}` first, `{started: pid}` for each fork, `{ended: pid, status}`
when one is gone. It ends, and ends its kernels, when its input closes.

Nothing here may start a thread, open a zmq context or a grpc channel: only a process of one thread is safe to fork.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
from pathlib import Path
from typing import Any

WARM = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "matplotlib_inline.backend_inline",
    "lib.environment",
    "lib.handshake",
    "lib.records",
    "lib.rest",
    "lib.ws",
    "lib.suite.run",
    "lib.whys",
    "lib.performance",
    "lib.report",
    "lib.figures.suite",
    "lib.figures.whys",
    "lib.figures.logs",
    "lib.figures.performance",
    "lib.figures.report",
    "scipy.stats",
    "pandas",
)


SINGLE_THREADED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""Without these, numpy and pyarrow start threads as soon as they are imported."""


def main() -> int:
    """Serves forks until standard input closes."""
    os.environ.update(SINGLE_THREADED)
    warm()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say(ready=True, threads=thread_count())
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ, "request")
    selector.register(wake_read, selectors.EVENT_READ, "child")
    kernels: set[int] = set()
    pending = b""
    while True:
        for key, _ in selector.select():
            chunk = os.read(key.fd, 65_536)
            if key.data == "child":
                _reap(kernels)
                continue
            if not chunk:
                return _end(kernels)
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                kernels.add(_fork(json.loads(line), (wake_read, wake_write)))


def warm() -> None:
    """Imports what notebooks use, and takes the slow first steps of what they use first; what is absent is left out."""
    import importlib

    for name in WARM:
        try:
            importlib.import_module(name)
        except ImportError:
            continue


def thread_count() -> int:
    """How many threads this process has, by the operating system's count; 0 where it does not tell."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 0


def _fork(request: dict[str, Any], inherited: tuple[int, ...]) -> int:
    pid = os.fork()
    if pid:
        _say(started=pid)
        return pid
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in inherited:
            os.close(descriptor)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.environ["JPY_PARENT_PID"] = str(os.getppid())
        os.chdir(request["directory"])
        _become_kernel(request["connection_file"])
    finally:
        os._exit(1)


def _become_kernel(connection_file: str) -> None:
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()  # the one generator that a fork would otherwise share
    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    sys.path[0:0] = [""]
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=["-f", connection_file])
    os._exit(0)


def _reap(kernels: set[int]) -> None:
    while kernels:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        kernels.discard(pid)
        _say(ended=pid, status=os.waitstatus_to_exitcode(status))


def _end(kernels: set[int]) -> int:
    for pid in kernels:
        try:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
    return 0


def _say(**message: Any) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
