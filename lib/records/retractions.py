"""Claims of a round that were withdrawn later: a side file beside the round, never in it, so that its record still verifies."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from lib.facts import rfc3339, utc_now
from lib.parameters.loading import BadInput, read_regular
from lib.records.locks import folder_locked
from lib.records.record import Record
from lib.redaction.visible import in_html

MAX_TEXT = 2000
MAX_BYTES = 4_194_304
SIDE_FILES = ("json", "html")


def retracted(folder: Path) -> list[dict[str, Any]]:
    """What was withdrawn of a round, `{claim, because, at}`, oldest first."""
    try:
        found = json.loads(read_regular(side_file(folder, "json"), at_most=MAX_BYTES))
    except (OSError, RecursionError, ValueError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def retract(folder: Path, claim: str, because: str, *, now: datetime | None = None) -> dict[str, Any]:
    """Notes that a claim of a round is withdrawn; `claim` is its words, or a part that only one claim has.

    Raises `BadInput` where the round asserts no such claim, it was withdrawn before, the reason says nothing, or nothing can be
    written beside the round.
    """
    report = Record(folder).stated("report")
    claims = [str(one["claim"]) for one in report.get("claims") or () if one.get("holds")]
    named = [one for one in claims if one == claim] or [one for one in claims if claim.strip() and claim in one]
    if len(named) != 1:
        found = f"{len(named)} claims of {folder.name} fit {claim!r}" if named else f"{folder.name} asserts no {claim!r}"
        raise BadInput("CLAIM", found, "one of: " + "; ".join(claims) if claims else "a round that asserts something")
    if not because.strip() or len(because) > MAX_TEXT:
        raise BadInput("--because", f"found {len(because)} characters", f"a reason of 1 to {MAX_TEXT} characters")
    entry = {"claim": named[0], "because": because.strip(), "at": rfc3339(now or utc_now())}
    try:
        with folder_locked(folder.parent):
            _note(folder, entry)
    except OSError as error:
        found = f"{folder.parent} cannot be written to ({error.strerror})"
        raise BadInput("ROUND", found, "a round in a folder that may be written to") from None
    return entry


def _note(folder: Path, entry: dict[str, Any]) -> None:
    already = next((one for one in retracted(folder) if one.get("claim") == entry["claim"]), None)
    if already is not None:
        found = f"{already['claim']!r} was withdrawn already at {already.get('at')}: {already.get('because')}"
        raise BadInput("CLAIM", found, "a claim that still stands")
    entries, beside = [*retracted(folder), entry], Record(folder.parent)
    if not entries[:-1] and side_file(folder, "json").exists():
        raise BadInput(
            "ROUND", f"{side_file(folder, 'json').name} is not as this command writes it", "that file, mended or removed"
        )
    beside.write_json(side_file(folder, "json").name, entries)
    beside.write_text(side_file(folder, "html").name, _as_page(entries))


def side_file(folder: Path, kind: str) -> Path:
    """Where the retractions of a round stand, as `json` and as `html` for the round's page to show."""
    return folder.with_name(f"{folder.name}.retracted.{kind}")


def _as_page(entries: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<li><del>{in_html(one['claim'])}</del>: {in_html(one['because'])} <small>{in_html(one['at'][:16])}Z</small></li>"
        for one in entries
    )
    style = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:.4rem}"
    head = f'<meta charset="utf-8"><title>Withdrawn later</title><style>{style}</style>'
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body><strong>Withdrawn later</strong><ul>{rows}</ul></body></html>\n'
    )
