"""What the addresses of a name answered: said only where each was of one mind and they disagree."""

from __future__ import annotations

import pytest

from lib.facts import Observation
from lib.whys.evidence.addresses import split_by_address
from lib.whys.evidence.observations import ObservationLog
from tests.whys.world import context

YES, NO, GONE = ("session", 101), ("upgrade", 403), ("tcp", None)


@pytest.mark.parametrize(
    ("one", "other", "is_told"),
    [
        ([YES, YES], [NO, NO], True),
        ([YES, YES], [YES, YES], False),
        ([YES, YES], [NO, YES], False),
        ([YES], [NO], False),
        ([YES, YES], [GONE, GONE], False),
    ],
)
def test_addresses_are_told_apart_by_what_each_does_each_time(one: list, other: list, is_told: bool) -> None:
    """Twice alike at each, and not alike at both; an address that takes no connection is left out."""
    log = ObservationLog(context(), [Observation(id="o1", kind="offline", factors={"addresses": ["a", "b"]})])
    for place, answers in (("a", one), ("b", other)):
        for n, (rung, status) in enumerate(answers):
            log.add([Observation(id=f"{place}{n}", kind="handshake", factors={"address": place}, rung=rung, status=status)])
    assert (split_by_address(log) is not None) == is_told
