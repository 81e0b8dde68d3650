"""A change that leads past a check says nothing of itself where another change lifts the refusal as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.whys.world import RIGHT, World, context, diagnosed


class Exempt(World):
    """A target with one fault, from which whoever has this other factor right is exempt."""

    exempt: Mapping[str, Any] = {}

    def _checks(self, factors: Mapping[str, Any]) -> Iterator[str]:
        if not self.exempt.items() <= dict(factors).items():
            yield from super()._checks(factors)


@pytest.mark.parametrize("exempt", ["bypass-key", "user-unknown", "route-missing"])
def test_the_cause_is_named_and_not_the_exemption(exempt: str) -> None:
    """A header, a user and a path that skip the check of the Origin lift its refusal; the Origin is what is proved."""
    world = Exempt(["origin-refused"])
    world.exempt = RIGHT[exempt]
    assert [cause.id for cause in diagnosed(world, context()).causes] == ["origin-refused"]
