"""What a run under sabotage changed in the suite's own folder, so that it can be named."""

from __future__ import annotations

import os
from pathlib import Path

MAX_FILES = 20_000
_NOT_LOOKED_AT = frozenset({".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".ruff_cache"})

State = dict[str, tuple[int, int]]
"""Modification time in nanoseconds and size of each file, by its path below the folder."""


def state_of(folder: Path | None) -> State:
    """The files below a folder, the first `MAX_FILES` of them; none where it is not known."""
    found: State = {}
    for place, folders, names in os.walk(folder) if folder else ():
        folders[:] = sorted(set(folders) - _NOT_LOOKED_AT)
        for name in names:
            path = os.path.join(place, name)
            try:
                seen = os.lstat(path)
            except OSError:
                continue  # It went away meanwhile.
            found[os.path.relpath(path, folder)] = (seen.st_mtime_ns, seen.st_size)
            if len(found) >= MAX_FILES:
                return found
    return found


def changes(before: State, after: State) -> list[str]:
    """The files that are new, gone, or no longer as they were."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
