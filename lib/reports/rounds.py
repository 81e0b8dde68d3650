"""All rounds of a folder side by side: what each found, in one row, and the figures over the rounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lib.records.record import NOT_AS_WRITTEN, Record
from lib.records.retractions import retracted

NO_LONGER = "its documents are not as a round writes them; `verify` says what was changed"


class _Row(BaseModel):
    """One round in the overview."""

    name: str
    page: str
    environment: str | None
    began_at: str | None
    finished: bool
    seconds: float
    verdict: str
    badge: str
    symptom: str | None
    cases: int
    passed: int
    positive: int | None
    figures: dict[str, float | None]
    intervals: dict[str, tuple[float, float] | None]
    asked: dict[str, str | None]
    revisions: list[str]
    changed: list[str]
    retracted: list[dict[str, Any]]


_ROUND = re.compile(r"round-(\d{2,})(?:\.(\d+))?")


def environments(out: Path) -> dict[str, list[dict[str, Any]]]:
    """The rounds in a folder, and in the folders of several environments below it: rows by the folder's relative path."""
    folders = [out, *sorted(path for path in out.iterdir() if path.is_dir() and not _ROUND.fullmatch(path.name))]
    found = {path.relative_to(out).as_posix(): list(_rows(path, out)) for path in folders}
    return {name: rows for name, rows in found.items() if rows}


def _rows(folder: Path, out: Path) -> Iterator[dict[str, Any]]:
    rounds = [(found, path) for path in folder.glob("round-*") if (found := _ROUND.fullmatch(path.name)) and path.is_dir()]
    # A round that was run again has moved to round-01.1, which is older than round-01.
    for _, path in sorted(rounds, key=lambda pair: (int(pair[0][1]), pair[0][2] is None, int(pair[0][2] or 0))):
        record = Record(path)
        try:
            yield _row(path, out, record.stated("report"), record.stated("manifest.json"))
        except NOT_AS_WRITTEN:
            yield _row(path, out, {"headline": NO_LONGER}, {})


def _row(path: Path, out: Path, report: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    diagnosis = report.get("diagnosis") or {}
    counts = report.get("counts") or {}
    tls = ((manifest.get("parameters") or {}).get("target") or {}).get("tls") or {}
    measured = (report.get("performance") or {}).get("figures") or ()
    badge = (report.get("answer") or {}).get("badge") or report.get("headline") or "no report"
    return _Row.model_validate(
        {
            "name": path.name,
            "page": (path / "index.html").relative_to(out).as_posix(),
            "environment": manifest.get("environment") or report.get("environment"),
            "began_at": manifest.get("started_at"),
            "finished": manifest.get("finished_at") is not None,
            "seconds": sum(step.get("seconds") or 0.0 for step in report.get("notebooks") or ()),
            "verdict": report.get("verdict") or ("not investigated" if report else "no report"),
            "badge": badge if tls.get("verify", True) else f"{badge} (TLS certificates not looked at)",
            "symptom": (diagnosis.get("symptom") or {}).get("description"),
            "cases": counts.get("cases", 0),
            "passed": (counts.get("outcomes") or {}).get("passed", 0),
            # None where nothing was sabotaged: what was not judged is not said to be none.
            "positive": None if set(counts.get("worths") or ()) == {"not judged"} else counts.get("positive", 0),
            "figures": {one["name"]: one["p50_ms"] for one in measured},
            "intervals": {one["name"]: (one.get("interval_ms") or {}).get("p50") for one in measured},
            "asked": {one["name"]: one.get("asked") for one in measured},
            "revisions": (report.get("answer") or {}).get("revisions") or [],
            "changed": [one["text"] for one in (report.get("changes") or {}).get("sentences") or ()],
            "retracted": [*retracted(path)],
        }
    ).model_dump()
