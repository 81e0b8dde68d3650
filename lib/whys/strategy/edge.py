"""Who is in between: the probes that tell what an edge does from what the application does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.facts import Observation
from lib.whys.evidence.answerer import answerer
from lib.whys.evidence.predictions import forwarded_hosts
from lib.whys.evidence.refusal import place_of
from lib.whys.probes import NONE, Asking, Change, Probe, accepted, name_of
from lib.whys.strategy.inquiry import Inquiry


def _plain(inquiry: Inquiry, **factors: Any) -> Asking[Observation]:
    known = inquiry.log.rest("plain", **factors)
    if known is not None:
        return known
    (seen,) = yield from inquiry.ask(Probe(request="plain", factors=factors))
    return seen


def split_carrier(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[bool]:
    """Another carrier is read: is the configured one read past the edge? True where that decides."""
    here = yield from _plain(inquiry)
    for authority in inquiry.context.hosts if "host" not in base else ():
        past = yield from inquiry.probe({**base, "host": authority})
        if accepted(past):
            return True
        there = yield from _plain(inquiry, host=authority)
        if there.status is not None and answerer(here) != answerer(there):
            yield from inquiry.probe({**base, **change.factors, "host": authority})
            return False
    return False


def past_the_edge(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    """What a plain GET gets on this side and on the other, and what the application there says without a credential."""
    past, place = change.factors, place_of(base)
    here = yield from _plain(inquiry, **place)
    there = yield from _plain(inquiry, **place, **past)
    if inquiry.context.credential == "none" or ("host_header" in past and answerer(here) == answerer(there)):
        return
    bare = yield from inquiry.probe({**base, **past, "credential": NONE})
    yield from inquiry.probe({**base, "credential": NONE})
    refused = inquiry.refused_with(base)
    if accepted(bare) or refused is None or not inquiry.log.same_answer(refused, bare) or "carrier" in base:
        return
    for other in (item for item in inquiry.context.changes if item.factor == "carrier"):
        beyond = yield from inquiry.probe({**base, **past, **other.factors})
        if accepted(beyond) and not accepted((yield from inquiry.probe({**base, **other.factors}))):
            return


def split_host(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    """Another authority is accepted: by its address, by its name, and what did the configured one do?"""
    yield from past_the_edge(inquiry, change, base)
    if "host" in change.factors:
        yield from inquiry.probe({**base, "host_header": name_of(change.factors["host"])})
        yield from inquiry.probe({**base, **change.factors, "host_header": inquiry.context.host})
        for name in forwarded_hosts(inquiry.log):
            yield from inquiry.probe({**base, **change.factors, "host_header": name})
    yield from inquiry.probe({**base, "path": inquiry.context.impossible_path})


def is_another_system(inquiry: Inquiry, change: Change, explained: tuple[str, ...]) -> tuple[str, ...]:
    """The plain answers that show no edge in between: then the other authority may be another system with other rules."""
    here, there = inquiry.log.rest("plain"), inquiry.log.rest("plain", **change.factors)
    if change.factor != "host" or len(explained) < 2 or here is None or there is None:
        return ()
    refused = inquiry.refused_with({})
    between = refused is not None and refused.status is not None and answerer(refused) != answerer(here)
    return (here.id, there.id) if answerer(here) == answerer(there) and not between else ()
