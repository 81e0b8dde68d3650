"""The search for what lifts the refusal: single changes, then changes on top of those that had an effect, then pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lib.facts import RUNGS, Observation
from lib.whys.catalogue.factors import LIKELY_ADDITIONS, OF_THE_CONNECTION, WEIGHT
from lib.whys.changes import nonsense
from lib.whys.evidence.elimination import alive, explained, lifted_by
from lib.whys.evidence.features import learned
from lib.whys.evidence.log_entries import named_by_logs
from lib.whys.evidence.refusal import Refusal
from lib.whys.evidence.server_answer import sentences
from lib.whys.evidence.server_named import named_by
from lib.whys.evidence.stated import answer_of, sent_by
from lib.whys.probes import FORGED, GARBAGE, NONE, Asking, Change, accepted, merged
from lib.whys.strategy.bypass import rival
from lib.whys.strategy.combinations import chosen, clash, compatible, pairs_of
from lib.whys.strategy.comparison import decisive_differences
from lib.whys.strategy.discrimination import discriminate, leads_past
from lib.whys.strategy.edge import is_another_system
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.intervention import refused_still, verify
from lib.whys.strategy.location import changes_to
from lib.whys.strategy.stated import answers_to, is_unread, stated_cause

NOT_FOUND = frozenset({301, 302, 303, 307, 308, 400, 404, 405, 421, 426})
"""Statuses with which servers tell of routes, hosts and upgrades rather than of tokens."""


def offers(inquiry: Inquiry) -> list[Change]:
    """The changes worth trying, those that the surviving causes predict first."""
    log, context = inquiry.log, inquiry.context
    symptom = log.symptom()
    assert symptom is not None
    changes = [change for change in (*_dynamic(inquiry, symptom), *context.changes) if context.can_send(change.factors)]
    surviving = set(alive(log))
    named = {*named_by_logs(log), stated_cause(inquiry)}
    first = {"path", "host", "host_header"} if symptom.status in NOT_FOUND else set()
    first |= {"path"} if "plain-get-finds-nothing" in learned(Refusal(log)) else set()

    def rank(position: int) -> tuple[Any, ...]:
        factor = changes[position].factor
        predicting = set(lifted_by(*changes[position].touched))
        unlikely = factor != "issued" and not predicting & surviving
        own = changes[position].own and not changes[position].harmless
        suggested = (factor != "proxy", not named & set(lifted_by(factor)), not named & predicting)
        return (*suggested, unlikely, factor not in first, own, WEIGHT.get(factor, 9), position)

    return [changes[position] for position in sorted(range(len(changes)), key=rank)]


def _dynamic(inquiry: Inquiry, symptom: Observation) -> Iterator[Change]:
    """Changes that the answers themselves suggest."""
    if symptom.finding.get("via_proxy") is not None:
        yield Change(factor="proxy", factors={"proxy": "off"})
    yield from chosen(symptom)
    yield from _named(inquiry, symptom)
    skew = inquiry.log.clock()
    if skew is None or inquiry.context.credential != "minted":
        return
    if skew.finding["high_s"] < -240 and inquiry.context.claims.get("iat") is None:
        yield Change(factor="backdating", factors={"issued_ago_s": round(60 - skew.finding["high_s"] + 60)})
    if skew.finding["low_s"] > inquiry.context.lifetime_s - 60:
        yield Change(factor="lifetime", factors={"lifetime_s": round(inquiry.context.lifetime_s + skew.finding["high_s"] + 60)})


def _named(inquiry: Inquiry, symptom: Observation) -> Iterator[Change]:
    """Words before the token, another place and subprotocols that the refusal itself names."""
    context, answer, sent = inquiry.context, answer_of(symptom), sent_by(inquiry.context)
    named = named_by(answer, sent, sentences(answer, sent))
    if context.carrier == "authorization" and context.credential in ("minted", "given"):
        words = [word for word in named.schemes if word.lower() not in _OF_OTHER_CREDENTIALS]
        yield from (Change(factor="scheme", factors={"scheme": word}, own=True) for word in words[:_AT_MOST_NAMED])
    yield from changes_to(inquiry, symptom)
    for name in named.subprotocols[:_AT_MOST_NAMED]:
        placebo = {"subprotocols": [nonsense(name)]}
        yield Change(factor="subprotocols", factors={"subprotocols": [name]}, placebo=placebo, own=True)


_OF_OTHER_CREDENTIALS = frozenset({"basic", "digest", "negotiate", "ntlm", "hoba", "mutual", "scram-sha-256"})
"""Schemes under which a password or a ticket is sent, and never a token."""

_AT_MOST_NAMED = 3


def search(inquiry: Inquiry) -> Asking[None]:
    """Looks for what lifts the refusal until something does, or nothing is left to try within the budget."""
    decisive = yield from decisive_differences(inquiry)
    if decisive and (yield from _settle(inquiry, decisive)):
        return
    changes = offers(inquiry)
    if is_unread(inquiry):
        for change in (item for item in changes if item.factor in OF_THE_CONNECTION):
            if (yield from _alone(inquiry, change)):
                return
        yield from _joint(inquiry, [], changes)
        return
    suggested = [change for change in changes if _suggested(inquiry, change)]
    for change in suggested:
        if (yield from _alone(inquiry, change)) or (yield from _behind(inquiry, change, changes)):
            return
    harmless = compatible([*(change for change in changes if change.harmless), *_all_carriers(inquiry)])
    base = harmless if len(harmless) > 1 else []
    if base:
        seen = yield from inquiry.probe(merged(base))
        if accepted(seen) and (yield from _settle(inquiry, base)):
            return
        base = base if inquiry.log.like_a_control(seen) else []
        inquiry.harmless_refused += [seen] if base else []
    exclusive = [change for change in changes if not (base and _covered(change, base))]
    for change in exclusive:
        if (yield from _on_top(inquiry, base, change)):
            return
    if (yield from _joint(inquiry, base, exclusive)) or not base:
        return
    # What was thought harmless may have been refused behind a first refusal: everything once more, alone.
    for change in [item for item in changes if item not in suggested and not _hopeless(inquiry)]:
        if inquiry.has_reserve() and (yield from _alone(inquiry, change)):
            return


def _behind(inquiry: Inquiry, change: Change, changes: list[Change]) -> Asking[bool]:
    """Where the log names another cause once this change is made, that one stands behind the first: what lifts it comes next."""
    yield from inquiry.read_logs()
    seen = inquiry.log.latest(**change.factors)
    if seen is None or accepted(seen) or not inquiry.context.has_logs:
        return False
    named = set(named_by_logs(inquiry.log, [seen])) - set(named_by_logs(inquiry.log))
    further = [item for item in changes if named & set(lifted_by(*item.touched))]
    return bool(further) and (yield from _climb(inquiry, [change], seen, further, depth=1))


def _suggested(inquiry: Inquiry, change: Change) -> bool:
    """Whether an answer or a log entry itself points at this change."""
    predicting = set(lifted_by(*change.touched)) & {*named_by_logs(inquiry.log), stated_cause(inquiry)}
    skewed = inquiry.log.clocks_differ()
    symptom = inquiry.log.symptom()
    named = symptom is not None and change in [*chosen(symptom), *_named(inquiry, symptom)]
    return bool(predicting) or named or change.factor == "proxy" or (skewed and change.factor in {"backdating", "lifetime"})


def _all_carriers(inquiry: Inquiry) -> list[Change]:
    carriers = [str(change.factors["carrier"]) for change in inquiry.context.changes if change.factor == "carrier"]
    return [Change(factor="carriers", factors={"carriers": list(dict.fromkeys(carriers))}, harmless=True)] if carriers else []


def _covered(change: Change, base: list[Change]) -> bool:
    return change in base or (change.factor == "carrier" and any(item.factor == "carriers" for item in base))


def _alone(inquiry: Inquiry, change: Change) -> Asking[bool]:
    return (yield from _on_top(inquiry, [], change))


def _on_top(inquiry: Inquiry, base: list[Change], change: Change) -> Asking[bool]:
    """One change, on top of the harmless ones; true when it led to a lift that decides."""
    together = [*(item for item in base if not clash([change], item)), change]
    if not inquiry.context.can_send(merged(together)):
        return False
    seen = yield from inquiry.probe(merged(together))
    if accepted(seen):
        return (yield from _settle(inquiry, together))
    note_effect(inquiry, together, seen)
    return False


def note_effect(inquiry: Inquiry, changes: list[Change], seen: Observation) -> None:
    """Remembers changes that altered the symptom without being one of the ways to make things worse."""
    if is_progress(inquiry, seen):
        inquiry.effects.append((changes, seen))


def is_progress(inquiry: Inquiry, seen: Observation, beside: Observation | None = None) -> bool:
    """Whether this refusal is another than the control's, and none that a worse request gets."""
    log = inquiry.log
    symptom = beside or log.symptom()
    assert symptom is not None
    if (
        seen.kind != "handshake"
        or log.same(seen, symptom)
        or log.like_a_control(seen)
        or (seen.status is None and symptom.status is not None)
    ):
        return False
    if RUNGS.index(seen.rung or "dns") < RUNGS.index(symptom.rung or "dns"):
        return False
    worse = [
        log.latest(credential=NONE),
        log.latest(credential=GARBAGE),
        log.latest(key=FORGED),
        log.latest(path=inquiry.context.impossible_path),
    ]
    return not any(log.same(seen, other) for other in worse if other is not None)


