"""The parent that kernels are forked from: a process that has imported what every notebook needs, once.

A program of its own (`python -m lib.rounds.fork_server`). It reads one JSON line a kernel on standard input, `{connection_file,
environment, directory, undisturbed}`, and answers on standard output: `{ready, threads}` first, then for each line
`{started: pid}`, or `{unfit: threads}` where it may not fork, `{ended: pid, status}` when one is gone, and at any time
`{missing: name, because}` where an import fails. It ends, and ends its kernels, when its input closes; told to by SIGTERM,
which comes also where its parent is killed, it does so at once, as an import may last long on a busy machine.

Nothing here may start a thread, open a zmq context or a grpc channel: only a process of one thread is safe to fork.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import sys
from pathlib import Path
from typing import Any

from lib.clients.absent import absent
from lib.rounds import parent_death

WARM = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "tornado.queues",
    "lib.environment",
    "lib.handshake",
    "lib.records.rounds_on_disk",
    "lib.clients.rest",
    "lib.clients.websocket",
    "lib.suite.run",
    "lib.figures.suite",
    "jwt",
    "jwt.algorithms",
    "httpcore",
)
"""What the first notebook needs: imported before the first kernel."""

LATER = (
    "pyarrow.parquet",
    "pyarrow.dataset",
    "lib.whys",
    "lib.whys.strategy.search",
    "lib.whys.strategy.intervention",
    "lib.figures.whys",
    "lib.logs",
    "lib.logs.sources.cloud",
    "google.cloud.logging_v2.services.logging_service_v2",
    "lib.reports.report",
    "lib.figures.logs",
    "lib.figures.performance",
    "lib.figures.report",
    "lib.performance",
    "duckdb",
    "scipy.stats",
)
"""What others need: imported while the first notebook waits for its answers, and never beside one that measures."""

NEVER = ("debugpy",)
"""What a kernel would import and nobody uses in a round: the debugger's server, 0.2 s of it. ipykernel does without where it is
missing."""

SINGLE_THREADED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""Without these, numpy and pyarrow start threads as soon as they are imported."""


def main() -> int:
    """Serves forks until standard input closes."""
    kernels: set[int] = set()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(_end(kernels)))
    parent_death.obey()
    gc.disable()  # imports leave nothing to collect; kernels turn it on again
    os.environ.update(SINGLE_THREADED)
    sys.modules.update(dict.fromkeys(NEVER))  # type: ignore[arg-type]  # None: as if it were not installed
    warm(WARM)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say(ready=True, threads=thread_count())
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ, "request")
    selector.register(wake_read, selectors.EVENT_READ, "child")
    later = list(LATER)
    pending = b""
    while True:
        events = selector.select(0 if kernels and later else None)
        if not events:
            warm([later.pop(0)])
        for key, _ in events:
            chunk = os.read(key.fd, 65_536)
            if key.data == "child":
                _reap(kernels)
                continue
            if not chunk:
                return _end(kernels)
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                _answer(json.loads(line), later, kernels, (wake_read, wake_write))


def warm(names: tuple[str, ...] | list[str]) -> None:
    """Imports what notebooks use. All of it is installed with us, so what cannot be imported is said; the kernel that needs it
    will tell more."""
    for name in names:
        try:
            with absent("trio"):  # another event loop, which clients look for
                importlib.import_module(name)
        except ImportError as error:
            _say(missing=name, because=str(error)[:500])


def thread_count() -> int:
    """How many threads this process has, by the operating system's count; 0 where it does not tell."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 0


def _answer(request: dict[str, Any], later: list[str], kernels: set[int], inherited: tuple[int, ...]) -> None:
    if request["undisturbed"]:
        warm(later)
        later.clear()
    threads = thread_count()
    if threads > 1:
        _say(unfit=threads)
        return
    gc.freeze()  # what is here stays: a kernel's collector need not touch it, and so need not copy it
    _fork(request, kernels, inherited)


def _fork(request: dict[str, Any], kernels: set[int], inherited: tuple[int, ...]) -> None:
    parent = os.getpid()  # asked before the fork: a child whose parent is gone by then would be told its heir
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until the kernel is known to whoever ends them all
    pid = os.fork()
    if pid:
        kernels.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        _say(started=pid)
        return
    try:
        gc.enable()
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        parent_death.end_with(parent, signal.SIGKILL)
        for descriptor in inherited:
            os.close(descriptor)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["directory"])
        _become_kernel(request["connection_file"], parent)
    finally:
        os._exit(1)


def _become_kernel(connection_file: str, parent: int) -> None:
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()  # the one generator that a fork would otherwise share
    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    sys.path[0:0] = [""]
    from ipykernel.kernelapp import IPKernelApp

    # A round leaves nothing but its record, so no history in the user's home. The kernel ends itself when its parent is gone; the
    # variable that usually says who that is was read when ipykernel was imported, before the fork.
    options = ["--HistoryManager.enabled=False", f"--IPKernelApp.parent_handle={parent}"]
    IPKernelApp.launch_instance(argv=["-f", connection_file, *options])
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
        for kill in (os.killpg, os.kill):  # one that was forked this moment has no group of its own yet
            try:
                kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            pass
    return 0


def _say(**message: Any) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    os._exit(main())  # nothing is left to close, and taking everything apart would keep the driver waiting
