"""A signal at some moment of a verb ends it, with nothing left behind; the long series is `make signals`."""

from __future__ import annotations

import signal

import pytest

from tests.signals import ended


@pytest.mark.parametrize(
    ("verb", "kind", "after_s"),
    [("whys", signal.SIGHUP, 3.0), ("performance", signal.SIGTERM, 4.0), ("serve", signal.SIGKILL, 2.0)],
)
def test_a_signal_ends_a_verb_and_leaves_nothing(verb: str, kind: signal.Signals, after_s: float) -> None:
    """The status is the contract's, no process and no file is left."""
    assert ended(verb, kind, after_s, slower=10).broken == ()
