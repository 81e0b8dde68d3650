"""How many handshakes a diagnosis of the built-in system takes, with alternatives: single causes and pairs."""

from __future__ import annotations

from statistics import median

from bench.table import Row
from tests.whys.closed_loop import ALL, PAIRS, all_diagnosed

GOALS = {"a single cause": 15, "a pair": 40}


def run() -> list[Row]:
    """The medians over all causes and over forty pairs, beside their goals."""
    cases = {"a single cause": [(cause,) for cause in ALL], "a pair": list(PAIRS)}
    rows = []
    for what, faults in cases.items():
        results = all_diagnosed((one, "alternatives") for one in faults)
        counts = sorted(diagnosis.spent["handshakes"] for diagnosis in results.values())
        middle = median(counts)
        ours = f"{middle:g} handshakes ({counts[0]}-{counts[-1]})"
        rows.append(
            Row(
                what=f"diagnosis of {what}, median",
                ours=ours,
                peer=f"{GOALS[what]} (goal)",
                ratio=middle / GOALS[what],
                goal="≤ 1",
                n=len(counts),
            )
        )
    return rows
