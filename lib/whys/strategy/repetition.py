"""The configured handshake again and again: fresh, with an earlier token, many at once, in a burst."""

from __future__ import annotations

from collections.abc import Sequence

from lib.facts import Observation
from lib.whys.probes import Asking, Probe, is_alike
from lib.whys.strategy.inquiry import Inquiry

HELD = 6
"""So many sockets are held open at once to see whether a limit is near."""

BURST = 12
"""So many handshakes follow each other without a pause."""


def fresh(inquiry: Inquiry, *, wait_s: float = 0.0) -> Asking[Observation]:
    """The configured handshake, with a fresh token where one is minted, whatever comes of it."""
    (seen,) = yield from inquiry.ask(Probe(), wait_s=wait_s)
    return seen


def resend(inquiry: Inquiry, earlier: Observation, *, wait_s: float = 0.0) -> Asking[Observation]:
    """The configured handshake with the very token of an earlier one."""
    (seen,) = yield from inquiry.ask(Probe(factors={"token": f"as in {earlier.id}"}), wait_s=wait_s)
    return seen


def hold(inquiry: Inquiry, count: int, *, apart_s: float = 0.0) -> Asking[list[Observation]]:
    """Several sockets of the configured handshake, open at the same time."""
    return (yield from inquiry.ask(*[Probe(factors={"concurrency": count})] * count, together=True, apart_s=apart_s))


def burst(inquiry: Inquiry, *, wait_s: float = 0.0) -> Asking[list[Observation]]:
    """Handshakes as fast as they go, one open at a time."""
    return (yield from inquiry.ask(*[Probe(factors={"spacing": "none"}, brief=True)] * BURST, wait_s=wait_s))


def series(inquiry: Inquiry, count: int, *, wait_s: float = 0.0) -> Asking[list[Observation]]:
    """Configured handshakes one after the other."""
    seen = []
    for _ in range(count):
        seen.append((yield from fresh(inquiry, wait_s=wait_s)))
    return seen


def is_conduct(seen: Observation) -> bool:
    """Whether this is the configured handshake, changed in nothing but conduct (to an address that takes connections)."""
    return is_alike(seen.factors, seen.rung)


def ids(*groups: Sequence[Observation]) -> tuple[str, ...]:
    """The ids of observations, in order."""
    return tuple(seen.id for group in groups for seen in group)
