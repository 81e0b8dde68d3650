"""Which numbers of a record were measured: each figure beside its raw samples, and why some are not a measurement (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lib.performance.statistics import quantiles

MEASURED, ASSERTED = "measured", "not a measurement"
UNMEASURED = {
    "n": 0,
    "p50_ms": None,
    "p95_ms": None,
    "p99_ms": None,
    "interval_ms": {"p50": None, "p95": None},
    "verdict": "not-measured",
}
TOLERANCE_MS = 0.001
"""Documents carry microseconds; raw samples carry everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One figure of one round in the ledger. `value_ms` is its median as the record states it."""

    round: str
    figure: str
    value_ms: float | None
    n: int
    raw: str | None
    label: Literal["measured", "not a measurement"]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What one round states, and the samples it keeps: rows of its raw file, None where there is no such file."""

    round: str
    document: Mapping[str, Any]
    raw: str | None = None
    rows: Sequence[Mapping[str, Any]] | None = None


def ledger(books: Iterable[Book]) -> list[LedgerEntry]:
    """Every figure of every round, each labelled; rounds are compared with each other, so hand in all there are."""
    books = list(books)
    return [_entry(book, figure, books) for book in books for figure in book.document.get("figures", ())]


def without_asserted(document: Mapping[str, Any], entries: Iterable[LedgerEntry]) -> dict[str, Any]:
    """A performance document in which no figure is stated that the ledger calls asserted: it is not measured, and `because`
    says why."""
    asserted = {entry.figure: entry.because for entry in entries if entry.label == ASSERTED}
    figures = [
        {**figure, **UNMEASURED, "because": f"{ASSERTED}: {asserted[figure['name']]}"}
        if figure.get("name") in asserted and _digits(figure)
        else dict(figure)
        for figure in document.get("figures", ())
    ]
    return {**document, "figures": figures}


def as_rows(entries: Iterable[LedgerEntry]) -> list[dict[str, Any]]:
    """The entries as plain rows, for a document."""
    return [asdict(entry) for entry in entries]


def _entry(book: Book, figure: Mapping[str, Any], books: Sequence[Book]) -> LedgerEntry:
    name, n = str(figure.get("name")), int(figure.get("n") or 0)
    objection = next(_objections(book, figure, books), None)
    because = objection or f"{n} samples in {book.raw} give these digits"
    label: Literal["measured", "not a measurement"] = ASSERTED if objection else MEASURED
    return LedgerEntry(
        round=book.round, figure=name, value_ms=figure.get("p50_ms"), n=n, raw=book.raw, label=label, because=because
    )


def _objections(book: Book, figure: Mapping[str, Any], books: Sequence[Book]) -> Iterator[str]:
    name, n = figure.get("name"), int(figure.get("n") or 0)
    if n == 0:
        yield "n = 0" if not _digits(figure) else f"n = 0, and yet it says {_digits(figure)[0]:g} ms"
    for other in books:
        if other.round != book.round and _digits(figure) and _digits(figure) in (_digits(found) for found in _named(other, name)):
            yield f"the same digits as in {other.round}: two runs of a clock do not agree to the microsecond"
    if book.rows is None:
        yield "there is no raw file"
        return
    yield from _against_raw(figure, n, book)


def _against_raw(figure: Mapping[str, Any], n: int, book: Book) -> Iterator[str]:
    """What the raw samples object; those of any one loop may stand behind a figure."""
    loops = {row.get("loop") for row in book.rows or ()}
    found = [_values(book.rows or (), figure.get("name"), loop) for loop in loops]
    matching = [values for values in found if len(values) == n]
    if not matching:
        yield f"{book.raw} holds {max(map(len, found), default=0)} samples of it, not {n}"
    elif not any(_agree(figure, values) for values in matching):
        yield f"the {n} samples in {book.raw} give other digits"


def _agree(figure: Mapping[str, Any], values: Sequence[float]) -> bool:
    computed = quantiles(values)
    stated = [(figure.get(f"{name}_ms"), computed[name]) for name in ("p50", "p95", "p99")]
    return all(said is None or (found is not None and abs(said - found) <= TOLERANCE_MS) for said, found in stated)


def _values(rows: Iterable[Mapping[str, Any]], name: Any, loop: Any) -> list[float]:
    mine = (row for row in rows if row.get("figure") == name and row.get("loop") == loop and not row.get("warmup"))
    return [float(row["ms"]) for row in mine if row.get("ms") is not None and row["ms"] == row["ms"]]


def _named(book: Book, name: Any) -> Iterator[Mapping[str, Any]]:
    return (figure for figure in book.document.get("figures", ()) if figure.get("name") == name)


def _digits(figure: Mapping[str, Any]) -> tuple[float, ...]:
    intervals = (figure.get("interval_ms") or {}).values()
    bounds = [bound for interval in intervals if interval for bound in interval]
    return tuple(
        value for value in (figure.get("p50_ms"), figure.get("p95_ms"), figure.get("p99_ms"), *bounds) if value is not None
    )
