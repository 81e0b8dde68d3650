"""Secrets by reference: parameters name them as `env:NAME` or `file:PATH`, and only whoever uses one reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from lib.parameters.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
"""The project's root: relative paths in parameters and `file:` references start here."""

MAX_SECRET_BYTES = 65_536


def is_reference(text: str) -> bool:
    """Whether a text is `env:NAME` or `file:PATH`."""
    return bool(re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", text))


def resolve(reference: str, *, where: str, environ: Mapping[str, str] | None = None, root: Path = ROOT) -> str:
    """The secret behind `env:NAME` or `file:PATH`, as it stands there (a file's last line break is not part of it).

    Raises `BadInput` naming the reference, never the value.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        value = (os.environ if environ is None else environ).get(name)
        if not value:
            raise BadInput(
                where,
                f"the environment variable {name} is not set",
                f"export {name}=…, or another reference (env:NAME, file:PATH)",
            )
        return value
    path = Path(name).expanduser()
    path = path if path.is_absolute() else root / path
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_SECRET_BYTES + 1)
        value = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            where, f"{reference} cannot be read ({type(error).__name__})", "a readable UTF-8 file, or env:NAME"
        ) from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value or len(content) > MAX_SECRET_BYTES:
        raise BadInput(
            where, f"{reference} is {'empty' if not value else 'longer than 64 KiB'}", "a file that holds the secret alone"
        )
    return value


def value_of(text: str, *, where: str, environ: Mapping[str, str] | None = None) -> str:
    """A header's or variable's value: what a reference refers to, anything else as it is."""
    return resolve(text, where=where, environ=environ) if is_reference(text) else text
