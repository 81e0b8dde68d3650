"""What this round has left so far, and the one before: read from its record or from the shelf, written to the record alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.facts import Exchange

if TYPE_CHECKING:
    from lib.logs import Reading
    from lib.performance.ledger import LedgerEntry
    from lib.records.record import Record


class FindingsLeft(Exception):
    """A notebook that was to fail on findings has some; carries them."""

    def __init__(self, found: Sequence[str]):
        super().__init__(f"fail_on_findings is set, and this was found: {'; '.join(found)}")
        self.found = tuple(found)


@dataclass(frozen=True, kw_only=True)
class Results:
    """`record` is the folder that this round writes, None where nothing is to be written; `shelf` is where results of the same
    round can be read without one; `earlier` is the folder of the round before."""

    record: Record | None = None
    shelf: Record | None = None
    earlier: Path | None = None

    @property
    def _place(self) -> Record | None:
        return self.record or self.shelf

    def document(self, name: str) -> dict[str, Any] | None:
        """A document of this round (`suite`, `diagnosis`, `logs`, `performance`), if any notebook has left it."""
        return self._place.read_json(name) if self._place else None

    def exchanges(self) -> list[Exchange]:
        """What was exchanged in this round so far, by all its notebooks."""
        return self._place.exchanges() if self._place else []

    def reading(self) -> Reading | None:
        """The log entries that this round has kept."""
        return _reading_in(self._place)

    def figures(self, performance: Mapping[str, Any] | None) -> list[LedgerEntry]:
        """The ledger of this round's performance document."""
        from lib.reports.documents import entries_of

        return entries_of(self._place, performance)

    def earlier_reading(self) -> Reading | None:
        """The log entries that the round before has kept."""
        return _reading_in(self._before())

    def earlier_report(self) -> dict[str, Any] | None:
        """What the round before said."""
        before = self._before()
        return before.read_json("report") if before else None

    def keep(self, name: str, document: Mapping[str, Any], **frames: Sequence[Mapping[str, Any]]) -> None:
        """Writes a document and the rows that belong to it, each under its own name; nothing without a record."""
        if self.record:
            self.record.write_json(name, document)
            for frame, rows in frames.items():
                self.record.write_frame(frame, rows)

    def keep_xml(self, rel: str, text: str) -> None:
        """Writes an XML document at a relative path; nothing without a record."""
        if self.record:
            self.record.write_xml(rel, text)

    def keep_exchanges(self, source: str, exchanges: Iterable[Exchange]) -> None:
        """Adds what one notebook exchanged, in place of what it had written before; nothing without a record."""
        if self.record:
            self.record.append_exchanges(exchanges, source)

    def _before(self) -> Record | None:
        from lib.records.record import Record

        return Record(self.earlier) if self.earlier else None


def _reading_in(place: Record | None) -> Reading | None:
    from lib.logs import reading_from_rows

    rows = place.read_rows("entries") if place else None
    return reading_from_rows(rows) if rows else None


def refused_sessions(exchanges: Iterable[Exchange], ws_url: str | None, suite: Mapping[str, Any] | None = None) -> list[str]:
    """The sentence that the server closed every session with a refusal; none where it did not, or none was opened."""
    from lib.reports.evidence import sessions

    found = sessions(exchanges, ws_url, suite)
    return [found["text"]] if found and found["all_closed"] else []
