"""What rounds left on disk, as the documents that reports and comparisons are computed from; the one room here that reads."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from lib.performance.ledger import Book, LedgerEntry, as_rows, ledger
from lib.performance.statistics import Comparison, blocks_of, compare, machine_of
from lib.records import manifest
from lib.records.record import NOT_AS_WRITTEN, Record
from lib.records.retractions import retracted
from lib.reports.compare import Rounds, compare_rounds
from lib.reports.differences import case_id
from lib.reports.shapes import SHAPES, misplaced

SAMPLES = "latency"
"""Where a round keeps every single sample of its figures."""
_PSEUDONYM = re.compile(r"\b(secret|jwt|mail|ip):[0-9a-f]{8}")


class OddDocument(ValueError):
    """A document of a record that a round does not write so: which, and where in it."""


def entries_of(place: Record | None, document: Mapping[str, Any] | None) -> list[LedgerEntry]:
    """The ledger of the performance document that lies in a record; empty where there is none of the two."""
    if place is None or document is None:
        return []
    own = _book(place.folder.name, document, place.read_rows(SAMPLES))
    others = (Record(folder) for folder in sorted(place.folder.parent.glob("round-*")) if folder.name != place.folder.name)
    books = [own, *filter(_is_readable, (_book(other.folder.name, other.stated("performance")) for other in others))]
    return [entry for entry in ledger(books) if entry.round == own.round]


def compare_folders(first: Path, second: Path) -> dict[str, Any]:
    """The contract's `compare` document of two rounds' folders; raises `OddDocument` where one of them holds another type."""
    before, after = _left_by(first, beside=second), _left_by(second, beside=first)
    for left in (before, after):
        for name, shape in SHAPES.items():
            if left[name] is not None and (found := misplaced(left[name], shape, f"data/{name}.json")):
                raise OddDocument(found)
    if before["name"] == after["name"]:  # of different folders
        before["name"], after["name"] = (f"{folder.resolve().parent.name}/{folder.name}" for folder in (first, second))
    if before["name"] == after["name"]:
        before["name"], after["name"] = str(first), str(second)
    if before["pseudonyms"] != after["pseudonyms"]:
        before, after = (document | _without_pseudonyms(document["suite"]) for document in (before, after))
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


def _without_pseudonyms(suite: Any) -> dict[str, Any]:
    """The suite document with one word for every secret in a case's name, as the same secret has different pseudonyms under
    different keys; cases that differ in nothing else are left out, and named as `alike`."""
    if not isinstance(suite, Mapping):
        return {"suite": suite}
    cases = [(case, case | _renamed(case)) for case in suite.get("cases") or ()]
    given: dict[str, set[str]] = {}
    for case, renamed in cases:
        given.setdefault(case_id(renamed), set()).add(case_id(case))
    alike = [name for name, of in given.items() if len(of) > 1]
    kept = [renamed for _, renamed in cases if case_id(renamed) not in alike]
    return {"suite": {**suite, "cases": kept}, "alike": alike}


def _renamed(case: Mapping[str, Any]) -> dict[str, str]:
    return {key: _PSEUDONYM.sub(r"\1:*", case[key]) for key in ("name", "nodeid") if isinstance(case.get(key), str)}


def _judge(before: Rounds, after: Rounds, *, resolution_ms: float) -> Comparison:
    """Two runs of a figure by the blocks of their rounds, with what the machine was like beside each."""
    sides = [[_blocks(rows) for rows in rounds] for rounds in (before, after)]
    machine = (machine_of(chain.from_iterable(before)), machine_of(chain.from_iterable(after)))
    return compare(sides[0], sides[1], resolution_ms=resolution_ms, machine=machine)


def _blocks(rows: Sequence[Mapping[str, Any]]) -> list[list[float]]:
    return blocks_of([float(row["ms"]) for row in rows], [int(row.get("block") or 0) for row in rows])


def _repeats(folder: Path, report: Any, settings: Any, beside: Path) -> list[list[dict[str, Any]]]:
    """The samples of earlier runs of the same round, which a rerun moves aside as round-01.1, round-01.2 …

    One counts where it sent the same, in the same way, to the same revisions, is as it was sealed, and is not `beside`.
    """
    if not isinstance(report, Mapping):
        return []
    kept = []
    for path in sorted(folder.parent.glob(f"{folder.name}.[0-9]*")):
        if not path.is_dir() or path.resolve() == beside.resolve() or not _is_sealed(path):
            continue
        other = Record(path)
        same = _sent(other.stated("report")) == _sent(report)
        if same and _settings(other) == settings:
            kept.append(other.read_rows(SAMPLES) or [])
    return kept


def _is_sealed(folder: Path) -> bool:
    state = _state(folder, {})
    return not (state["touched"] or state["unsealed"])


def _sent(report: Mapping[str, Any]) -> tuple[Any, Any]:
    return report.get("inputs"), _map(report.get("answer")).get("revisions")


def _left_by(folder: Path, beside: Path) -> dict[str, Any]:
    """What one round left. A document that is not as it was sealed counts as absent; `state` says so."""
    record = Record(folder)
    state = _state(folder, record.stated("report"))
    names = ("suite", "diagnosis", "performance", "logs", "report")
    document: dict[str, Any] = {
        name: None if state["unknown"] or f"data/{name}.json" in state["touched"] else record.read_json(name) for name in names
    }
    key, settings = record.stated("manifest.json").get("pseudonyms"), _settings(record)
    samples = [] if state["unknown"] or f"data/{SAMPLES}.parquet" in state["touched"] else record.read_rows(SAMPLES)
    return document | {
        "samples": samples,
        "repeats": _repeats(folder, document["report"], settings, beside) if samples else [],
        "name": folder.name,
        "pseudonyms": key,
        "settings": settings,
        "state": state,
        "retracted": retracted(folder),
    }


def _state(folder: Path, report: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a record: what of it was changed, lost or slipped in, whether it was finished at once, and what made it.

    `unknown` is one whose manifest does not say what it held; `unsealed` are documents of a round that was killed.
    """
    try:
        document, found = manifest.read(folder), manifest.check(folder)
    except manifest.NotARecord:
        lost = not os.path.lexists(folder / manifest.NAME)  # every round begins by writing one
        return {"touched": [manifest.NAME], "unsealed": [], "unknown": True, "unfinished": lost}
    finished = manifest.is_finished(document)
    added = [name for name in found["added"] if name.startswith("data/")]
    made, versions = (_map(document.get(key)) for key in ("revision", "versions"))
    commit = str(made.get("commit") or "")[:7]
    notebooks = report.get("notebooks")
    steps = [_map(step).get("state") for step in notebooks] if isinstance(notebooks, list) else []
    return {
        "touched": [*found["changed"], *found["missing"], *(added if finished else ())],
        "unsealed": [] if finished else added,
        "unknown": False,
        "unfinished": not finished,
        "resumed": "kept" in steps,
        "project": f"{commit}, with files changed" if commit and made.get("modified") else commit or None,
        "platform": versions.get("platform"),
    }


def _settings(record: Record) -> Any:
    return _map(record.stated(manifest.NAME).get("parameters")).get("performance")


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _book(name: str, document: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]] | None = None) -> Book:
    return Book(round=name, document=document or {}, raw=None if rows is None else f"data/{SAMPLES}.parquet", rows=rows)
