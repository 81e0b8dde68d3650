"""Progress: a change that replaces one refusal by another has led past the first; a placebo tells whether it really did."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.elimination import lifted_by, supporting
from lib.whys.probes import Asking, Change, accepted
from lib.whys.strategy.inquiry import Inquiry

Progress = tuple[Change, Observation, Observation]
"""A change, the refusal that it leads to, and its placebo's, or where none is possible the unchanged one's: still the first."""


def confirm_progress(inquiry: Inquiry) -> Asking[None]:
    """Asks each change that altered the refusal alone, twice, and beside it a placebo: a wrong value may alter it as well."""
    for change in _single(inquiry):
        yield from inquiry.probe(change.placebo or {})
        yield from inquiry.probe(change.factors)
        yield from inquiry.repeat(change.factors)


def progress(inquiry: Inquiry) -> tuple[Progress, ...]:
    """The changes that lead past a first refusal to another one, while their placebos do not."""
    return tuple(found for change in _single(inquiry) if (found := _progress(inquiry, change)))


def _single(inquiry: Inquiry) -> list[Change]:
    found: list[Change] = []
    for changes, _ in inquiry.effects:
        telling = [change for change in changes if not change.harmless]
        if len(telling) == 1 and (telling[0].placebo is not None or telling[0].factor == "proxy") and telling[0] not in found:
            found.append(telling[0])
    return found[:3]


def _progress(inquiry: Inquiry, change: Change) -> Progress | None:
    log, placebo = inquiry.log, inquiry.log.latest(**(change.placebo or {}))
    altered = log.with_factors(change.factors)
    if placebo is None or accepted(placebo) or not log.like_a_control(placebo) or len(altered) < 2:
        return None
    if any(accepted(seen) or log.like_a_control(seen) or not log.same(seen, altered[0]) for seen in altered):
        return None
    impossible = log.latest(path=inquiry.context.impossible_path)
    if "path" in change.factors and (impossible is None or log.same(impossible, altered[0])):
        return None  # what a path gets that cannot exist leads past nothing
    return change, altered[0], placebo


def behind(inquiry: Inquiry) -> set[str]:
    """What may stand behind a first cause: changes that altered the refusal without lifting it, and what speaks in the altered
    one."""
    found: set[str] = set()
    for changes, seen in inquiry.effects:
        found.update(cause for change in changes if not change.harmless for cause in lifted_by(*change.touched))
        found.update(name for name in CATALOGUE if supporting(inquiry.log, name, seen.factors))
    return found
