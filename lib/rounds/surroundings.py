"""What a round needs of the machine: enough open files, and a temporary folder of its own that goes with it."""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FEW_FILES, LEAST_FILES = 40, 200
ENOUGH_FILES = 1024
"""Some connections at once; a kernel, its sockets, a suite's processes and the connections of a measurement."""
LONGEST_FOLDER = 64
"""Characters of a temporary folder in which a kernel's sockets still have names that the system accepts (107)."""
CLEARING_S = 1.0
"""So long a folder is removed again where somebody still writes to it."""


def allow_files(least: int = LEAST_FILES) -> None:
    """Raises the limit of open files as far as the system lets us; raises `BadInput` where it stays below `least`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = max(ENOUGH_FILES, least)
    if soft != resource.RLIM_INFINITY and soft < enough:
        wanted = enough if hard == resource.RLIM_INFINITY else min(hard, enough)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        if wanted < least:
            from lib.parameters.errors import BadInput  # here, as the command line imports this room before it can be interrupted

            raise BadInput("ulimit -n", f"{wanted} files may be open at once", f"{least} or more for this")


_made: set[str] = set()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for whatever this process and its children put aside: it is gone at the end, also where they were killed."""
    base = tempfile.gettempdir()
    if len(base) > LONGEST_FOLDER and os.access("/tmp", os.W_OK):  # noqa: S108  its only use is as a place for a folder of our own
        base = "/tmp"  # noqa: S108
    folder = os.path.join(base, f"round-{secrets.token_hex(4)}")
    _made.add(folder)  # before it is there: an interrupt may come between any two lines
    os.mkdir(folder, 0o700)
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    try:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        yield Path(folder)
    finally:
        tempfile.tempdir = before[1]
        if before[0] is None:
            os.environ.pop("TMPDIR", None)
        else:
            os.environ["TMPDIR"] = before[0]
        clear()


def clear() -> None:
    """Removes the temporary folders of this process, also where whoever is being ended still writes to them."""
    deadline = time.monotonic() + CLEARING_S
    for folder in _made.copy():
        shutil.rmtree(folder, ignore_errors=True)
        while os.path.isdir(folder) and time.monotonic() < deadline:
            time.sleep(0.02)
            shutil.rmtree(folder, ignore_errors=True)
        _made.discard(folder)
