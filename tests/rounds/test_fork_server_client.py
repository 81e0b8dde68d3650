"""The parent that kernels are forked from: one thread, the imports that notebooks need, and an end that takes all with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lib.rounds import execution, fork_server
from lib.rounds.fork_server_client import ForkedKernel, KernelParent, NotForkable

NOWHERE = "/dev/null/connection.json"


@pytest.fixture
def parent() -> Iterator[KernelParent]:
    """A running parent."""
    running = KernelParent.start()
    yield running
    running.stop()


def fork(parent: KernelParent, *, connection_file: str = NOWHERE, undisturbed: bool = False) -> ForkedKernel:
    """A kernel; without a connection file that can be written, one that ends by itself soon."""
    return parent.fork(connection_file, environment=dict(os.environ), directory="/", undisturbed=undisturbed)


def pretended(*lines: dict[str, object]) -> KernelParent:
    """A parent that says certain lines, one for each request, and does nothing."""
    program = (
        "import json,sys\nfor said in json.loads(sys.argv[1]):\n    print(json.dumps(said), flush=True)\n    sys.stdin.readline()"
    )
    command = [sys.executable, "-c", program, json.dumps(lines)]
    return KernelParent(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))


def test_it_has_one_thread_when_all_is_imported(parent: KernelParent) -> None:
    """An undisturbed kernel is forked after the last import: the parent then has one thread, and imports nothing more."""
    fork(parent, undisturbed=True)
    process = psutil.Process(parent.pid)
    spent_s = sum(process.cpu_times()[:2])
    assert process.num_threads() == 1
    time.sleep(0.5)
    assert sum(process.cpu_times()[:2]) - spent_s < 0.1


def test_every_name_that_it_imports_can_be_imported() -> None:
    """Neither the parent's lists nor the driver's own name a module that is not there."""
    named = [*fork_server.WARM, *fork_server.LATER, *execution.AT_THE_END]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    subprocess.run([sys.executable, "-c", code, *named], check=True, timeout=180)


def test_a_name_that_cannot_be_imported_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    """The driver repeats on standard error what its parent could not import, and goes on."""
    parent = pretended({"missing": "lib.renamed", "because": "No module named 'lib.renamed'"}, {"ready": True, "threads": 1})
    parent._process.stdin.write("\n")
    parent._process.stdin.flush()
    assert parent.fit()
    parent.stop()
    assert "lib.renamed cannot be imported ahead: No module named" in capfd.readouterr().err


def test_a_first_kernel_does_not_wait_for_what_others_need(parent: KernelParent) -> None:
    """The first fork is answered before the heavy libraries are there, and they come while it runs."""
    assert parent.fit()
    fork(parent)
    assert not mapped(parent.pid, "scipy")
    fork(parent, undisturbed=True)
    assert mapped(parent.pid, "scipy")


def mapped(pid: int, word: str) -> bool:
    """Whether a process has loaded a compiled module whose path holds a word."""
    return word in Path(f"/proc/{pid}/maps").read_text()


def test_threads_forbid_a_fork() -> None:
    """A parent with a second thread, from the start or later, is not fit, and says why."""
    threaded = pretended({"ready": True, "threads": 2})
    assert not threaded.fit()
    threaded.stop()
    later = pretended({"ready": True, "threads": 1}, {"unfit": 3})
    assert later.fit()
    with pytest.raises(NotForkable, match="3 threads"):
        fork(later)
    later.stop()


SLOW_CHILD = """
import os, time
from lib.rounds import execution, fork_server
fork = os.fork
os.fork = lambda: fork() or time.sleep(0.5) or 0
os._exit(fork_server.main())
"""


@pytest.mark.parametrize("program", [["-m", "lib.rounds.fork_server"], ["-c", SLOW_CHILD]], ids=["at work", "not yet at work"])
def test_a_parent_that_is_gone_is_not_fit(tmp_path: Path, program: list[str]) -> None:
    """After its death no kernel is forked, and each of its kernels counts as killed and ends itself, even one of this moment."""
    command = [sys.executable, *program]
    parent = KernelParent(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    kernel = fork(parent, connection_file=str(tmp_path / "connection.json"))
    assert kernel.poll() is None
    psutil.Process(parent.pid).kill()
    deadline = time.monotonic() + 10
    while (kernel.poll() != -9 or psutil.pid_exists(kernel.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(kernel.pid)
    assert kernel.poll() == -9
    assert not parent.fit()


def test_kernels_end_with_their_parent(parent: KernelParent) -> None:
    """Closing the parent's input ends it and every kernel that it forked, even one of this moment."""
    kernel = fork(parent)
    parent.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(kernel.pid, 0)
