"""What the servers' logs say near refused handshakes and near no other, where no trace joins them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lib.facts import Exchange, utc_now
from lib.parameters.errors import BadInput

if TYPE_CHECKING:
    from lib.logs.sources.opening import Source

BEFORE = timedelta(seconds=5)
"""Servers' clocks may be so far behind ours: lines are read from so long before the diagnosis began."""
MOST_ENTRIES = 20_000
"""So many entries are read at the most: it is a look beside, and no export."""
MOST_QUOTED = 3
"""So many kinds of lines are quoted."""


def quoted(
    source: Source, refused: Sequence[Exchange], served: Sequence[Exchange], skew: timedelta, slack: timedelta, *, since: datetime
) -> list[tuple[str, str]]:
    """For each kind of line that no pattern explains how it is quoted, and its words; a source that refuses says nothing here.

    `skew` is the servers' clock minus ours, `slack` how far that may be wrong.
    """
    from lib.logs import SourceRefused, unexplained_near
    from lib.whys.evidence.words import named_in

    if not refused:
        return []
    try:
        start, end = since - BEFORE + min(skew, timedelta()), utc_now() + max(skew, timedelta())
        entries = source.read(start=start, end=end, limit=MOST_ENTRIES).entries
    except (SourceRefused, BadInput, OSError):
        return []
    found = unexplained_near(refused, served, entries, explained=lambda text: bool(named_in(text)), skew=skew, slack=slack)
    return [(lead.because, lead.words) for lead in found[:MOST_QUOTED]]
