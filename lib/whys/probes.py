"""What an inquiry asks for, and the values that it reasons over: plain data, no I/O.

An inquiry is a generator (`Asking`): it yields a `ProbeBatch` and is sent one observation for each of its probes, in order; for
a batch of log lookups it is sent as many as there are. A probe that cannot or may not be sent is answered by an offline
observation that says why, and costs nothing. Where the budget does not carry a batch, `BudgetExhausted` is thrown into the
inquiry instead, which may read logs once more and then ends. `Driver` keeps these obligations; whoever has the answers uses it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from lib.facts import Observation

COMPUTED = "<computed>"
"""The value of a claim factor that leaves a claim to the clock instead of the one written in the parameters."""

NONE, GARBAGE, FORGED, ISSUED, PLACEBO = "none", "garbage", "forged", "issued", "placebo"

NOTHING_OF_OURS = "none, nor any header of ours"
"""The credential of a handshake to a host that may have none: nothing that is configured goes along, in
no header, query, subprotocol or message, and no certificate is presented."""

SKEW = "skew_s"
"""The factor of a look near refusals: so many seconds is the servers' clock ahead of ours, give or take so many."""

AUTHORITY = ("host", "port", "url_scheme")
"""Factors that say where a handshake goes."""


def name_of(authority: str) -> str:
    """The host and port of an authority that may say a scheme, as a Host header says them."""
    return authority.rpartition("://")[2]


FULL_LENGTH = "padding_bytes"
"""The factor that makes a shortened token as long as the configured one by a claim that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One exchange to be made: the configured one with `factors` changed.

    `request` says which: the handshake, or over REST the health route without a credential, the protected route, or the
    WebSocket's own path as a plain GET. `watch` opens the configured handshake and keeps it open beside what is asked next (it
    has no answer yet); `watched` waits for the rest of its time and is answered by it. `near` is answered by the
    log lines that no pattern explains and that stand near the refusals alone. `brief`: let go as soon as the 101 is
    there (to be fast, not to judge).
    """

    request: Literal["handshake", "health", "protected", "plain", "logs", "near", "watch", "watched"] = "handshake"
    factors: Mapping[str, Any] = field(default_factory=dict)
    brief: bool = False
    trace_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeBatch:
    """Probes to be made after a pause: one after the other, or together, begun `apart_s` apart and every socket held open."""

    asks: tuple[Probe, ...]
    wait_s: float = 0.0
    together: bool = False
    apart_s: float = 0.0


T = TypeVar("T")
Asking = Generator[ProbeBatch, list[Observation], T]
"""An inquiry, or a part of one, that returns what it learnt (the obligations of who answers stand above)."""


class OutcomeFlipped(Exception):
    """The configured handshake, refused before, was accepted, or the other way round: time, luck or conduct plays a part."""


class BudgetExhausted(Exception):
    """The budget does not carry another batch."""


class Driver(Generic[T]):
    """Leads an inquiry without any I/O: `batch` is what it asks now, None once it has ended and left its `result`."""

    def __init__(self, asking: Asking[T]):
        self._asking = asking
        self.batch: ProbeBatch | None = None
        self.result: T | None = None
        self.answer(None)

    def answer(self, observations: Sequence[Observation] | None) -> None:
        """Goes on with the answers to `batch`; None begins, or says that the budget does not carry the batch."""
        try:
            if observations is not None:
                self.batch = self._asking.send(list(observations))
            elif self.batch is None:
                self.batch = next(self._asking)
            else:
                self.batch = self._asking.throw(BudgetExhausted())
        except StopIteration as ended:
            self.batch, self.result = None, ended.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One single change worth trying. `factor` is one of `FACTORS` and decides when it is tried; `factors` is what an
    observation will say of it.

    `alters`: every factor that it touches, `factor` alone where nothing is said; whatever one of them lifts may explain it.
    `placebo`: a change with the same side effects (length, presence, order) and without the meaning, None where there is none.
    `finer`: changes that come as near to it as can be made here, one thing at a time; tried in its place where it matters.
    `shortens_bytes`: by so much it makes the token shorter. `harmless`: it adds to the request and takes nothing away, so that
    it can stay in place while others are tried. `own`: nobody proposed it; it is tried after what the parameters offer.
    """

    factor: str
    factors: Mapping[str, Any]
    alters: tuple[str, ...] = ()
    placebo: Mapping[str, Any] | None = None
    shortens_bytes: int = 0
    harmless: bool = False
    own: bool = False
    finer: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        """The names of what it changes."""
        return " and ".join(self.factors)

    @property
    def touched(self) -> tuple[str, ...]:
        """Every factor that it touches."""
        return self.alters or (self.factor,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """A verified set of changes that turns the refusal into an accepted handshake, each of them needed.

    `necessary`: for each change the handshakes that were refused for want of it alone. `bypass`: handshakes that show that it
    leads past a check, and so would lift whatever the check refuses.
    """

    changes: tuple[Change, ...]
    refused: tuple[str, ...]
    accepted: tuple[str, ...]
    necessary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bypass: tuple[str, ...] = ()

    @property
    def factors(self) -> dict[str, Any]:
        """All changes as one mapping."""
        return merged(self.changes)

    def without(self, change: Change) -> dict[str, Any]:
        """The factors of all other changes."""
        return merged([item for item in self.changes if item is not change])


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What repetition, spacing, concurrency and fresh tokens showed of a handshake that now passes, now fails.

    `factors`: what varied; every cause that one of them lifts may explain it. `learned`: features that this showed, with their
    observations. `strength`: what it amounts to where one cause is left (`ambiguous`: nothing was decided).
    """

    factors: tuple[str, ...]
    strength: Literal["proved", "inferred", "ambiguous"]
    refused: tuple[str, ...]
    accepted: tuple[str, ...]
    difference: tuple[str, ...]
    because: str
    learned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def merged(changes: Sequence[Change]) -> dict[str, Any]:
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
    """Whether this is a handshake that was accepted, as a function to count with."""
    return observation.accepted


def is_alike(factors: Mapping[str, Any], rung: str | None) -> bool:
    """Whether these are factors of the configured handshake, changed in nothing but conduct (to an address that takes
    connections)."""
    if "address" in factors and rung == "tcp":
        return False
    return factors.keys() <= {"concurrency", "spacing", "address"} or str(factors.get("token", "")).startswith("as in ")


def unsent(observation: Observation) -> bool:
    """Whether this stands for a probe that could not or may not be sent."""
    return bool(observation.finding.get("unsent"))
