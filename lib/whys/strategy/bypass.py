"""Whether something else lifts the refusal as well: then a change that leads past a check says nothing about itself.

A header may switch a check off, another path or another authority may be served without it. Where header, path or authority
itself was wrong, no other change lifts the refusal alone; where one does, that one tells of the cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.whys.catalogue.factors import LEADS_PAST_A_CHECK, MAY_BE_SWITCHED_OFF
from lib.whys.probes import Asking, Change, accepted, holds, merged
from lib.whys.strategy.combinations import compatible
from lib.whys.strategy.inquiry import Inquiry


def rival(inquiry: Inquiry, needed: Sequence[Change]) -> Asking[tuple[str, ...]]:
    """The handshake, if any, that another change on offer lifts in the place of one that may lead past a check."""
    for change in needed:
        base = merged([item for item in needed if item is not change])
        if change.factor in LEADS_PAST_A_CHECK:
            yield from _additions_at_once(inquiry, change, base)
        for other in inquiry.context.changes if change.factor in LEADS_PAST_A_CHECK else ():
            factors = {**base, **other.factors}
            if other.factor not in MAY_BE_SWITCHED_OFF or other.factor == change.factor or other.own or other in needed:
                continue
            if _known_to_fail(inquiry, change, factors) or not inquiry.context.can_send(factors) or not inquiry.has_reserve():
                continue
            seen = yield from inquiry.probe(factors)
            if accepted(seen):
                yield from inquiry.control()
                return (seen.id,)
            inquiry.harmless_refused += [seen] if inquiry.log.like_a_control(seen) and not base else []
    return ()


def _additions_at_once(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    """Asks what only adds to the request in one handshake: where that is refused, none of them lifts by itself."""
    wanted = MAY_BE_SWITCHED_OFF - {change.factor}
    added = [item for item in inquiry.context.changes if item.harmless and item.factor in wanted]
    added = [item for item in compatible(added) if not _known_to_fail(inquiry, change, {**base, **item.factors})]
    factors = {**base, **merged(added)}
    if len(added) > 1 and inquiry.context.can_send(factors) and inquiry.has_reserve():
        yield from inquiry.probe(factors)


def _known_to_fail(inquiry: Inquiry, change: Change, factors: Mapping[str, Any]) -> bool:
    """Whether it was refused already, with nothing but additions beside it, and without the change in question."""
    tried = (dict(seen.factors) for seen in inquiry.log.handshakes() if not accepted(seen))
    return any(holds(seen, factors) and not holds(seen, change.factors) for seen in tried)
