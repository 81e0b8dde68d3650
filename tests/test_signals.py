"""A signal at some moment of a verb ends it, with nothing left behind; the long series is `make signals`."""

from __future__ import annotations

import signal

import pytest

from tests.signals import BEGINS, DOCUMENT, ENDS, Ended, document, ended


@pytest.mark.parametrize(
    ("verb", "kind", "after_s"),
    [("whys", signal.SIGHUP, 3.0), ("performance", signal.SIGTERM, 4.0), ("serve", signal.SIGKILL, 2.0)],
)
def test_a_signal_ends_a_verb_and_leaves_nothing(verb: str, kind: signal.Signals, after_s: float) -> None:
    """The status is the contract's, no process and no file is left."""
    assert ended(verb, kind, after_s, slower=10).broken == ()


def test_the_figures_of_a_series_take_the_place_of_those_of_before() -> None:
    """The document tells how many signals came and what did not hold, one line a verb, and keeps the rest as it was."""
    old = f"above\n{BEGINS}| whys | 30 | 30 | 1.00 | 1 to 2 | nothing |\n| logs | 1 | 0 | 9.00 | 1 to 2 | old |\n{ENDS}below\n"
    one = Ended(verb="logs", kind=signal.SIGTERM, after_s=3, status=130, seconds=0.5, broken=("left a|b",), load=7)
    new = document(old, [one])
    assert (new.startswith(f"above\n{BEGINS}"), new.endswith(f"{ENDS}below\n")) == (True, True)
    assert "| whys | 30 | 30 | 1.00 | 1 to 2 | nothing |" in new
    assert "| logs | 1 | 0 | 0.50 | 7 to 7 | SIGTERM after 3.0 s: left a b |" in new
    assert BEGINS in DOCUMENT.read_text(encoding="utf-8")
