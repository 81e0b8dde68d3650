"""A process that ends with the one that started it, also where nothing else would tell it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from lib.parameters.loading import ROOT
from lib.rounds import parent_death

HELD = """
import os, time
from lib.rounds.fork_server_client import KernelParent
parent = KernelParent.start()
holder = os.fork() or (time.sleep(120), os._exit(0))
print(parent.pid, holder, flush=True)
time.sleep(120)
"""


@pytest.mark.timeout(120)
def test_a_parent_of_kernels_ends_with_the_driver_although_its_input_stays_open() -> None:
    """The driver is killed; another process still holds the pipe whose end would otherwise tell it."""
    driver = subprocess.Popen([sys.executable, "-c", HELD], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    server, holder = (psutil.Process(int(pid)) for pid in driver.stdout.readline().split())
    driver.kill()
    until_s = time.monotonic() + 30
    while (runs := server.is_running() and server.status() != psutil.STATUS_ZOMBIE) and time.monotonic() < until_s:
        time.sleep(0.02)
    held = holder.is_running()
    holder.kill()
    driver.stdout.close()
    driver.wait(30)
    assert (runs, held) == (False, True)


def test_only_the_main_thread_binds_a_child() -> None:
    """The signal comes when the thread that started the child ends, which for any other is too soon."""
    asked: list[object] = []
    thread = threading.Thread(target=lambda: asked.append(parent_death.environment()))
    thread.start()
    thread.join()
    assert (asked, parent_death.environment()) == ([{}], {parent_death.VARIABLE: str(os.getpid())})


def test_one_whose_parent_is_gone_already_ends_at_once() -> None:
    """Its parent is another by the time that it asks; what it starts itself is bound to nobody."""
    code = "import os; from lib.rounds import parent_death; parent_death.obey(); print(parent_death.VARIABLE in os.environ)"
    for parent, ends in ((os.getpid(), (0, "False\n")), (1 << 22, (-signal.SIGTERM, ""))):
        environ = os.environ | {parent_death.VARIABLE: str(parent)}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == ends


STUB = """#!{python}
import os, time
from lib.rounds import parent_death
parent_death.obey()
print(os.getpid(), flush=True)
time.sleep(120)
"""


def test_a_round_ends_with_the_make_that_began_it(tmp_path: Path) -> None:
    """`kill` of make alone, as CI cancels a job: make ends the shell between the two, and the round goes with that."""
    stub = tmp_path / "python"
    stub.write_text(STUB.format(python=sys.executable))
    stub.chmod(0o755)
    command = ["make", "--no-print-directory", "-o", ".venv/ready", "round", f"BIN={tmp_path}"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    make = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert make.stdout is not None
    begun = psutil.Process(int(make.stdout.readline()))
    make.terminate()
    begun.wait(30)
    make.stdout.close()
    assert make.wait(30) == -signal.SIGTERM
