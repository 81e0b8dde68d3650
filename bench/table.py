"""The rows of a benchmark and the table they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison. `ratio` is ours over the peer's, the median of the repetitions' ratios; `goal` is `≤ x`, `≥ x`, `1 ± x`
    or empty.

    `ours` and `peer` are for reading, with unit; `n` is the number of interleaved repetitions.
    """

    what: str
    ours: str
    peer: str
    ratio: float
    goal: str
    n: int

    @property
    def reached(self) -> bool | None:
        """Whether the ratio keeps its goal; None without a goal."""
        if not self.goal:
            return None
        *_, sign, limit = self.goal.split()
        if sign == "±":
            return abs(self.ratio - 1) <= float(limit)
        return self.ratio <= float(limit) if sign == "≤" else self.ratio >= float(limit)


def compared(
    what: str, ours: Callable[[], float], peer: Callable[[], float], *, unit: str, goal: str = "", peer_name: str, n: int = 5
) -> Row:
    """Runs both in turn n times, first the one, then the other, and compares pair by pair."""
    pairs = [(ours(), peer()) if turn % 2 == 0 else tuple(reversed((peer(), ours()))) for turn in range(n)]
    mine, theirs = (median(values) for values in zip(*pairs, strict=True))
    ratio = median(one / other for one, other in pairs)
    return Row(what=what, ours=f"{mine:.3g} {unit}", peer=f"{theirs:.3g} {unit} ({peer_name})", ratio=ratio, goal=goal, n=n)


def markdown(rows: Iterable[Row]) -> str:
    """The table as the README keeps it."""
    words = {True: "yes", False: "**no**", None: ""}
    lines = ["| what | ours | peer | ratio | goal | reached | n |", "| --- | ---: | ---: | ---: | ---: | --- | ---: |"]
    lines += [
        f"| {row.what} | {row.ours} | {row.peer} | {row.ratio:.2f} | {row.goal} | {words[row.reached]} | {row.n} |"
        for row in rows
    ]
    return "\n".join(lines)


def missed(rows: Sequence[Row]) -> list[Row]:
    """The rows that did not reach their goal."""
    return [row for row in rows if row.reached is False]
