"""The search for what lifts the refusal: single changes, then changes on top of those that had an effect, then pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from lib.facts import RUNGS, Observation
from lib.whys.elimination import alive, lifted_by
from lib.whys.inquiry import Inquiry
from lib.whys.named import named_by_logs
from lib.whys.splits import assess
from lib.whys.steps import FORGED, GARBAGE, NONE, Asking, Change, accepted, merged
from lib.whys.verify import verify

NOT_FOUND = frozenset({301, 302, 303, 307, 308, 400, 404, 405, 421, 426})
"""Statuses with which servers tell of routes, hosts and upgrades rather than of tokens."""


def offers(inquiry: Inquiry) -> list[Change]:
    """The changes worth trying, those that the surviving causes predict first."""
    ledger, context = inquiry.ledger, inquiry.context
    symptom = ledger.symptom()
    assert symptom is not None
    changes = [change for change in (*_dynamic(inquiry, symptom), *context.changes) if context.can_send(change.factors)]
    surviving = set(alive(ledger))
    named = named_by_logs(ledger)
    first = {"path", "host", "host_header"} if symptom.status in NOT_FOUND else set()

    def rank(position: int) -> tuple[Any, ...]:
        factor = changes[position].factor
        predicting = set(lifted_by(factor))
        return (not predicting & set(named), factor != "issued" and not predicting & surviving, factor not in first, position)

    return [changes[position] for position in sorted(range(len(changes)), key=rank)]


def _dynamic(inquiry: Inquiry, symptom: Observation) -> Iterator[Change]:
    """Changes that the answers themselves suggest."""
    if symptom.finding.get("via_proxy") is not None:
        yield Change(factor="proxy", factors={"proxy": "off"})
    chosen = symptom.headers.get("sec-websocket-protocol")
    if symptom.status == 101 and chosen and not accepted(symptom):
        yield Change(factor="subprotocols", factors={"subprotocols": [chosen]})
    skew = next((seen for seen in inquiry.ledger.all if seen.kind == "offline" and "clock" in seen.factors), None)
    if skew is None or inquiry.context.credential != "minted":
        return
    if skew.finding["high_s"] < -240 and inquiry.context.claims.get("iat") is None:
        yield Change(factor="backdating", factors={"issued_ago_s": round(60 - skew.finding["high_s"] + 60)})
    if skew.finding["low_s"] > inquiry.context.lifetime_s - 60:
        yield Change(factor="lifetime", factors={"lifetime_s": round(inquiry.context.lifetime_s + skew.finding["high_s"] + 60)})


def singles(inquiry: Inquiry) -> Asking:
    """Each change alone, until one lifts the refusal and nothing is left that predicts the same."""
    for change in offers(inquiry):
        seen = yield from inquiry.probe(change.factors)
        if accepted(seen):
            lift = yield from verify(inquiry, (change,))
            if lift is not None:
                yield from assess(inquiry, lift)
                inquiry.note_lift(lift)
                if not lift.bypass:
                    return
        else:
            note_effect(inquiry, change, seen)
    # A lift that may be a bypass is kept only if nothing better was found; the last one found is the weakest statement.


def note_effect(inquiry: Inquiry, change: Change, seen: Observation) -> None:
    """Remembers a change that altered the symptom without being one of the ways to make things worse."""
    if is_progress(inquiry, seen):
        inquiry.effects.append((change, seen))


def is_progress(inquiry: Inquiry, seen: Observation, beside: Observation | None = None) -> bool:
    """Whether this refusal is another than the control's, and none that a worse request gets."""
    ledger = inquiry.ledger
    symptom = beside or ledger.symptom()
    assert symptom is not None
    if ledger.same(seen, symptom) or (seen.status is None and symptom.status is not None):
        return False
    if RUNGS.index(seen.rung or "dns") < RUNGS.index(symptom.rung or "dns"):
        return False
    worse = [
        ledger.first(credential=NONE),
        ledger.first(credential=GARBAGE),
        ledger.first(key=FORGED),
        ledger.first(path=inquiry.context.impossible_path),
    ]
    return not any(ledger.same(seen, other) for other in worse if other is not None)


