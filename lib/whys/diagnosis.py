"""A diagnosis as the contract's section 3 wants it: plain values, one document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lib.facts import Exchange, Observation, rfc3339

Strength = Literal["proved", "logged", "inferred"]
Verdict = Literal["proved", "logged", "inferred", "ambiguous", "healthy", "unreachable"]
STRENGTHS: tuple[Strength, ...] = ("proved", "logged", "inferred")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCause:
    """A cause that the evidence names, how strongly, and why."""

    id: str
    layer: str
    strength: Strength
    because: str
    evidence: tuple[str, ...]
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One question of the chain, its answer, and the observations that the answer rests on."""

    question: str
    answer: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimalPair:
    """A refused and an accepted handshake that differ in the named factors and in nothing else."""

    refused: str
    accepted: str
    difference: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What the observations say about the configured handshake."""

    environment: str
    symptom: Mapping[str, Any] | None
    verdict: Verdict
    causes: tuple[NamedCause, ...] = ()
    candidates: tuple[str, ...] = ()
    excluded: Mapping[str, tuple[str, ...]]
    next_probe: str | None = None
    minimal_pair: MinimalPair | None = None
    whys: tuple[Why, ...] = ()
    observations: tuple[Observation, ...]
    spent: Mapping[str, Any]
    exchanges: tuple[Exchange, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document of the contract, section 3."""
        pair = self.minimal_pair
        return {
            "schema": 1,
            "environment": self.environment,
            "symptom": dict(self.symptom) if self.symptom else None,
            "verdict": self.verdict,
            "causes": [_cause(cause) for cause in self.causes],
            "candidates": list(self.candidates),
            "excluded": [{"id": name, "by": list(by)} for name, by in self.excluded.items()],
            "next_probe": self.next_probe,
            "minimal_pair": {"refused": pair.refused, "accepted": pair.accepted, "difference": list(pair.difference)}
            if pair
            else None,
            "whys": [{"question": why.question, "answer": why.answer, "evidence": list(why.evidence)} for why in self.whys],
            "observations": [observation_json(seen) for seen in self.observations],
            "spent": dict(self.spent),
        }


def observation_json(seen: Observation) -> dict[str, Any]:
    """One observation as the contract lists it."""
    return {
        "id": seen.id,
        "kind": seen.kind,
        "factors": dict(seen.factors),
        "rung": seen.rung,
        "status": seen.status,
        "close_code": seen.close_code,
        "headers": dict(seen.headers),
        "body_excerpt": seen.body_excerpt,
        "elapsed_ms": seen.elapsed_ms,
        "trace_id": seen.trace_id,
        "at": rfc3339(seen.at) if seen.at else None,
    }


def _cause(cause: NamedCause) -> dict[str, Any]:
    return {
        "id": cause.id,
        "layer": cause.layer,
        "strength": cause.strength,
        "because": cause.because,
        "evidence": list(cause.evidence),
        "remedy": cause.remedy,
    }
