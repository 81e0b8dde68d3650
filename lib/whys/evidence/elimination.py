"""What is left when the observations have spoken: set algebra over the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.features import Evidence, learned
from lib.whys.evidence.observations import ObservationLog


def excluded(log: ObservationLog) -> Mapping[str, Evidence]:
    """Each cause that is refuted as what this refusal is, and by which observations."""
    features = learned(log)
    out: dict[str, Evidence] = {}
    for cause in CATALOGUE.values():
        refuting = [features[name] for name in cause.refuted_by if name in features]
        if refuting:
            out[cause.id] = refuting[0]
    return out


def alive(log: ObservationLog) -> tuple[str, ...]:
    """Each cause that no observation refutes, in the order of the catalogue."""
    out = excluded(log)
    return tuple(name for name in CATALOGUE if name not in out)


def lifted_by(factor: str) -> tuple[str, ...]:
    """Each cause that predicts that the right value of this factor lifts the refusal."""
    return tuple(cause.id for cause in CATALOGUE.values() if cause.predicts(factor) == "lifted")
