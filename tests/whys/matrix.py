"""`python -m tests.whys.matrix`: writes docs/confusion-matrix.md from the recorded diagnoses of the built-in system."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from lib.parameters.loading import ROOT
from lib.whys.catalogue.index import CATALOGUE
from tests.whys.closed_loop import ALL, MODES
from tests.whys.corpus import recordings

HEAD = """# Which cause is called what

Each cause of the contract was given to the built-in staging system, which was then diagnosed over real sockets in four
modes: with the alternatives of `params/embedded.yaml` and no logs; with logs and no alternatives; with neither; and with
neither where each refusal says why, in words. Recorded by `python -m tests.whys.corpus`, written by `python -m
tests.whys.matrix`.

*named*: exactly this cause, with the strength shown. *narrowed*: the change is proved, and one of these at most four explains
it. *led*: the verdict is ambiguous, and something observed speaks for the cause; the number is its place among the leads.
*held*: it is among what is left open, and nothing speaks for it. *missed*: it is not. *wrong*: something is claimed that is
not there.

| cause | alternatives | logs only | neither | words | handshakes |
|---|---|---|---|---|---|
"""
AT_MOST = 4
"""So many causes, the truth among them, are few enough to be looked at one after the other."""
FIRST = 2
"""The truth among the first so many leads is soon found."""
OF_THE_SERVER = frozenset({"moment", "input"})
"""Factors that no client sets."""
Document = Mapping[str, Any]


def judged(cause: str, document: Document) -> str:
    """What became of the cause in this diagnosis."""
    named = {found["id"] for found in document["causes"]}
    if named:
        return "named" if named == {cause} else "wrong"
    if cause not in document["candidates"]:
        return "missed"
    if document["verdict"] == "narrowed" and len(document["candidates"]) <= AT_MOST:
        return "narrowed"
    return "led" if place(cause, document) else "held"


def place(cause: str, document: Document) -> int | None:
    """The place of the cause among those that something speaks for, from 1; None where nothing does."""
    led = list(dict.fromkeys(lead["id"] for lead in document["leads"] if lead["id"]))
    return led.index(cause) + 1 if cause in led else None


def is_close(cause: str, document: Document) -> bool:
    """Whether a reader is soon at the cause: named, narrowed to a few, or ambiguous with it among the first leads."""
    word = judged(cause, document)
    return word in ("named", "narrowed") or (word == "led" and (place(cause, document) or FIRST + 1) <= FIRST)


def is_told(cause: str, document: Document) -> bool:
    """Whether it is named, narrowed with the cause inside, or ambiguous with it inside where no change of a client lifts it."""
    named = {found["id"] for found in document["causes"]}
    if named or document["verdict"] == "narrowed":
        return named == {cause} or (not named and cause in document["candidates"])
    liftable = set(CATALOGUE[cause].lifted_by) - OF_THE_SERVER
    return not liftable and cause in document["candidates"]


def words(cause: str, document: Document) -> str:
    """Verdict and what it names or leaves open, with the place of the cause among the leads."""
    names = [found["id"] for found in document["causes"]] or document["candidates"]
    where = f", lead {place(cause, document)}" if judged(cause, document) == "led" else ""
    return f"{document['verdict']}: {', '.join(names) if len(names) <= AT_MOST else f'{len(names)} open'}{where}"


def documents() -> dict[str, dict[str, Document]]:
    """The recorded diagnoses of each mode by their cause."""
    return {mode: {cause: json.loads(found.diagnosis) for cause, found in recordings(mode).items()} for mode in MODES}


def text(kept: Mapping[str, Mapping[str, Document]]) -> str:
    """The page."""
    lines = []
    for cause in ALL:
        cells = [f"{judged(cause, kept[mode][cause])} ({words(cause, kept[mode][cause])})" for mode in MODES]
        spent = "/".join(str(kept[mode][cause]["spent"]["handshakes"]) for mode in MODES)
        lines.append(f"| `{cause}` | {' | '.join(cells)} | {spent} |")
    return HEAD + "\n".join([*lines, "", *summary(kept)]) + "\n"


def summary(kept: Mapping[str, Mapping[str, Document]]) -> list[str]:
    """For each mode how often what was said, and how often a reader is soon at the cause."""
    lines = ["| mode | named | narrowed | led | held | missed | wrong | soon found | named or led |", "|---|" + "---:|" * 8]
    for mode in MODES:
        found = [judged(cause, kept[mode][cause]) for cause in ALL]
        counts = [found.count(word) for word in ("named", "narrowed", "led", "held", "missed", "wrong")]
        close, led = (
            sum(is_close(cause, kept[mode][cause]) for cause in ALL),
            sum(word in ("named", "narrowed", "led") for word in found),
        )
        cells = " | ".join(map(str, counts))
        lines.append(f"| {mode} | {cells} | {close} of {len(ALL)} ({_percent(close)}) | {led} of {len(ALL)} ({_percent(led)}) |")
    told = sum(is_told(cause, kept["alternatives"][cause]) for cause in ALL)
    lines += [
        "",
        f"With alternatives {told} of {len(ALL)} ({_percent(told)}) are named, narrowed with the cause inside, or, where no "
        "change of a client can lift it, ambiguous with it inside.",
    ]
    lines += ["", f"*soon found*: named, narrowed to at most {AT_MOST}, or among the first {FIRST} leads."]
    return lines


def _percent(count: int) -> str:
    return f"{100 * count / len(ALL):.0f} %"


def main() -> int:
    """Writes the page; exit status 1 where anything wrong was claimed or a cause was missed."""
    kept = documents()
    page = text(kept)
    (ROOT / "docs" / "confusion-matrix.md").write_text(page, encoding="utf-8")
    print(page)
    return 1 if {judged(cause, kept[mode][cause]) for mode in MODES for cause in ALL} & {"wrong", "missed"} else 0


if __name__ == "__main__":
    sys.exit(main())
