"""What the addresses of one name answered to the same handshake (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from lib.facts import Observation
from lib.whys.evidence.observations import ObservationLog
from lib.whys.probes import accepted

ADDRESS, ADDRESSES = "address", "addresses"
"""The factor of a handshake to one address, and that of the observation that lists what the name resolves to."""

AGREE = 2
"""So many answers of an address, all alike, before it is said what it does."""


@dataclass(frozen=True)
class Split:
    """The handshakes that some addresses refused and others accepted, in a sentence with the addresses."""

    refused: tuple[Observation, ...]
    accepted: tuple[Observation, ...]
    sentence: str


def addresses_of(log: ObservationLog) -> tuple[str, ...]:
    """What the target's name resolves to, where that is several addresses."""
    return next((tuple(seen.factors[ADDRESSES]) for seen in log.all if ADDRESSES in seen.factors), ())


def split_by_address(log: ObservationLog) -> Split | None:
    """Where one address refuses each time what another accepts each time; one that takes no connection is no refusal."""
    told = {one: [seen for seen in log.with_factors({ADDRESS: one}) if seen.rung != "tcp"] for one in addresses_of(log)}
    sure = {one: seen for one, seen in told.items() if len(seen) >= AGREE and len(set(map(accepted, seen))) == 1}
    bad = {one: seen for one, seen in sure.items() if not accepted(seen[0])}
    good = {one: seen for one, seen in sure.items() if accepted(seen[0])}
    if not bad or not good:
        return None
    refused, passed = tuple(chain.from_iterable(bad.values())), tuple(chain.from_iterable(good.values()))
    said = [
        f"at {one} the same handshake is refused ({len(seen)} of {len(seen)}, {_status(seen[0])})" for one, seen in bad.items()
    ]
    said += [f"at {one} it is accepted ({len(seen)} of {len(seen)})" for one, seen in good.items()]
    return Split(refused, passed, f"of the name's addresses, asked in turn: {'; '.join(said)}")


def _status(seen: Observation) -> str:
    if seen.rung == "session":
        return f"closed with {seen.close_code}" if seen.close_code else "dropped after the 101"
    return f"HTTP {seen.status}" if seen.status else f"ended at {seen.rung}"
