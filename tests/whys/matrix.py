"""`python -m tests.whys.matrix`: writes docs/confusion-matrix.md from the recorded diagnoses of the built-in system."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from lib.parameters.loading import ROOT
from tests.whys.closed_loop import ALL, MODES
from tests.whys.corpus import recordings

HEAD = """# Which cause is called what

Each cause of the contract was given to the built-in staging system, which was then diagnosed over real sockets in three
modes: with the alternatives of `params/embedded.yaml` and no logs; with logs and no alternatives; with neither. Recorded by
`python -m tests.whys.corpus`, written by `python -m tests.whys.matrix`.

*named*: exactly this cause, with the strength shown. *held*: the verdict is narrowed (the change is proved, these causes
explain it) or ambiguous, and the cause is among what is left open. *missed*: it is not. *wrong*: something is claimed that
is not there.

| cause | alternatives | logs only | neither | handshakes |
|---|---|---|---|---|
"""
Document = Mapping[str, Any]


def judged(cause: str, document: Document) -> str:
    """What became of the cause in this diagnosis."""
    named = {found["id"] for found in document["causes"]}
    if named:
        return "named" if named == {cause} else "wrong"
    return "held" if cause in document["candidates"] else "missed"


def words(document: Document) -> str:
    """Verdict and what it names or leaves open."""
    names = [found["id"] for found in document["causes"]] or document["candidates"]
    return f"{document['verdict']}: {', '.join(names) if len(names) <= 4 else f'{len(names)} open'}"


def text() -> tuple[str, Mapping[str, int]]:
    """The page, and how often each judgement was passed."""
    kept = {mode: {cause: json.loads(found.diagnosis) for cause, found in recordings(mode).items()} for mode in MODES}
    lines, counts = [], dict.fromkeys(("named", "held", "missed", "wrong"), 0)
    for cause in ALL:
        documents = [kept[mode][cause] for mode in MODES]
        cells = []
        for document in documents:
            word = judged(cause, document)
            counts[word] += 1
            cells.append(f"{word} ({words(document)})")
        spent = "/".join(str(document["spent"]["handshakes"]) for document in documents)
        lines.append(f"| `{cause}` | {' | '.join(cells)} | {spent} |")
    total = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    return HEAD + "\n".join(lines) + f"\n\nOf {len(ALL) * len(MODES)} diagnoses: {total}.\n", counts


def main() -> int:
    """Writes the page; exit status 1 where anything wrong was claimed or a cause was missed."""
    page, counts = text()
    (ROOT / "docs" / "confusion-matrix.md").write_text(page, encoding="utf-8")
    print(page)
    return 1 if counts["wrong"] or counts["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
