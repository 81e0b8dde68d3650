"""How much memory the entries of one reading may take: long ones are shortened when it runs out, then left out; both are said."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lib.facts import LogEntry

MOST_WHOLE_BYTES = 80 << 20
"""Texts and payloads of so many bytes together are held as they are, and as many again of what is shortened."""
SHORTENED_TO = 2_000
"""Characters of a message that are held then: as many as an incident shows."""


@dataclass(kw_only=True)
class Room:
    """What the entries that were let in take so far, and how many were `shortened` or `left_out` for it."""

    taken_bytes: int = 0
    shortened: int = 0
    left_out: int = 0

    def let_in(self, entry: LogEntry) -> LogEntry | None:
        """The entry as it may be held; None where there is no room for it."""
        size = sys.getsizeof(entry.text) + _weight(entry.payload)
        if self.taken_bytes + size > MOST_WHOLE_BYTES and size > SHORTENED_TO:
            entry = replace(entry, text=entry.text[:SHORTENED_TO], payload=None)
            size = sys.getsizeof(entry.text)
            self.shortened += 1
        if self.taken_bytes + size > 2 * MOST_WHOLE_BYTES:
            self.left_out += 1
            return None
        self.taken_bytes += size
        return entry

    def said(self) -> list[str]:
        """What was cut, in sentences; none where nothing was."""
        most = f"more than {MOST_WHOLE_BYTES >> 20} MB of messages and payloads"
        cut = f"{most}: of {self.shortened} entries only the first {SHORTENED_TO} characters of the message are held"
        out = f"{most}: {self.left_out} entries were left out"
        return [*([cut] if self.shortened else []), *([out] if self.left_out else [])]


def _weight(value: Any) -> int:
    if isinstance(value, Mapping):
        return sys.getsizeof(value) + sum(map(_weight, value.values()))
    return sys.getsizeof(value) + (sum(map(_weight, value)) if isinstance(value, list) else 0)
