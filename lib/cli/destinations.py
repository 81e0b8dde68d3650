"""Where a verb writes what it found: a file that is whole or as it was before, a device or a pipe that stays what it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from lib.parameters.errors import BadInput

_STREAMS, _SHARED_MEMORY = ("/dev", "/proc"), "/dev/shm"  # noqa: S108  (not for files of ours)
"""Where names of open streams lie, and the one folder there that holds ordinary files."""


def destination(given: str | Path, *, option: str, accepted: str = "a file in an existing folder") -> Callable[[str], None]:
    """What writes a text there, raising `OSError`; raises `BadInput`, before anything is sent, where it could not be written."""
    path, is_special = _place(given, option=option, accepted=accepted)
    return lambda text: _write_through(path, text) if is_special else _replace(path, text)


def addition(given: str | Path, *, option: str) -> Callable[[str], None]:
    """The same for a text that goes behind what the file holds."""
    path, is_special = _place(given, option=option, accepted="a file in an existing folder")
    return lambda text: _write_through(path, text) if is_special else _append(path, text)


def _place(given: str | Path, *, option: str, accepted: str) -> tuple[Path, bool]:
    """The path, and whether it is a device or a pipe."""
    path = Path(given).absolute()
    try:
        is_stream = any(path.is_relative_to(folder) for folder in _STREAMS) and not path.is_relative_to(_SHARED_MEMORY)
        is_special = is_stream or (path.exists() and not path.is_file())
        path = path if is_special else path.resolve()
        writable = os.access(path if is_special else path.parent, os.W_OK)
        is_place = path.parent.is_dir() and not path.is_dir() and not path.is_socket()
    except (OSError, RuntimeError, ValueError):  # links in a circle
        is_place = False
    if not (is_place and writable):
        raise BadInput(option, f"{given} cannot be written", accepted)
    return path, is_special


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


def _write_through(path: Path, text: str) -> None:
    """A pipe that nobody reads is an error rather than a wait; into a file behind /dev/stdout it goes behind what is there."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(handle, True)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
