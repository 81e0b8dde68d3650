"""What rounds left on disk, as the documents that reports and comparisons are computed from; the one room here that reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from lib.performance.ledger import Book, LedgerEntry, as_rows, ledger
from lib.performance.statistics import Comparison, blocks_of, compare, machine_of
from lib.records.record import NOT_AS_WRITTEN, Record
from lib.reports.compare import Rounds, compare_rounds

SAMPLES = "latency"
"""Where a round keeps every single sample of its figures."""
_PSEUDONYM = re.compile(r"\b(secret|jwt|mail|ip):[0-9a-f]{8}")


def entries_of(place: Record | None, document: Mapping[str, Any] | None) -> list[LedgerEntry]:
    """The ledger of the performance document that lies in a record; empty where there is none of the two."""
    if place is None or document is None:
        return []
    own = _book(place.folder.name, document, place.read_rows(SAMPLES))
    others = (Record(folder) for folder in sorted(place.folder.parent.glob("round-*")) if folder.name != place.folder.name)
    books = [own, *filter(_is_readable, (_book(other.folder.name, other.stated("performance")) for other in others))]
    return [entry for entry in ledger(books) if entry.round == own.round]


def compare_folders(first: Path, second: Path) -> dict[str, Any]:
    """The contract's `compare` document of two rounds' folders."""
    before, after = _left_by(first), _left_by(second)
    if before["pseudonyms"] != after["pseudonyms"]:
        before, after = (document | {"suite": _without_pseudonyms(document["suite"])} for document in (before, after))
    books = [_book(document["name"], document["performance"], document["samples"] or None) for document in (before, after)]
    for document, book in zip((before, after), books, strict=True):
        document["ledger"] = as_rows(entry for entry in ledger(books) if entry.round == book.round)
    floors = [(document["performance"] or {}).get("floor_ms") or 0.0 for document in (before, after)]
    return compare_rounds(before, after, judge=partial(_judge, resolution_ms=max(floors)))


def _is_readable(book: Book) -> bool:
    """Whether another round's figures are as a round states them; this one is not to end by what somebody wrote into that one."""
    try:
        return bool(ledger([book, replace(book, round="")])) or not book.document
    except NOT_AS_WRITTEN:
        return False


def _without_pseudonyms(suite: Any) -> Any:
    """The suite document with one word for every secret in a case's name: under different keys the same secret has different
    pseudonyms, and cases that differ in nothing else are compared as the runs of one case."""
    if not isinstance(suite, Mapping):
        return suite
    return {**suite, "cases": [case | _renamed(case) for case in suite.get("cases") or ()]}


def _renamed(case: Mapping[str, Any]) -> dict[str, str]:
    return {key: _PSEUDONYM.sub(r"\1:*", case[key]) for key in ("name", "nodeid") if isinstance(case.get(key), str)}


def _judge(before: Rounds, after: Rounds, *, resolution_ms: float) -> Comparison:
    """Two runs of a figure by the blocks of their rounds, with what the machine was like beside each."""
    sides = [[_blocks(rows) for rows in rounds] for rounds in (before, after)]
    machine = (machine_of(chain.from_iterable(before)), machine_of(chain.from_iterable(after)))
    return compare(sides[0], sides[1], resolution_ms=resolution_ms, machine=machine)


def _blocks(rows: Sequence[Mapping[str, Any]]) -> list[list[float]]:
    return blocks_of([float(row["ms"]) for row in rows], [int(row.get("block") or 0) for row in rows])


def _repeats(folder: Path, inputs: Any) -> list[list[dict[str, Any]]]:
    """The samples of earlier runs of the same round that sent the same: a rerun moves them aside as round-01.1, round-01.2 …"""
    found = (Record(path) for path in sorted(folder.parent.glob(f"{folder.name}.[0-9]*")) if path.is_dir())
    return [one.read_rows(SAMPLES) or [] for one in found if one.stated("report").get("inputs") == inputs]


def _left_by(folder: Path) -> dict[str, Any]:
    record = Record(folder)
    names = ("suite", "diagnosis", "performance", "logs", "report")
    document: dict[str, Any] = {name: record.read_json(name) for name in names}
    key = record.stated("manifest.json").get("pseudonyms")
    repeats = _repeats(folder, (document["report"] or {}).get("inputs"))
    return document | {"samples": record.read_rows(SAMPLES), "repeats": repeats, "name": folder.name, "pseudonyms": key}


def _book(name: str, document: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]] | None = None) -> Book:
    return Book(round=name, document=document or {}, raw=None if rows is None else f"data/{SAMPLES}.parquet", rows=rows)
