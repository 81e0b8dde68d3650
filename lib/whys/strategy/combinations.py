"""Changes together: which go together, in which order they are tried, and which an answer itself suggests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from lib.facts import Observation
from lib.whys.catalogue.factors import WEIGHT
from lib.whys.probes import Change, accepted


def chosen(seen: Observation) -> Iterator[Change]:
    """The subprotocol that the server chose unasked, to be offered."""
    name = seen.headers.get("sec-websocket-protocol")
    if seen.status == 101 and name and not accepted(seen):
        yield Change(factor="subprotocols", factors={"subprotocols": [name]})


def compatible(changes: list[Change]) -> list[Change]:
    """Those that can be made together, the first of each factor."""
    kept: list[Change] = []
    for change in changes:
        if not clash(kept, change):
            kept.append(change)
    return kept


def clash(base: Any, change: Change) -> bool:
    """Whether a change is about something that these have changed already."""
    taken = {name for item in base for name in item.factors}
    return (
        bool(taken & change.factors.keys())
        or ("token" in taken and _of_token(change))
        or ("token" in change.factors and any(map(_of_token, base)))
    )


def _of_token(change: Change) -> bool:
    names: Mapping[str, Any] = change.factors
    return any(name in {"key", "algorithm", "user", "lifetime_s", "issued_ago_s"} or name.startswith("claims.") for name in names)


def pairs_of(changes: list[Change]) -> Iterator[tuple[Change, Change]]:
    """Pairs of different factors: those of different layers that mask each other in practice first."""
    pairs = [(one, other) for one, other in combinations(changes, 2) if not clash([one], other)]
    pairs.sort(key=lambda pair: WEIGHT.get(pair[0].factor, 9) + WEIGHT.get(pair[1].factor, 9) + 5 * (pair[0].own + pair[1].own))
    yield from pairs
