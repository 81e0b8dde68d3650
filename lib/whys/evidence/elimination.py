"""What is left when the observations have spoken: set algebra over the catalogue.

A cause is excluded by an observation that speaks against it and by nothing else. What lifts a refusal is explained by every
cause that predicts it and that no observation excludes, be it one, several or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.exemption import may_be_let_off
from lib.whys.evidence.features import learned
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.refusal import Evidence, Refusal
from lib.whys.probes import Change, Intervention, holds


def excluded(log: ObservationLog, base: Mapping[str, Any] | None = None, change: Change | None = None) -> Mapping[str, Evidence]:
    """Each cause that is refuted as what this refusal is, and by which observations."""
    features = learned(Refusal(log, base or {}, change))
    out: dict[str, Evidence] = {}
    for cause in CATALOGUE.values():
        refuting = [features[name] for name in cause.refuted_by if name in features]
        if refuting:
            out[cause.id] = refuting[0]
    return out


def supporting(log: ObservationLog, name: str, base: Mapping[str, Any] | None = None) -> Evidence:
    """The observations that speak for this cause as what this refusal is (that of the configured handshake without a base)."""
    features = learned(Refusal(log, base or {}))
    return tuple(dict.fromkeys(one for feature in CATALOGUE[name].supported_by for one in features.get(feature, ())))


def alive(log: ObservationLog) -> tuple[str, ...]:
    """Each cause that no observation refutes, in the order of the catalogue."""
    out = excluded(log)
    return tuple(name for name in CATALOGUE if name not in out)


def lifted_by(*factors: str) -> tuple[str, ...]:
    """Each cause that predicts that the right value of one of these factors lifts the refusal."""
    return tuple(cause.id for cause in CATALOGUE.values() if any(cause.predicts(factor) == "lifted" for factor in factors))


def touched(log: ObservationLog, intervention: Intervention, change: Change) -> tuple[str, ...]:
    """Every factor that this change of the intervention touches, given the others."""
    base = intervention.without(change)
    if not asked_without(log, base):
        # One cannot be changed without the other, e.g. a key of another kind and its algorithm: together they lift.
        return tuple(factor for item in intervention.changes for factor in item.touched)
    factors = change.touched
    if change.factor == "credential" and "carrier" in base:
        factors = ("headers", "credential")  # the token travels elsewhere, so what replaces its header says nothing of it
    factors = (*factors, *may_be_let_off(log, change, base))
    failed = [seen for seen in log.with_factors(base) if seen.status == 500 and not seen.accepted]
    return (*factors, "input") if failed else factors


def explained(log: ObservationLog, intervention: Intervention, change: Change) -> tuple[str, ...]:
    """The causes that explain why this change is needed: all that predict it, but those that an observation excludes.

    Those that are about what is changed come before those that another user may merely be exempt from.
    """
    out, about = excluded_from(log, intervention, change), lifted_by(*change.touched)
    left = [name for name in lifted_by(*touched(log, intervention, change)) if name not in out]
    return tuple(sorted(left, key=lambda name: name not in about))


def excluded_from(log: ObservationLog, intervention: Intervention, change: Change) -> Mapping[str, Evidence]:
    """What is refuted as the explanation of this change, and by which observations."""
    base = intervention.without(change)
    return excluded(log, base, change) if asked_without(log, base) else excluded(log)


def asked_without(log: ObservationLog, base: Mapping[str, Any]) -> bool:
    """Whether the handshake with only the other changes in place was made: what was not sent shows no need of a change."""
    return not base or (log.context.can_send(base) and bool(log.with_factors(base)))


def indifferent(log: ObservationLog, intervention: Intervention) -> dict[str, Evidence]:
    """The causes that predict no lift by any of these changes: the handshakes that were accepted speak against them."""
    factors = [factor for change in intervention.changes for factor in touched(log, intervention, change)]
    predicting = set(lifted_by(*factors))
    return {name: intervention.accepted[:2] for name in CATALOGUE if name not in predicting}


def left_unasked(log: ObservationLog, intervention: Intervention, change: Change) -> bool:
    """Whether something beside this change was not sent that might have spoken against the one cause that is left."""
    lifting = {**intervention.without(change), **change.factors}
    return any(holds(seen.factors, lifting) for seen in log.unsent())
