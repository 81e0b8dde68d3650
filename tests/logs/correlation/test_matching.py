"""Rows of correlate.sql made one to one."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from lib.logs.correlation.matching import one_to_one


def row(exchange: str, entry: str, delta_us: int, **fields: Any) -> dict[str, Any]:
    """An exchange that was sent so many thousand microseconds after another, as its name says, and a candidate."""
    sent_us = int(exchange[1:]) * 1_000
    given = {"log_name": "requests", "layer": "platform", "end_delta_us": -2_000, "is_late": 0, "rivals": 2, "claimants": 2}
    return {"exchange_id": exchange, "insert_id": entry, "entry_us": sent_us + delta_us, "delta_us": delta_us, **given, **fields}


def joined(*rows: dict[str, Any]) -> dict[str, str]:
    """Entries by exchange."""
    return {match.exchange: match.insert_id for match in one_to_one(rows)}


ALONE = [row(f"x{n}00", f"alone{n}", 2_000, rivals=1, claimants=1) for n in range(5)]


def test_what_is_paired_contends_for_nothing_else() -> None:
    """Of three in a chain the two that are clear decide the third, which alone would be in doubt."""
    rows = [row("x1", "a", 2_000), row("x2", "a", 4_200), row("x2", "b", 4_300)]
    assert joined(*ALONE, *rows) == {**{one["exchange_id"]: one["insert_id"] for one in ALONE}, "x1": "a", "x2": "b"}


def test_a_group_with_an_entry_too_many_stays_in_doubt() -> None:
    """An unrelated client stands among them, and nobody can tell where."""
    rows = [row("x1", "a", 2_000), row("x1", "b", 2_100), row("x1", "c", 2_050)]
    assert joined(*rows) == {}


def test_an_order_that_cannot_be_is_none() -> None:
    """Where the earliest exchange cannot have caused the earliest entry, no order is made up."""
    rows = [row("x1", "b", 3_000), row("x2", "a", 0), row("x2", "b", 2_000), row("x3", "a", -1_000), row("x3", "c", 3_000),
            row("x1", "c", 5_000)]  # fmt: skip
    assert set(Counter(joined(*rows).values()).values()) <= {1}


def test_logs_are_matched_each_for_itself() -> None:
    """An exchange has an entry in each log that tells of it."""
    rows = [row("x1", "a", 2_000), row("x1", "b", 2_000, log_name="edge", layer="edge")]
    assert sorted(match.insert_id for match in one_to_one(rows)) == ["a", "b"]


def test_a_crowd_is_matched_in_time() -> None:
    """Five hundred exchanges that resemble two hundred entries each take no minutes."""
    rows = [row(f"x{n}", f"e{m}", (m - n) * 1_000 + 500) for n in range(500) for m in range(n, min(n + 200, 500))]
    began = time.process_time()
    one_to_one(rows)
    assert time.process_time() - began < 20
