"""Proof by intervention: with the changes accepted, without them refused, often enough and in an order that luck does not
imitate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.facts import Observation
from lib.whys.probes import Asking, Change, Intervention, accepted, holds, merged
from lib.whys.strategy.inquiry import Inquiry

PATTERN = "CVVCCVCCCVV"
"""After a first accepted variant: C the control, V the variant. Irregular, so that no alternation of two to five servers fits.

The first letter is asked at once, before anything else is (`refused_still`): what passes by itself now need not be explained."""

AT_LEAST = 5
"""So many letters of the pattern are always asked; the rest until there are `EACH` of both, and `ALL` with what agreed on the
way."""

EACH, ALL = 4, 10
"""Four of each are what a server that answers by chance, whatever its odds, gives in this order once in 119 times: the first
acceptance does not count, for it was looked for. What was seen with additions counts for `ALL` alone: it was looked for as well.
"""

JOINT_PATTERN = "DVVDDVDCVDVC"
"""The same for several changes, where D drops one of them, each in turn: longer, for among many pairs luck has more chances."""

_DOUBTS, _ON_END = 2, 3
"""After the first doubts the configured handshake is asked so many times on end: two revisions in turn cannot hide from that."""


def refused_still(inquiry: Inquiry, changes: Sequence[Change]) -> Asking[None]:
    """Asks the configured handshake right after a change was accepted; raises `OutcomeFlipped` where it is accepted as well.

    Several changes are left out one by one instead, as `JOINT_PATTERN` begins.
    """
    if len(changes) == 1:
        yield from inquiry.control()


def verify(inquiry: Inquiry, changes: tuple[Change, ...]) -> Asking[Intervention | None]:
    """The intervention, once the pattern has held; None when the variant itself is refused now and then.

    The configured handshake was asked just before (`refused_still`). Placebos go first: a refused one counts as a refusal
    without the change. Raises `OutcomeFlipped` through the control when the configured handshake is accepted in between.
    """
    variant = merged(changes)
    for change in changes:
        if change.placebo is not None and inquiry.context.can_send({**_without(changes, change), **change.placebo}):
            yield from inquiry.probe({**_without(changes, change), **change.placebo})
    drops = [change for change in changes if len(changes) > 1 and inquiry.context.can_send(_without(changes, change))]
    # Nobody proposed another moment of issue; where no Date header speaks for it either, luck is the likelier explanation.
    unasked = any(change.own and change.factor == "backdating" for change in changes) and not inquiry.log.clocks_differ()
    turn = 0
    for position, letter in enumerate(JOINT_PATTERN if drops else PATTERN):
        if position == 0 and len(changes) == 1:
            continue
        if not drops and position >= AT_LEAST and not unasked and _enough(inquiry, changes):
            break
        if letter == "D":
            change = drops[turn % len(drops)]
            turn += 1
            seen = yield from inquiry.repeat(_without(changes, change))
            if accepted(seen):
                yield from _doubted(inquiry, seen)
                return None
        elif letter == "C":
            yield from inquiry.control()
        else:
            seen = yield from inquiry.repeat(variant)
            if not accepted(seen):
                yield from _doubted(inquiry, seen)
                return None
    return Intervention(
        changes=changes,
        refused=tuple(seen.id for seen in inquiry.log.refused_controls()),
        accepted=tuple(seen.id for seen in inquiry.log.with_factors(variant) if accepted(seen)),
        necessary={
            change.name: tuple(seen.id for seen in inquiry.log.with_factors(_without(changes, change))) for change in drops
        },
    )


def _doubted(inquiry: Inquiry, seen: Observation) -> Asking[None]:
    """The very same handshake is answered this way and that: is the configured one as well, when asked a few times on end?"""
    inquiry.unstable.append(seen)
    if len(inquiry.unstable) <= _DOUBTS:
        for _ in range(_ON_END):
            yield from inquiry.control()


def _without(changes: tuple[Change, ...], dropped: Change) -> dict[str, Any]:
    return merged([change for change in changes if change is not dropped])


def _enough(inquiry: Inquiry, changes: tuple[Change, ...]) -> bool:
    log, variant = inquiry.log, merged(changes)
    refused, exact = len(log.controls()), sum(map(accepted, log.with_factors(variant)))
    placebos = [log.latest(**change.placebo) for change in changes if change.placebo]
    beside = len(inquiry.harmless_refused) + sum(seen is not None and not accepted(seen) for seen in placebos)
    taken = sum(accepted(seen) and holds(seen.factors, variant) for seen in log.handshakes())
    return min(refused, exact) >= EACH and refused + beside + taken >= ALL
