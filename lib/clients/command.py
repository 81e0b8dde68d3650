"""A command of one's own and what it prints: no shell, bounded in time and size, ended with all that it started."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib.parameters.errors import BadInput
from lib.parameters.secrets import why_unreadable

SECONDS = 30.0
MOST_BYTES = 1 << 20
_LOOK_EVERY_S = 0.2
_COMPLAINS = re.compile(
    r"\b(?:errors?|fatal|failed|denied|forbidden|unauthorized|refused|not found|cannot|unable)\b", re.IGNORECASE
)


_running: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What came of a command: its two outputs, its status, and why it was ended before it came to its end (None: it was not)."""

    out: bytes
    err: bytes
    status: int
    cut: str | None = None

    @property
    def ending(self) -> str:
        """How it ended, in words: with which status, or by which signal."""
        return f"ended with status {self.status}" if self.status >= 0 else f"was killed (signal {-self.status})"


def find_program(argv: Sequence[str], *, key: str, folder: Path) -> None:
    """Raises `BadInput` where there is no such program, without running it."""
    name = argv[0] if argv else ""
    if not shutil.which(folder / name if "/" in name else name):
        raise BadInput(key, f"there is no program {name!r} that can be run", "a command and its arguments, as a list")


def run(argv: Sequence[str], *, key: str, folder: Path, given_up: threading.Event | None = None) -> Printed:
    """Runs what the parameter `key` names and waits for it; `given_up`, once set, ends it at once.

    Raises `BadInput` where there is no such program.
    """
    try:
        process = subprocess.Popen(
            list(argv), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        accepted = "a command and its arguments, as a list"
        raise BadInput(key, f"{argv[0]!r} cannot be run ({why_unreadable(error)})", accepted) from None
    _running.add(process)
    try:
        out, err, cut = _outputs(process, given_up or threading.Event())
    finally:
        _end(process)
        _running.discard(process)
    return Printed(out=out, err=err, status=process.returncode, cut=cut)


@atexit.register
def _end_all() -> None:
    """Whoever waits for a command in a thread may be given up; the command ends with us."""
    for process in tuple(_running):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def complaint(printed: Printed, redacted: Callable[[str], str]) -> str:
    """What it said of its own failure: the first line of standard error that tells one, else the first; of a traceback the last.

    It is redacted before it is cut: the beginning of a secret is no secret that anybody knows.
    """
    said = redacted(printed.err.decode("utf-8", "replace"))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if lines and lines[0].startswith("Traceback"):
        return lines[-1][:200]
    return next((line for line in lines if _COMPLAINS.search(line)), lines[0] if lines else "")[:200]


def _outputs(process: subprocess.Popen[bytes], given_up: threading.Event) -> tuple[bytes, bytes, str | None]:
    found = {"out": bytearray(), "err": bytearray()}
    until, cut = time.monotonic() + SECONDS, None
    with selectors.DefaultSelector() as selector:
        for name, stream in (("out", process.stdout), ("err", process.stderr)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map() and cut is None:
            left_s = until - time.monotonic()
            if left_s <= 0 or given_up.is_set():
                cut = f"was ended after {SECONDS:.0f} s"
                break
            ready = selector.select(min(left_s, _LOOK_EVERY_S))
            if not ready and process.poll() is not None:
                break  # what it left running holds its output open, and has nothing to say
            for key, _ in ready:
                piece = os.read(key.fd, 65_536)
                if not piece:
                    selector.unregister(key.fileobj)
                room = MOST_BYTES - len(found[key.data])
                found[key.data] += piece[:room]
                if key.data == "out" and len(piece) > room:
                    cut = f"printed more than {MOST_BYTES >> 20} MiB"
    return bytes(found["out"]), bytes(found["err"]), cut


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.2)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever it started and left behind goes with it
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
