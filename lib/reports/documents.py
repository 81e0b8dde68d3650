"""The figures of a round's record, each beside its raw samples and beside the digits of every other round in the same place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.performance.ledger import Book, Entry, ledger
from lib.records.record import Record

RAW = "latency"
"""Where a round keeps every single sample of its figures."""


def entries_of(place: Record | None, document: Mapping[str, Any] | None) -> list[Entry]:
    """The ledger of the performance document that lies in a record; empty where there is none of the two."""
    if place is None or document is None:
        return []
    rows = place.read_rows(RAW)
    own = Book(round=place.folder.name, document=document, raw=None if rows is None else f"data/{RAW}.parquet", rows=rows)
    others = (Record(folder) for folder in sorted(place.folder.parent.glob("round-*")) if folder.name != place.folder.name)
    books = [own, *(Book(round=other.folder.name, document=other.stated("performance")) for other in others)]
    return [entry for entry in ledger(books) if entry.round == own.round]
