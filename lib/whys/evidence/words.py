"""Which causes a server's own words name."""

from __future__ import annotations

import re

from lib.whys.catalogue.index import CATALOGUE

_HEDGED = re.compile(
    r"\bor\b|\b(?:invalid|bad|wrong|missing|malformed|expired|unknown|inactive) ?/ ?\w|"
    r"\b(?:possibl[ey]|perhaps|maybe|may be|might be|could be|either|e\.g\.|such as)\b",
    re.IGNORECASE,
)
"""A line that offers several explanations ("invalid or expired token") has not looked which one it is."""


def named_in(words: str) -> tuple[str, ...]:
    """The causes that a server's own words name."""
    lines = [line for line in words.splitlines() if not _HEDGED.search(line)]
    return tuple(cause.id for cause in CATALOGUE.values() if cause.pattern is not None and any(map(cause.pattern.search, lines)))
