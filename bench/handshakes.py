"""How many handshakes and seconds a diagnosis of the built-in system takes, with alternatives: single causes, pairs, and by how
it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from bench.table import Row
from lib.facts import Observation
from lib.whys import Diagnosis
from lib.whys.changes import nonsense
from lib.whys.probes import FULL_LENGTH
from tests.whys.closed_loop import ALL, PAIRS, all_diagnosed

GOALS = {"a single cause": 15, "a pair": 34}
ENDS = {
    "named": ("proved", "logged", "stated", "inferred"),
    "narrowed": ("narrowed",),
    "ambiguous": ("ambiguous",),
}


def run() -> list[Row]:
    """The medians over all causes and over forty pairs, beside their goals, and of single causes by their ends."""
    singles = list(all_diagnosed(((cause,), "alternatives") for cause in ALL).values())
    pairs = list(all_diagnosed((pair, "alternatives") for pair in PAIRS).values())
    rows = [_beside_goal("a single cause", singles), _beside_goal("a pair", pairs)]
    return [*rows, _of_placebos("single causes", singles), _of_placebos("pairs", pairs), *by_end(singles)]


def _of_placebos(what: str, found: Sequence[Diagnosis]) -> Row:
    """What placebos cost: handshakes that share the side effects of a change and not its meaning, of all that were made."""
    counts = [placebos(diagnosis) for diagnosis in found]
    spent = sum(diagnosis.spent["handshakes"] for diagnosis in found)
    ours = f"{sum(counts)} of {spent} handshakes ({min(counts)}-{max(counts)} each)"
    return Row(what=f"placebos of {what}", ours=ours, peer="all of them", ratio=sum(counts) / spent, goal="", n=len(counts))


def placebos(diagnosis: Diagnosis) -> int:
    """How many handshakes of a diagnosis carried what is meaningless in the place of what is on trial, or its length alone."""
    of_the_proof = diagnosis.works_with.placebo if diagnosis.works_with else None
    seen = [one for one in diagnosis.observations if one.kind == "handshake"]
    return sum(one.id == of_the_proof or _is_meaningless(one) for one in seen)


def _is_meaningless(seen: Observation) -> bool:
    written = [text for name, value in seen.factors.items() for text in (name, str(value))]
    return FULL_LENGTH in seen.factors or any(nonsense("placebo") in text for text in written)


def _beside_goal(what: str, found: Iterable[Diagnosis]) -> Row:
    counts = sorted(diagnosis.spent["handshakes"] for diagnosis in found)
    middle = median(counts)
    ours = f"{middle:g} handshakes ({counts[0]}-{counts[-1]})"
    ratio = middle / GOALS[what]
    peer = f"{GOALS[what]} (goal)"
    return Row(what=f"diagnosis of {what}, median", ours=ours, peer=peer, ratio=ratio, goal="≤ 1", n=len(counts))


def by_end(found: Iterable[Diagnosis]) -> list[Row]:
    """For each way in which a diagnosis ends the medians of its handshakes and its seconds, beside the budget."""
    rows, diagnoses = [], list(found)
    for end, verdicts in ENDS.items():
        ended = [one for one in diagnoses if one.verdict in verdicts]
        if not ended:
            continue
        counts, seconds = ([one.spent[name] for one in ended] for name in ("handshakes", "seconds"))
        middle = median(counts)
        lasted = f"{median(seconds):.1f} s ({min(seconds):.1f}-{max(seconds):.1f})"
        ours = f"{middle:g} handshakes ({min(counts)}-{max(counts)}), {lasted}"
        what = f"diagnosis that ends {end}, median"
        rows.append(Row(what=what, ours=ours, peer="120 (budget)", ratio=middle / 120, goal="≤ 1", n=len(ended)))
    return rows
