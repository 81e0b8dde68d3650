"""What an inquiry asks for, and the values that it reasons over: plain data, no I/O."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lib.facts import ACCEPTED_AFTER_S, Observation

COMPUTED = "<computed>"
"""The value of a claim factor that leaves a claim to the clock instead of the one written in the parameters."""

NONE, GARBAGE, FORGED, ISSUED, PLACEBO = "none", "garbage", "forged", "issued", "placebo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One exchange to be made: the configured one with `factors` changed.

    `request` says which: the handshake, or over REST the health route without a credential, the protected route, or the
    WebSocket's own path as a plain GET. `brief`: let go as soon as the 101 is there (to be fast, not to judge).
    """

    request: Literal["handshake", "health", "protected", "plain", "logs"] = "handshake"
    factors: Mapping[str, Any] = field(default_factory=dict)
    brief: bool = False
    trace_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeBatch:
    """Asks to be made after a pause: one after the other, or together, begun `apart_s` apart and every socket held open."""

    asks: tuple[Probe, ...]
    wait_s: float = 0.0
    together: bool = False
    apart_s: float = 0.0


Asking = Generator[ProbeBatch, list[Observation], Any]
"""An inquiry, or a part of one: yields steps, is sent the observations, returns what it found."""


class OutcomeFlipped(Exception):
    """The configured handshake, refused before, was accepted, or the other way round: time, luck or conduct plays a part."""


class BudgetExhausted(Exception):
    """The budget does not carry another step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One single-factor change worth trying. `factor` is one of `cause.FACTORS`, `factors` what an observation will say of it.

    `harmless`: it adds to the request and takes nothing away, so that it can stay in place while others are tried.
    `own`: nobody proposed it; it is tried after what the parameters offer.
    """

    factor: str
    factors: Mapping[str, Any]
    harmless: bool = False
    own: bool = False

    @property
    def name(self) -> str:
        """The names of what it changes."""
        return " and ".join(self.factors)


@dataclass(slots=True, kw_only=True)
class Intervention:
    """A verified set of changes that turns the refusal into an accepted handshake, each of them needed.

    `open_by_factor`: for each changed factor the causes that still explain why it lifts; `note` says what a bypass leaves open.
    """

    changes: tuple[Change, ...]
    refused: tuple[str, ...]
    accepted: tuple[str, ...]
    necessary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_by_factor: dict[str, tuple[str, ...]] = field(default_factory=dict)
    excluded: dict[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bypass: bool = False

    @property
    def factors(self) -> dict[str, Any]:
        """All changes as one mapping."""
        return merged(self.changes)


@dataclass(slots=True, kw_only=True)
class Conduct:
    """What repetition, spacing, concurrency and fresh tokens showed: a cause of conduct, or the set that they leave open."""

    causes: tuple[str, ...]
    strength: Literal["proved", "inferred", "ambiguous"]
    refused: tuple[str, ...]
    accepted: tuple[str, ...]
    difference: tuple[str, ...]
    because: str
    excluded: dict[str, tuple[str, ...]] = field(default_factory=dict)


def merged(changes: tuple[Change, ...] | list[Change]) -> dict[str, Any]:
    """The factors of several changes together."""
    factors: dict[str, Any] = {}
    for change in changes:
        factors.update(change.factors)
    return factors


def holds(factors: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether all of these changes are among the factors; a carrier also where several carried the token at once."""
    return all(
        (name in factors and factors[name] == value) or (name == "carrier" and value in factors.get("carriers", ()))
        for name, value in wanted.items()
    )


def accepted(observation: Observation) -> bool:
    """Whether a handshake was accepted in the contract's sense."""
    return (
        observation.kind == "handshake"
        and observation.rung == "session"
        and observation.status == 101
        and ((observation.close_code is None and not observation.finding.get("error")) or _stayed(observation))
    )


def _stayed(observation: Observation) -> bool:
    # Sockets that are held longer than the contract asks may see an end that is no refusal.
    return (observation.finding.get("open_ms") or 0.0) >= ACCEPTED_AFTER_S * 1000
