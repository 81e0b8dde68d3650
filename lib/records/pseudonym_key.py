"""The key of a folder of rounds: pseudonyms of its rounds can be compared, and who has a round alone can try no guesses."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from lib.parameters.loading import BadInput, read_regular, why_unreadable
from lib.redaction.pseudonyms import KEY_BYTES, use_key

NAME = ".pseudonyms.key"


def use_key_of(out: Path, given: str | None = None) -> None:
    """Names secrets by a key that was given, else by the one beside the rounds in this folder; it is made (mode 0600) where there
    is none."""
    if given is not None:
        use_key(hashlib.sha256(given.encode()).digest())
        return
    path = out / NAME
    if not os.path.lexists(path) or (path.is_file() and not path.stat().st_size):  # an empty one is a key that everybody has
        _make(path)
    try:
        use_key(hashlib.sha256(read_regular(path, at_most=4 * KEY_BYTES)).digest())
    except OSError as error:
        raise BadInput(str(path), f"it cannot be read ({why_unreadable(error)})", "the file that the first round made") from None


def _make(path: Path) -> None:
    """Whole or not at all, as half a key could be guessed."""
    handle, aside = tempfile.mkstemp(prefix=f"{NAME}-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(KEY_BYTES) + "\n")
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise
