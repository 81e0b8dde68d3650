"""A signal ends a verb in order, once, and within its time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lib.parameters.loading import ROOT

LISTENING = "import os, signal, threading, time; from lib.rounds import interrupts; interrupts.listen(lambda: 130); "
SIGNALLED = "os.kill(os.getpid(), signal.SIGTERM); "
WORK = """import asyncio
async def work():
 try:
  {signalled}
  await asyncio.sleep(60)
 except asyncio.CancelledError:
  print('cancelled')
  raise
"""


@pytest.mark.parametrize(
    ("program", "status", "printed"),
    [
        ("try:\n {signalled}\nexcept KeyboardInterrupt:\n {signalled}print('once')", 0, "once\n"),
        ("try: os.kill(os.getpid(), signal.SIGQUIT)\nexcept KeyboardInterrupt: print('quit')", 0, "quit\n"),
        ("with interrupts.held():\n {signalled}print('whole')", -signal.SIGINT, "whole\n"),
        ("interrupts.over()\n{signalled}print('answered')", 0, "answered\n"),
        ("interrupts.allow(0.1)\ntry:\n {signalled}\nfinally: time.sleep(60)", 130, ""),
        ("interrupts.allow(50)\ntry:\n {signalled}\nexcept KeyboardInterrupt: pass\ntime.sleep(60)", -signal.SIGINT, ""),
        ("with threading._active_limbo_lock:\n {signalled}", -signal.SIGINT, ""),
        ("try:\n exec({signalled!r})\nexcept KeyboardInterrupt: interrupts.over(130)", 130, ""),
        (WORK + "try: interrupts.run(work())\nexcept KeyboardInterrupt: print('no more')", 0, "cancelled\nno more\n"),
    ],
    ids=[
        "the second counts no more",
        "Ctrl-\\",
        "what is held comes to its end",
        "after the answer",
        "the clock",
        "lost on its way",
        "while a thread is being started",
        "in compiled text",
        "work",
    ],
)
def test_a_signal_ends_a_program_once_and_in_time(program: str, status: int, printed: str) -> None:
    """It is raised once, after what must not be halved, never after the answer; the clock ends what does not end."""
    text = LISTENING + "\n" + program.format(signalled=SIGNALLED)
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout) == (status, printed)


LATE = """import os, signal
class Late:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGTERM):
        kill(pid, number)
late = Late()
"""


def test_a_signal_after_the_answer_is_not_the_status(tmp_path: Path) -> None:
    """Not even while the interpreter takes itself apart, where no handler is left."""
    (tmp_path / "sitecustomize.py").write_text(LATE)
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "lib", "verify", "nowhere"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr.startswith("bad input: nowhere")) == (2, True)


FAILING = """import os, signal, sys
from lib.__main__ import main
from lib.cli import verbs
def failing(given, progress):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        raise RuntimeError("Error calling __set_name__") from None
verbs.RUN["verify"] = failing
sys.exit(main(["verify", "somewhere"]))
"""


def test_what_an_interrupt_becomes_on_its_way_is_an_interrupt() -> None:
    """A library that makes another exception of it changes neither status nor words."""
    done = subprocess.run([sys.executable, "-c", FAILING], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
