"""How long a refusal is looked at before it is said that nothing lifts it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.facts import Observation
from tests.whys.world import World, context, diagnosed


def lasted_s(observations: tuple[Observation, ...]) -> float:
    moments = [seen.at for seen in observations if seen.kind == "handshake" and seen.at]
    return (moments[-1] - moments[0]).total_seconds()


@pytest.mark.parametrize("fault", ["secret-mismatch", "origin-refused"])
def test_what_does_not_waver_is_left_after_seven_seconds(fault: str) -> None:
    """Ten refusals in one face over six seconds, whatever the budget: the answer is a set, and soon."""
    found = diagnosed(World([fault]), replace(context(alternatives={}), seconds=60.0))
    assert found.verdict == "ambiguous"
    assert lasted_s(found.observations) <= 7


class Changing(World):
    """Refuses in other words each time."""

    def answer(self, ask, apart_s=0.0):  # type: ignore[no-untyped-def]
        seen = super().answer(ask, apart_s)
        turn = seen.kind == "handshake" and not seen.factors and self.handshakes % 2
        return replace(seen, status=401) if turn and seen.status == 403 else seen


def test_what_wavers_is_looked_at_for_longer() -> None:
    """A refusal that changes its face may be the end of a start-up, or another revision: fifteen seconds."""
    found = diagnosed(Changing(["secret-mismatch"]), replace(context(alternatives={}), seconds=60.0))
    assert found.verdict == "ambiguous"
    assert lasted_s(found.observations) >= 15
