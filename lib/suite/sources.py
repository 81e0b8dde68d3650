"""What the files of a suite were when it ran, so that the same name in another round is known to be the same case."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

MAX_BYTES = 4_000_000
FIXTURES = "conftest.py"


def sources(root: Path | None, nodeids: Iterable[str]) -> dict[str, str]:
    """The first 16 digits of SHA-256 of each file that holds a case or stands beside one as conftest.py, by its path below
    `root`; what cannot be read is not among them."""
    if root is None:
        return {}
    files = {PurePosixPath(nodeid.partition("::")[0]) for nodeid in nodeids}
    files |= {folder / FIXTURES for file in files for folder in file.parents}
    found = {file.as_posix(): _digest(root / file) for file in sorted(files) if not file.is_absolute()}
    return {file: digest for file, digest in found.items() if digest}


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES)
    except OSError:
        return None
    return hashlib.sha256(content).hexdigest()[:16]
