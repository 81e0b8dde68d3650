"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Held(Exception):
    """Another process holds the lock; carries its process id where that can be read."""

    def __init__(self, path: Path, pid: int | None):
        super().__init__(path, pid)
        self.path, self.pid = path, pid

    def __str__(self) -> str:
        return f"process {self.pid or 'unknown'} holds {self.path}"


class Lock:
    """A lock file that names its holder. The kernel frees it when the holder dies, so there are no stale locks."""

    def __init__(self, path: Path):
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> Lock:
        """Takes the lock at once, or raises `Held`."""
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._handle = handle
            except OSError:
                held = os.read(handle, 20)
                os.close(handle)
                raise Held(self.path, int(held) if held.strip().isdigit() else None) from None
            if self._is_current(handle):
                break
            self._handle = None
            os.close(handle)  # its last holder removed the file between our open and our lock
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        return self

    def release(self) -> None:
        """Gives the lock back and removes its file."""
        if self._handle is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None

    def _is_current(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except FileNotFoundError:
            return False


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Keeps other processes out of a folder for the length of a short change; waits its turn."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
