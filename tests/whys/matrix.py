"""`python -m tests.whys.matrix`: diagnoses the built-in system with each cause in three modes and writes docs/confusion-
matrix.md."""

from __future__ import annotations

import sys

from lib.parameters.loading import ROOT
from tests.whys.closed_loop import ALL, MODES, all_diagnosed, judged, words

HEAD = """# Which cause is called what

Each cause of the contract is given to the built-in staging system, which is then diagnosed over real sockets in three modes:
with the alternatives of `params/embedded.yaml` and no logs; with logs and no alternatives; with neither. Written by
`python -m tests.whys.matrix`.

*named*: exactly this cause, with the strength shown. *held*: the verdict is ambiguous and the cause is among what is left open.
*missed*: it is not. *wrong*: something is claimed that is not there.

| cause | alternatives | logs only | neither | handshakes |
|---|---|---|---|---|
"""


def main() -> int:
    """Writes the table; exit status 1 where anything wrong was claimed or a cause was missed."""
    results = all_diagnosed(((cause,), mode) for mode in MODES for cause in ALL)
    lines, counts = [], dict.fromkeys(("named", "held", "missed", "wrong", "partly"), 0)
    for cause in ALL:
        cells = []
        for mode in MODES:
            diagnosis = results[(cause,), mode]
            word = judged([cause], diagnosis)
            counts[word] += 1
            cells.append(f"{word} ({words(diagnosis)})")
        spent = "/".join(str(results[(cause,), mode].spent["handshakes"]) for mode in MODES)
        lines.append(f"| `{cause}` | {' | '.join(cells)} | {spent} |")
    total = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    text = HEAD + "\n".join(lines) + f"\n\nOf {len(ALL) * len(MODES)} diagnoses: {total}.\n"
    (ROOT / "docs" / "confusion-matrix.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if counts["wrong"] or counts["missed"] or counts["partly"] else 0


if __name__ == "__main__":
    sys.exit(main())
