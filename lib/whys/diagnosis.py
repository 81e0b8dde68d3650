"""A diagnosis as the contract's section 3 wants it: plain values, one document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lib.facts import Exchange, Observation, rfc3339

Strength = Literal["proved", "logged", "stated", "inferred"]
Verdict = Literal["proved", "logged", "stated", "inferred", "narrowed", "ambiguous", "healthy", "unreachable"]


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
class Lead:
    """What speaks for a candidate, with the observations; a lead is no cause (`id` None: words that no pattern explains)."""

    id: str | None
    because: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksWith:
    """The proved change, whatever its cause is called: how often it was accepted, and what came of it without each part.

    `without`: by factor, the handshakes that lacked this change alone. `explained_by`: by factor, the causes that explain it; one
    of them is certain. `placebo`: a change with the same side effects and no meaning; None where none was possible.
    """

    changes: Mapping[str, Any]
    accepted: int
    refused: int
    without: Mapping[str, Mapping[str, int]]
    explained_by: Mapping[str, tuple[str, ...]]
    placebo: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextProbe:
    """What would split the candidates best: parameters to add, or a command, and what each outcome would mean."""

    set: Mapping[str, Any] | None = None
    command: tuple[str, ...] | None = None
    splits: tuple[str, ...] = ()
    reads: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What the observations say about the configured handshake."""

    environment: str
    symptom: Mapping[str, Any] | None
    verdict: Verdict
    causes: tuple[NamedCause, ...] = ()
    candidates: tuple[str, ...] = ()
    leads: tuple[Lead, ...] = ()
    works_with: WorksWith | None = None
    excluded: Mapping[str, tuple[str, ...]]
    next_probe: NextProbe | None = None
    healthy: Mapping[str, Any] | None = None
    minimal_pair: MinimalPair | None = None
    whys: tuple[Why, ...] = ()
    observations: tuple[Observation, ...]
    spent: Mapping[str, Any]
    exchanges: tuple[Exchange, ...] = ()
    interrupted: bool = False
    """Whether it was ended from outside, and says what had been seen until then."""
    budget_spent: Mapping[str, float] = field(default_factory=dict)
    """The part of the budget, handshakes or seconds, that did not carry something that would have been asked."""

    @property
    def never_accepted(self) -> bool:
        """Whether no handshake of it was accepted."""
        return not any(seen.accepted for seen in self.observations)

    @property
    def guessed(self) -> dict[str, Any]:
        """The addresses that nobody gave, by the parameters that hold them."""
        return next((dict(seen.factors["guessed"]) for seen in self.observations if "guessed" in seen.factors), {})

    def as_json(self) -> dict[str, Any]:
        """The document of the contract, section 3."""
        pair = self.minimal_pair
        return {
            "schema": 2,
            "environment": self.environment,
            "symptom": dict(self.symptom) if self.symptom else None,
            "verdict": self.verdict,
            "causes": [_cause(cause) for cause in self.causes],
            "candidates": list(self.candidates),
            "leads": [{"id": lead.id, "because": lead.because, "evidence": list(lead.evidence)} for lead in self.leads],
            "works_with": _works_with(self.works_with) if self.works_with else None,
            "excluded": [{"id": name, "by": list(by)} for name, by in self.excluded.items()],
            "next_probe": _next_probe(self.next_probe) if self.next_probe else None,
            "healthy": dict(self.healthy) if self.healthy else None,
            "minimal_pair": {"refused": pair.refused, "accepted": pair.accepted, "difference": list(pair.difference)}
            if pair
            else None,
            "whys": [{"question": why.question, "answer": why.answer, "evidence": list(why.evidence)} for why in self.whys],
            "observations": [observation_json(seen) for seen in self.observations],
            "spent": dict(self.spent),
            **({"guessed": self.guessed} if self.guessed else {}),
            **({"budget_spent": dict(self.budget_spent)} if self.budget_spent else {}),
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
        **({"granted": seen.finding["granted"]} if seen.finding.get("granted") is not None else {}),
        **({"open_ms": seen.finding["open_ms"]} if seen.close_code is not None and "open_ms" in seen.finding else {}),
    }


def _works_with(found: WorksWith) -> dict[str, Any]:
    return {
        "changes": dict(found.changes),
        "accepted": found.accepted,
        "refused": found.refused,
        "without": {factor: dict(counts) for factor, counts in found.without.items()},
        "explained_by": {factor: list(causes) for factor, causes in found.explained_by.items()},
        "placebo": found.placebo,
    }


def _next_probe(probe: NextProbe) -> dict[str, Any]:
    asked = {"set": dict(probe.set or {})} if probe.command is None else {"command": list(probe.command)}
    return {**asked, "splits": list(probe.splits), "reads": probe.reads}


def _cause(cause: NamedCause) -> dict[str, Any]:
    return {
        "id": cause.id,
        "layer": cause.layer,
        "strength": cause.strength,
        "because": cause.because,
        "evidence": list(cause.evidence),
        "remedy": cause.remedy,
    }
