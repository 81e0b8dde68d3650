"""Imports as if some libraries were not installed: what others import where they find it, and nothing here uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Within it these modules cannot be imported, unless they have been: who can do without them does, and is imported sooner."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: as if it were not installed
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, sys) is None:
                sys.modules.pop(name, None)
