"""The catalogue: every cause that a diagnosis can name, by id, in the order of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from lib.whys.catalogue import client, edge, policy, service, session, token, transport, user
from lib.whys.catalogue.cause import AREAS, Cause
from lib.whys.catalogue.factors import FACTORS

__all__ = ["AREAS", "CATALOGUE", "FACTORS", "TWINS", "Cause", "meaning", "of_area"]

CATALOGUE: Mapping[str, Cause] = {
    cause.id: cause for group in (client, edge, policy, token, user, service, transport, session) for cause in group.CAUSES
}

TWINS: Mapping[frozenset[str], str] = {
    frozenset({one.id, other.id}): " or ".join(dict.fromkeys((one.set_to_split, other.set_to_split)))
    for one, other in combinations(CATALOGUE.values(), 2)
    if set(one.lifted_by) == set(other.lifted_by)
}
"""Pairs that no change of the client splits, with what would."""


def meaning(name: str) -> str:
    """What a cause means in plain words; the id itself where the catalogue does not know it, as in a record of another
    version."""
    return CATALOGUE[name].means if name in CATALOGUE else name


def of_area(area: str) -> tuple[str, ...]:
    """The causes that belong to an area of investigation."""
    return tuple(cause.id for cause in CATALOGUE.values() if cause.area == area)