def joint(inquiry: Inquiry) -> Asking:
    """Several changes together: on top of what had an effect, on top of all harmless ones, then pair by pair."""
    changes = offers(inquiry)
    yield from inquiry.impossible_path()
    inquiry.effects[:] = [(change, seen) for change, seen in inquiry.effects if is_progress(inquiry, seen)]
    inquiry.effects.sort(key=lambda item: -RUNGS.index(item[1].rung or "dns"))
    for change, seen in list(inquiry.effects):
        if (yield from _climb(inquiry, [change], seen, changes, depth=3)):
            return
    harmless = _compatible([change for change in changes if change.harmless])
    exclusive = [change for change in changes if not change.harmless]
    base = harmless if (yield from _harmless_indeed(inquiry, harmless)) else []
    if len(base) > 1 and (yield from _try(inquiry, base)):
        return
    if base:
        for change in exclusive:
            if not _clash(base, change) and (yield from _try(inquiry, [*base, change])):
                return
    for pair in _pairs(exclusive):
        if (yield from _try(inquiry, [*(item for item in base if not _clash(pair, item)), *pair])):
            return


def _climb(inquiry: Inquiry, base: list[Change], at: Observation, changes: list[Change], *, depth: int) -> Asking:
    steps: list[tuple[Change, Observation]] = []
    for change in changes:
        if _clash(base, change) or not inquiry.context.can_send(merged([*base, change])):
            continue
        seen = yield from inquiry.probe(merged([*base, change]))
        if accepted(seen):
            if (yield from _settle(inquiry, [*base, change])):
                return True
        elif is_progress(inquiry, seen, beside=at) and is_progress(inquiry, seen):
            steps.append((change, seen))
    if depth > 1:
        for change, seen in steps[:3]:
            if (yield from _climb(inquiry, [*base, change], seen, changes, depth=depth - 1)):
                return True
    return False


def _harmless_indeed(inquiry: Inquiry, harmless: list[Change]) -> Asking:
    if not harmless:
        return False
    seen = yield from inquiry.probe(merged(harmless))
    symptom = inquiry.ledger.symptom()
    return symptom is not None and (accepted(seen) or inquiry.ledger.same(seen, symptom))


def _try(inquiry: Inquiry, changes: list[Change]) -> Asking:
    factors = merged(changes)
    if not inquiry.context.can_send(factors):
        return False
    seen = yield from inquiry.probe(factors)
    return accepted(seen) and (yield from _settle(inquiry, changes))


def _settle(inquiry: Inquiry, changes: list[Change]) -> Asking:
    """Drops every change that is not needed, then verifies what is left."""
    needed = list(changes)
    harmless = [change for change in needed if change.harmless]
    if len(harmless) > 1:
        without = [change for change in needed if not change.harmless]
        if without and accepted((yield from inquiry.probe(merged(without)))):
            needed = without
    for change in list(needed):
        rest = [item for item in needed if item is not change]
        if rest and len(needed) > 1 and accepted((yield from inquiry.probe(merged(rest)))):
            needed = rest
    lift = yield from verify(inquiry, tuple(needed))
    if lift is None:
        return False
    yield from assess(inquiry, lift)
    inquiry.note_lift(lift)
    return True


def _compatible(changes: list[Change]) -> list[Change]:
    kept: list[Change] = []
    for change in changes:
        if not _clash(kept, change):
            kept.append(change)
    return kept


def _clash(base: Any, change: Change) -> bool:
    taken = {name for item in base for name in item.factors}
    if {"lifetime_s", "issued_ago_s"} & taken and {"lifetime_s", "issued_ago_s"} & change.factors.keys():
        return True
    return (
        bool(taken & change.factors.keys())
        or ("token" in taken and _of_token(change))
        or ("token" in change.factors and any(map(_of_token, base)))
    )


def _of_token(change: Change) -> bool:
    names: Mapping[str, Any] = change.factors
    return any(name in {"key", "algorithm", "user", "lifetime_s", "issued_ago_s"} or name.startswith("claims.") for name in names)


def _pairs(changes: list[Change]) -> Iterator[tuple[Change, Change]]:
    """Pairs of different factors: those of different layers that mask each other in practice first."""
    pairs = [(one, other) for one, other in combinations(changes, 2) if not _clash([one], other)]
    weight = {
        "key": 0,
        "user": 1,
        "origin": 2,
        "iss": 2,
        "aud": 2,
        "algorithm": 3,
        "path": 3,
        "carrier": 3,
        "scheme": 3,
        "host_header": 4,
        "host": 4,
    }
    pairs.sort(key=lambda pair: weight.get(pair[0].factor, 3) + weight.get(pair[1].factor, 3))
    yield from pairs
