"""From which checks an accepted user may be exempt: a service may ask one user for what it does not ask of another.

A check is settled by an observation: another value of what it is about was on offer and did not help the configured user, or a
meaningless one is refused to the accepted user, who is thus asked for it as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lib.whys.catalogue.factors import OF_A_USER
from lib.whys.changes import nonsense
from lib.whys.context import Context
from lib.whys.evidence.observations import ObservationLog
from lib.whys.probes import FORGED, Change, accepted, holds


def may_be_let_off(log: ObservationLog, change: Change, base: Mapping[str, Any]) -> tuple[str, ...]:
    """The factors whose checks this other user may be exempt from, so that they may be what refuses the configured one."""
    return tuple(
        factor
        for factor in (OF_A_USER if change.factor == "user" else ())
        if not _did_not_help(log, factor, change, base) and not _asked_of(log, factor, change, base)
    )


def broken_on_purpose(log: ObservationLog, change: Change, base: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is to be made wrong beside the other user, to see whether they are asked for it."""
    meaningless = _meaningless(log.context)
    yield from (meaningless[factor] for factor in may_be_let_off(log, change, base) if factor in meaningless)


def _meaningless(context: Context) -> Mapping[str, Mapping[str, Any]]:
    scheme, _, name = (context.origin or f"https://{context.host}").partition("://")
    claims = {name: value for name in ("iss", "aud") if (value := context.claims.get(name))}
    return {
        "key": {"key": FORGED},
        "origin": {"origin": f"{scheme}://{nonsense(name)}"},
        **{name: {f"claims.{name}": nonsense(value if isinstance(value, str) else name)} for name, value in claims.items()},
    }


def _asked_of(log: ObservationLog, factor: str, change: Change, base: Mapping[str, Any]) -> bool:
    broken = _meaningless(log.context).get(factor)
    seen = log.latest(**{**base, **change.factors, **broken}) if broken else None
    return seen is not None and seen.kind == "handshake" and not accepted(seen)


def _did_not_help(log: ObservationLog, factor: str, change: Change, base: Mapping[str, Any]) -> bool:
    """Whether another value that was on offer was refused without the other user, or is in place anyway (a guess is none)."""
    refused = [seen.factors for seen in log.handshakes() if not accepted(seen) and not holds(seen.factors, change.factors)]
    offered = [item.factors for item in log.context.changes if factor in item.touched and (item.harmless or not item.own)]
    return any(
        bool(other.keys() & base.keys()) or any(holds(factors, {**base, **other}) for factors in refused) for other in offered
    )
