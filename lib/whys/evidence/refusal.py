"""A refusal as features are asked about it: what is refused with some changes in place, and what one more change lifted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lib.facts import Observation
from lib.whys.evidence.observations import ObservationLog
from lib.whys.probes import AUTHORITY, NONE, Change, accepted

Evidence = tuple[str, ...]
NOTHING: Evidence = ()


@dataclass(frozen=True)
class Refusal:
    """The refusals with `base` in place (the configured handshake where it is empty), and what lifted them, if anything did."""

    log: ObservationLog
    base: Mapping[str, Any] = field(default_factory=dict)
    change: Change | None = None

    @cached_property
    def asked(self) -> tuple[Observation, ...]:
        """Every handshake with exactly these changes."""
        return tuple(self.log.with_factors(self.base))

    @cached_property
    def seen(self) -> tuple[Observation, ...]:
        """Those that were refused, in order."""
        return tuple(seen for seen in self.asked if not accepted(seen))

    @property
    def first(self) -> Observation:
        """The first refusal."""
        return self.seen[0]

    def probe(self, **factors: Any) -> Observation | None:
        """The latest handshake with these factors changed beside the base."""
        return self.log.latest(**{**self.base, **factors})

    def lifted(self, **factors: Any) -> Observation | None:
        """The latest handshake with the change in place and these factors beside it."""
        return self.probe(**{**(self.change.factors if self.change else {}), **factors})

    def differs(self, probe: Observation | None) -> Evidence:
        """The first refusal and this probe, where it was answered and in another way than any of the refusals."""
        # A probe that got no answer, or one about too many probes, says nothing about its factor.
        if probe is None or probe.status is None or probe.status == 429:
            return NOTHING
        prints = {self.log.fingerprint(seen) for seen in self.seen}
        return NOTHING if self.log.fingerprint(probe) in prints or self.log.like_a_control(probe) else (self.first.id, probe.id)

    def plain(self, there: bool = False) -> Observation | None:
        """The answer to a plain GET at this place, or at the place to which the change leads."""
        moved = place_of(self.change.factors) if self.change and there else {}
        return self.log.rest("plain", **place_of(self.base), **moved)

    def plain_at(self, path: str) -> Observation | None:
        """The answer to a plain GET at another path of this place."""
        return self.log.rest("plain", **{**place_of(self.base), "path": path})


def place_of(factors: Mapping[str, Any]) -> dict[str, Any]:
    """Those of these factors that say where a request goes."""
    return {name: value for name, value in factors.items() if name in {*AUTHORITY, "host_header", "path"}}


Feature = Callable[[Refusal], Evidence]


def ids(*seen: Observation | None) -> Evidence:
    """The ids of what was seen."""
    return tuple(one.id for one in seen if one is not None)


def of_each(told: Callable[[Observation], bool]) -> Feature:
    """What holds of every refusal: one that changes its face is none of the one kind."""

    def holds_of(refusal: Refusal) -> Evidence:
        return (refusal.first.id,) if all(told(seen) for seen in refusal.seen) else NOTHING

    return holds_of


def credential_matters(refusal: Refusal) -> Evidence:
    """A handshake without a credential is answered another way."""
    return refusal.differs(refusal.probe(credential=NONE))


def as_plain(refusal: Refusal) -> bool:
    """Whether a plain GET at this place gets the very answer of a refusal."""
    plain = refusal.plain()
    return bool(plain and plain.status is not None and any(refusal.log.same_answer(plain, one) for one in refusal.seen))
