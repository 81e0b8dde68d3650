"""Secrets by reference: parameters name them as `env:NAME` or `file:PATH`, and only whoever uses one reads it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from lib.parameters.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
"""The project's root: relative paths in parameters and `file:` references start here."""

MAX_SECRET_BYTES = 65_536
MAX_NAME_BYTES, MAX_PATH_BYTES = 255, 4095
"""Of one name in a path, and of all of it: no file system here takes more."""


def is_reference(text: str) -> bool:
    """Whether a text is `env:NAME` or `file:PATH`."""
    return bool(re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", text))


_resolved: dict[str, None] = {}


def resolved() -> tuple[str, ...]:
    """Every secret that this process has read behind a reference so far: none of them may be printed."""
    return tuple(_resolved)


def learn(value: str) -> None:
    """Counts a value that stands behind no reference, such as a token of a login, among those that may not be shown."""
    _resolved[value] = None


def resolve(reference: str, *, where: str, environ: Mapping[str, str] | None = None, root: Path = ROOT) -> str:
    """The secret behind `env:NAME` or `file:PATH`, as it stands there (a file's last line break is not part of it).

    Raises `BadInput` naming the reference, never the value.
    """
    value = _read(reference, where, os.environ if environ is None else environ, root)
    _resolved[value] = None
    return value


def _read(reference: str, where: str, environ: Mapping[str, str], root: Path) -> str:
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        value = environ.get(name)
        if not value:
            raise BadInput(
                where,
                f"the environment variable {name} is not set",
                f"export {name}=…, or another reference (env:NAME, file:PATH)",
            )
        return value
    path = expanded(name, where=where)
    path = path if path.is_absolute() else root / path
    try:
        content = read_regular(path, at_most=MAX_SECRET_BYTES + 1)
        value = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            where, f"{reference} cannot be read ({why_unreadable(error)})", "a readable UTF-8 file, or env:NAME"
        ) from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value or len(content) > MAX_SECRET_BYTES:
        raise BadInput(
            where, f"{reference} is {'empty' if not value else 'longer than 64 KiB'}", "a file that holds the secret alone"
        )
    return value


def expanded(path: str | Path, *, where: str) -> Path:
    """A path with `~` and `~user` written out; raises `BadInput` for a user that there is none of, and for no path at all."""
    if "\0" in str(path):
        raise BadInput(where, "the path holds a NUL character", "a path")
    written = str(path).encode("utf-8", "surrogatepass")
    if len(written) > MAX_PATH_BYTES or any(len(name) > MAX_NAME_BYTES for name in written.split(b"/")):
        raise BadInput(where, "the path is longer than that of any file", "a path")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise BadInput(where, "the path names the home of a user that is not known here", "a path") from None


def read_regular(path: Path, *, at_most: int) -> bytes:
    """The first bytes of a regular file; raises `OSError` for pipes and devices, which may never answer or never end."""
    with open_regular(path) as stream:
        return stream.read(at_most) or b""


def open_regular(path: Path) -> BinaryIO:
    """A regular file, to be read; `read` gives None where a device that calls itself one, such as the kernel's log, has nothing
    more to say yet. Raises `OSError` for pipes and devices."""
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise NotRegular(f"{path} is no regular file")
    return stream


class NotRegular(OSError):
    """What should be a file is a folder, a pipe or a device."""


def why_unreadable(error: OSError | ValueError) -> str:
    """Why a file cannot be read, or a folder written to, in a few words."""
    if isinstance(error, NotRegular | IsADirectoryError):
        return "no regular file"
    if isinstance(error, UnicodeDecodeError):
        return "no text in UTF-8"
    words = (error.strerror if isinstance(error, OSError) else None) or "no such path"
    return words[:1].lower() + words[1:]


def value_of(text: str, *, where: str, environ: Mapping[str, str] | None = None) -> str:
    """A header's or variable's value: what a reference refers to, anything else as it is."""
    return resolve(text, where=where, environ=environ) if is_reference(text) else text


def resolved_within(value: Any, *, where: str, environ: Mapping[str, str] | None = None) -> tuple[Any, tuple[str, ...]]:
    """A plain value with what stands behind the references anywhere in it, and those secrets in their order.

    Raises `BadInput` naming the place of the reference that cannot be read.
    """
    if isinstance(value, str):
        secret = value_of(value, where=where, environ=environ)
        return secret, (secret,) if is_reference(value) else ()
    if isinstance(value, Mapping):
        items = {name: resolved_within(item, where=f"{where}.{name}", environ=environ) for name, item in value.items()}
        return {name: item for name, (item, _) in items.items()}, tuple(one for _, found in items.values() for one in found)
    if isinstance(value, list):
        parts = [resolved_within(item, where=f"{where}.{place}", environ=environ) for place, item in enumerate(value)]
        return [item for item, _ in parts], tuple(one for _, found in parts for one in found)
    return value, ()


def keep(values: Mapping[str, str], folder: Path, *, root: Path = ROOT) -> dict[str, str]:
    """Writes each value to a file of its name that its owner alone can read, and returns the references by name.

    Raises `BadInput` for a folder that others may enter, and where a file cannot be written.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", str(folder)):
        raise BadInput("--store", f"{folder} is an address", "a folder on this machine")
    folder = expanded(folder, where="--store").absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            raise BadInput("--store", f"others may enter {folder}", "a new folder, or one of mode 0700")
        for name, value in values.items():
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                os.fchmod(handle, 0o600)
                stream.write(f"{value}\n")
    except OSError as error:
        raise BadInput("--store", f"{folder} cannot be written ({why_unreadable(error)})", "a folder of one's own") from None
    shown = folder.relative_to(root) if folder.is_relative_to(root) else folder
    return {name: f"file:{shown / name}" for name in values}
