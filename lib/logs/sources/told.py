"""What one line or object says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_HEAD = 4_000
"""Characters of a line in which its format is looked for; what follows is message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one line or object says of itself; None where it says nothing. `text` is the message without the line's head.

    `line` is the line without what other programs put before it. `stated` tells whether a level is named, or only told
    in words;
    `level` is the one that is named where a status is graver. `core` is the line without its time, where that alone
    stood before it.
    """

    format: str
    text: str
    line: str
    time: Any = None
    severity: str | None = None
    level: str | None = None
    stated: bool = False
    request: Mapping[str, Any] | None = None
    trace: Any = None
    instance: str | None = None
    service: str | None = None
    revision: str | None = None
    layer: str | None = None
    payload: Mapping[str, Any] | None = None
    is_partial: bool = False
    core: str | None = None
