"""The course of a diagnosis: controls, the search for what lifts the refusal, and what elimination still needs when nothing
does."""

from __future__ import annotations

from lib.facts import PROXY_FAILED, Observation
from lib.whys.evidence import clock
from lib.whys.evidence.elimination import excluded
from lib.whys.evidence.features import STEADY
from lib.whys.evidence.stated import heard
from lib.whys.probes import NONE, Asking, BudgetExhausted, OutcomeFlipped, Probe, accepted
from lib.whys.strategy import intermittent
from lib.whys.strategy.addresses import each_address, when_split
from lib.whys.strategy.hanging import when_hanging
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.location import without_anything
from lib.whys.strategy.progress import confirm_progress
from lib.whys.strategy.search import search
from lib.whys.strategy.stated import is_unread, stated_cause

STEADY_S, WAVERING_S = 6.0, 15.0
"""For so long a refusal is looked at, beside all other questions: in one face, or in several and in those of a start-up."""


def run(inquiry: Inquiry) -> Asking[None]:
    """The whole diagnosis: yields steps, is sent the answers, ends when it is decided or the budget is spent."""
    try:
        yield from _run_phases(inquiry)
    except BudgetExhausted:
        yield from inquiry.read_logs()
    if not inquiry.interventions:
        yield from inquiry.read_near()


def _run_phases(inquiry: Inquiry) -> Asking[None]:
    first = yield from inquiry.control()
    (health,) = yield from inquiry.ask(Probe(request="health"))
    if accepted(first):
        yield from intermittent.when_working(inquiry)
        if inquiry.healthy:
            yield from each_address(inquiry)
            when_split(inquiry)
        if not inquiry.healthy:
            yield from inquiry.read_logs()
        return
    if first.status is None and health.status is None and not (yield from _answers_elsewhere(inquiry, first)):
        # A failure of TLS that names its cause is a refusal; its own words are asked for once more, and nothing else would help.
        inquiry.unreachable = first.rung != "tls" or heard(inquiry.log).plain is None
        if not inquiry.unreachable:
            yield from inquiry.control()
        return
    try:
        yield from _over_rest(inquiry)
        if (yield from when_hanging(inquiry)):
            yield from inquiry.read_logs()
            return
        yield from _controls(inquiry)
        yield from each_address(inquiry)
        yield from search(inquiry)
        if not inquiry.interventions:
            yield from confirm_progress(inquiry)
            yield from without_anything(inquiry)
            yield from _last_controls(inquiry)
            when_split(inquiry)
    except OutcomeFlipped:
        yield from intermittent.when_intermittent(inquiry)
    yield from inquiry.read_logs()


def _answers_elsewhere(inquiry: Inquiry, first: Observation) -> Asking[bool]:
    ways = [{"host": authority} for authority in inquiry.context.hosts]
    if str(first.finding.get("error") or "").startswith(PROXY_FAILED):
        ways.insert(0, {"proxy": "off"})
    for way in ways:
        seen = yield from inquiry.ask(Probe(factors=way), Probe(request="plain", factors=way))
        if any(item.status is not None for item in seen):
            return True
    return False


def _over_rest(inquiry: Inquiry) -> Asking[None]:
    """The same token over REST, the path as a plain GET, and what both say of the clock."""
    log, context = inquiry.log, inquiry.context
    rest = [Probe(request="protected"), Probe(request="protected", factors={"credential": NONE})]
    yield from inquiry.ask(*(rest if context.credential != "none" else []), Probe(request="plain"))
    noted = clock.observation(log)
    log.add([noted] if noted is not None else [])


def _controls(inquiry: Inquiry) -> Asking[None]:
    """The handshake once more, where one answer does not tell all; beyond a bare 403 the negative controls."""
    log, context = inquiry.log, inquiry.context
    first = log.controls()[0]
    telling = first.status != 403 or first.body_excerpt.strip()
    if telling or context.has_logs or not context.changes:
        yield from inquiry.control()
    if telling and not is_unread(inquiry):
        yield from inquiry.negative_controls()
    yield from inquiry.read_logs()


def _last_controls(inquiry: Inquiry) -> Asking[None]:
    """What elimination still needs: the negative controls, an impossible path, an invented user, time for a start-up to end."""
    log = inquiry.log
    yield from inquiry.control()
    if not is_unread(inquiry):
        yield from inquiry.negative_controls()
        yield from inquiry.impossible_path()
        if inquiry.context.credential == "minted" and "user-unknown" not in excluded(log):
            yield from inquiry.probe({"user": inquiry.invented_user()})
    elif stated_cause(inquiry):
        return
    watch_s = min(inquiry.context.seconds / 4, WAVERING_S if _wavers(inquiry) else STEADY_S)
    while len(log.controls()) < STEADY or _between_s(log.controls()[0], log.handshakes()[-1]) < watch_s:
        yield from inquiry.control(wait_s=watch_s / STEADY)


def _wavers(inquiry: Inquiry) -> bool:
    """Whether refusals of the configured handshake changed their face, or are those of a service that may not be up yet."""
    refused = inquiry.log.refused_controls()
    faces = {inquiry.log.fingerprint(seen) for seen in refused}
    return len(faces) > 1 or any(seen.status is None or seen.status >= 500 for seen in refused)


def _between_s(first: Observation, last: Observation) -> float:
    return (last.at - first.at).total_seconds() if last.at and first.at else float("inf")
