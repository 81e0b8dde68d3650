"""Whether something else lifts the refusal as well: then a change that leads past a check says nothing about itself.

A header may switch a check off, another path or another authority may be served without it. Where header, path or authority
itself was wrong, no other change lifts the refusal alone; where one does, that one tells of the cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.whys.probes import Asking, Change, accepted, holds, merged
from lib.whys.strategy.inquiry import Inquiry

_LEADS_PAST = frozenset({"headers", "client_header", "query", "path", "host", "user"})
_CHECKED = frozenset({"user", "iss", "aud", "claim", "permission", "origin", "subprotocols"})
"""What a switched-off check may have been about; whether the signature is checked at all, a forged one tells (`leads_past`)."""


def rival(inquiry: Inquiry, needed: Sequence[Change]) -> Asking[tuple[str, ...]]:
    """The handshake, if any, that another change on offer lifts in the place of one that may lead past a check."""
    for change in needed:
        base = merged([item for item in needed if item is not change])
        for other in inquiry.context.changes if change.factor in _LEADS_PAST else ():
            factors = {**base, **other.factors}
            if other.factor not in _CHECKED or other.factor == change.factor or other.own or other in needed:
                continue
            if _known_to_fail(inquiry, change, factors) or not inquiry.context.can_send(factors) or not inquiry.has_reserve():
                continue
            seen = yield from inquiry.probe(factors)
            if accepted(seen):
                yield from inquiry.control()
                return (seen.id,)
            inquiry.harmless_refused += [seen] if inquiry.log.like_a_control(seen) and not base else []
    return ()


def _known_to_fail(inquiry: Inquiry, change: Change, factors: Mapping[str, Any]) -> bool:
    """Whether it was refused already, with nothing but additions beside it, and without the change in question."""
    tried = (dict(seen.factors) for seen in inquiry.log.handshakes() if not accepted(seen))
    return any(holds(seen, factors) and not holds(seen, change.factors) for seen in tried)
