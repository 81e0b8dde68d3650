"""The fewest of many differences that turn a refused handshake into the accepted one: delta debugging, most likely first.

Between the failing handshake (no difference taken) and the working one (all taken) lies a chain: each set asked adds a prefix to
the failing one and is, seen from the other end, the working one with the rest taken away. Where the chain turns from refused to
accepted, the difference at the turn matters: it is kept, those behind it are dropped for good, and the rest is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

D = TypeVar("D")
Ask = Callable[[list[D]], Generator[Any, Any, bool]]
"""Asks the failing handshake with these differences taken: whether it is accepted."""


def minimal_set(differences: Sequence[D], ask: Ask[D]) -> Generator[Any, Any, list[D]]:
    """A set that opens, and no longer does with any one of its members left out; all of them must open together.

    `differences` stand most likely first. About k times the logarithm of a member's place are asked for k members; right for any
    server that answers alike to like requests, also where differences exclude one another.
    """
    needed: list[D] = []
    pool = list(differences)
    while pool and not (needed and (yield from ask(needed))):
        place = yield from _turn(pool, needed, ask)
        needed, pool = [*needed, pool[place]], pool[:place]
    return (yield from _irreducible(needed, ask))


def _turn(pool: list[D], needed: list[D], ask: Ask[D]) -> Generator[Any, Any, int]:
    """The place of a difference with which the prefix up to it opens, and without which it does not.

    A quarter is asked first, then twice as much: what matters is expected in front.
    """
    refused, accepted, step = 0, len(pool), max(1, len(pool) // 4)
    while refused + step < accepted:
        if (yield from ask([*needed, *pool[: refused + step]])):
            accepted = refused + step
            break
        refused, step = refused + step, step * 2
    while accepted - refused > 1:
        middle = (refused + accepted) // 2
        if (yield from ask([*needed, *pool[:middle]])):
            accepted = middle
        else:
            refused = middle
    return accepted - 1


def _irreducible(needed: list[D], ask: Ask[D]) -> Generator[Any, Any, list[D]]:
    """Without each member that is not needed any more beside the others; the last found was needed when it was found."""
    for member in needed[:-1]:
        fewer = [other for other in needed if other is not member]
        if len(needed) > 1 and (yield from ask(fewer)):
            needed = fewer
    return needed