def _joint(inquiry: Inquiry, base: list[Change], exclusive: list[Change]) -> Asking[bool]:
    """Several changes together: on top of what had an effect, then pair by pair."""
    unread = is_unread(inquiry)
    if unread and not inquiry.effects:
        return False
    yield from inquiry.impossible_path()
    if inquiry.effects:
        yield from inquiry.negative_controls()
    inquiry.effects[:] = [item for item in inquiry.effects if is_progress(inquiry, item[1])]
    inquiry.effects.sort(key=lambda item: -RUNGS.index(item[1].rung or "dns"))
    for changes, seen in list(inquiry.effects):
        if (yield from _climb(inquiry, changes, seen, exclusive, depth=3)):
            return True
    if unread or _hopeless(inquiry):
        return False
    for pair in pairs_of(exclusive):
        if not inquiry.has_reserve():
            return False
        if (yield from _try(inquiry, [*(item for item in base if not clash(pair, item)), *pair])):
            return True
    return False


def _hopeless(inquiry: Inquiry) -> bool:
    # A crash is no check that two right values could pass.
    return bool({"server-failed", "ended-by-a-crash"} & learned(Refusal(inquiry.log)).keys())


def _climb(inquiry: Inquiry, base: list[Change], at: Observation, changes: list[Change], *, depth: int) -> Asking[bool]:
    """Every change on top of those that altered the refusal; from there on again."""
    steps: list[tuple[Change, Observation]] = []
    for change in (*chosen(at), *changes):
        if not inquiry.has_reserve():
            return False
        if clash(base, change) or not inquiry.context.can_send(merged([*base, change])):
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


