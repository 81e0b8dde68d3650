"""Two handshakes, one works: which of their differences matter, by taking more and more of them over."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from lib.whys.probes import Asking, Change, accepted, merged
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.minimal import minimal_set


def decisive_differences(inquiry: Inquiry) -> Asking[list[Change]]:
    """The fewest differences to the working handshake that open the configured one; none where it is refused from here too."""
    differences = [change for change in inquiry.context.differences if inquiry.context.can_send(change.factors)]
    if not differences or not accepted((yield from inquiry.probe(merged(differences)))):
        return []

    def ask(taken: list[Change]) -> Asking[bool]:
        return accepted((yield from inquiry.probe(merged(taken))))

    found = yield from minimal_set(differences, ask)
    for coarse in [change for change in found if change.finer]:
        rest = [change for change in found if change is not coarse]
        finer = [change for change in coarse.finer if inquiry.context.can_send(change.factors)]
        if finer and (yield from ask([*rest, *finer])):
            found = [*rest, *(yield from _within(rest, finer, ask))]
    return found


def _within(
    rest: list[Change], finer: list[Change], ask: Callable[[list[Change]], Asking[bool]]
) -> Generator[Any, Any, list[Change]]:
    """Which of the finer changes matter beside the rest."""
    return (yield from minimal_set(finer, lambda taken: ask([*rest, *taken])))
