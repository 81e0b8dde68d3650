"""The course of a diagnosis: controls, the search for what lifts the refusal, and what elimination still needs when nothing
does."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.evidence import clock
from lib.whys.evidence.elimination import excluded
from lib.whys.evidence.features import STEADY
from lib.whys.probes import NONE, Ask, Asking, Spent, Wandered, accepted
from lib.whys.strategy import intermittent
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.search import search


def run(inquiry: Inquiry) -> Asking:
    """The whole diagnosis: yields steps, is sent the answers, ends when it is decided or the budget is spent."""
    try:
        yield from _led(inquiry)
    except Spent:
        inquiry.spent = True
        yield from inquiry.read_logs()


def _led(inquiry: Inquiry) -> Asking:
    first = yield from inquiry.control()
    (health,) = yield from inquiry.ask(Ask(request="health"))
    if accepted(first):
        yield from intermittent.of_working(inquiry)
        if not inquiry.healthy:
            yield from inquiry.read_logs()
        return
    if first.status is None and health.status is None and not (yield from _answers_elsewhere(inquiry)):
        inquiry.unreachable = True
        return
    try:
        yield from _controls(inquiry)
        yield from search(inquiry)
        if not inquiry.lifts:
            yield from _last_controls(inquiry)
    except Wandered:
        yield from intermittent.of_wandering(inquiry)
    yield from inquiry.read_logs()


def _answers_elsewhere(inquiry: Inquiry) -> Asking:
    for authority in inquiry.context.hosts:
        seen = yield from inquiry.ask(Ask(factors={"host": authority}), Ask(request="plain", factors={"host": authority}))
        if any(item.status is not None for item in seen):
            return True
    return False


def _controls(inquiry: Inquiry) -> Asking:
    """The same token over REST, the path as a plain GET; where a refusal says more than a bare 403, what lesser requests get."""
    ledger, context = inquiry.ledger, inquiry.context
    rest = [Ask(request="protected"), Ask(request="protected", factors={"credential": NONE})]
    yield from inquiry.ask(*(rest if context.credential != "none" else []), Ask(request="plain"))
    noted = clock.observation(ledger)
    ledger.add([noted] if noted is not None else [])
    first = ledger.controls()[0]
    telling = first.status != 403 or first.body_excerpt.strip()
    if telling or context.has_logs or not context.changes:
        yield from inquiry.control()
    if telling:
        yield from inquiry.lesser()
    yield from inquiry.read_logs()


def _last_controls(inquiry: Inquiry) -> Asking:
    """What elimination still needs: lesser requests, an impossible path, an invented user, time for a start-up to end."""
    ledger = inquiry.ledger
    yield from inquiry.control()
    yield from inquiry.lesser()
    yield from inquiry.impossible_path()
    if inquiry.context.credential == "minted" and "user-unknown" not in excluded(ledger):
        yield from inquiry.probe({"user": inquiry.invented_user()})
    watch_s = min(inquiry.context.seconds / 4, 15.0)
    while len(ledger.controls()) < STEADY or _between_s(ledger.controls()[0], ledger.handshakes()[-1]) < watch_s:
        yield from inquiry.control(wait_s=watch_s / STEADY)


def _between_s(first: Observation, last: Observation) -> float:
    return (last.at - first.at).total_seconds() if last.at and first.at else float("inf")