def _try(inquiry: Inquiry, changes: list[Change]) -> Asking[bool]:
    factors = merged(changes)
    if not inquiry.context.can_send(factors):
        return False
    seen = yield from inquiry.probe(factors)
    return accepted(seen) and (yield from _settle(inquiry, changes))


def _settle(inquiry: Inquiry, changes: list[Change]) -> Asking[bool]:
    """Drops every change that is not needed, verifies what is left, and asks why it lifts; true when that decides."""
    needed = yield from _narrowed(inquiry, list(changes))
    carriers = [change for change in needed if change.factor == "carriers"]
    if carriers:
        needed = yield from _one_carrier(inquiry, [change for change in needed if change not in carriers])
        if not needed:
            return False
    needed = yield from _one_offer(inquiry, needed)
    yield from refused_still(inquiry, needed)
    stated = stated_cause(inquiry)
    past = () if answers_to(stated, needed) else (yield from rival(inquiry, needed))
    intervention = yield from verify(inquiry, tuple(needed))
    if intervention is None:
        return False
    for change in needed:
        base = intervention.without(change)
        if inquiry.context.can_send(base):
            past += yield from leads_past(inquiry, change, base)
            if not answers_to(stated, needed) or explained(inquiry.log, intervention, change) != (stated,):
                yield from discriminate(inquiry, change, base)
            past += is_another_system(inquiry, change, explained(inquiry.log, intervention, change))
    yield from inquiry.read_logs()
    inquiry.interventions.append(replace(intervention, bypass=past))
    return not past


def _one_offer(inquiry: Inquiry, needed: list[Change]) -> Asking[list[Change]]:
    """Of several subprotocols offered together the one that is needed, where one is enough."""
    for position, change in enumerate(needed):
        offer = change.factors.get("subprotocols") or ()
        for name in offer if len(offer) > 1 else ():
            single = replace(change, factors={"subprotocols": [name]}, placebo={"subprotocols": [nonsense(name)]})
            fewer = [*needed[:position], single, *needed[position + 1 :]]
            if accepted((yield from inquiry.probe(merged(fewer)))):
                return fewer
    return needed


def _narrowed(inquiry: Inquiry, needed: list[Change]) -> Asking[list[Change]]:
    """The changes that are needed: first as if it were one, by halves; then by dropping each."""
    last = [change for change in needed if not change.harmless]
    harmless = [change for change in needed if change.harmless]
    if last and harmless and accepted((yield from inquiry.probe(merged(last)))):
        harmless = []
    place = {factor: position for position, factor in enumerate(LIKELY_ADDITIONS)}
    pool = sorted(harmless, key=lambda change: place.get(change.factor, len(place)))
    while len(pool) > 1:
        half, other = pool[: len(pool) // 2], pool[len(pool) // 2 :]
        pool = half if accepted((yield from inquiry.probe(merged([*half, *last])))) else other
    if pool and accepted((yield from inquiry.probe(merged([*pool, *last])))):
        harmless = pool
    needed = [*harmless, *last]
    for change in list(needed):
        rest = [item for item in needed if item is not change]
        if rest and inquiry.context.can_send(merged(rest)) and accepted((yield from inquiry.probe(merged(rest)))):
            needed = rest
    return needed


def _one_carrier(inquiry: Inquiry, others: list[Change]) -> Asking[list[Change]]:
    for change in inquiry.context.changes:
        if change.factor == "carrier" and accepted((yield from inquiry.probe(merged([*others, change])))):
            return [*others, change]
    return []
