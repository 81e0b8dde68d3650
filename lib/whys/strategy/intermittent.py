"""Causes of conduct: what repetition, spacing, concurrency, fresh tokens and waiting show when the same handshake now passes,
now fails."""

from __future__ import annotations

from itertools import pairwise

from lib.facts import ACCEPTED_AFTER_S, Observation
from lib.whys.catalogue.factors import OF_CONDUCT
from lib.whys.probes import FORGED, GARBAGE, NONE, Asking, Conduct, accepted
from lib.whys.strategy.inquiry import QUIET_S, Inquiry
from lib.whys.strategy.rate_limit import pace, pace_or_limit
from lib.whys.strategy.repetition import HELD, fresh, hold, ids, is_conduct, resend, series
from lib.whys.strategy.token_replay import cached, reuse
from lib.whys.strategy.watching import watch

_LASTED, _ASKED_AGAIN = 3, 6
"""So many refusals before everything was accepted are no luck, and so many that had something changed are asked once more."""

_SPACED = 6
"""So many handshakes with pauses, where the same handshake now passes, now fails."""


def when_working(inquiry: Inquiry) -> Asking[None]:
    """The configured handshake was accepted: does it stay so at once again, with the very same token, and several times at
    once?"""
    again = yield from fresh(inquiry)
    if not accepted(again):
        yield from when_intermittent(inquiry)
        return
    same = (yield from resend(inquiry, again)) if inquiry.context.credential == "minted" else None
    count = min(HELD, inquiry.context.concurrency)
    held = (yield from hold(inquiry, count)) if count > 1 else []
    if same is not None and not accepted(same) and (yield from reuse(inquiry)):
        return
    if all(map(accepted, held)) and (same is None or accepted(same)):
        inquiry.healthy = True
        yield from watch(inquiry)
        return
    if not (yield from pace_or_limit(inquiry)):
        yield from when_intermittent(inquiry)


def when_intermittent(inquiry: Inquiry) -> Asking[None]:
    """The configured handshake was refused and is accepted now, or the other way round: which kind of inconstancy is it?"""
    refused = [seen for seen in inquiry.log.controls() if not accepted(seen)]
    if inquiry.context.credential == "minted" and refused and (yield from cached(inquiry, refused[0])):
        return
    dense = yield from series(inquiry, 8)
    if all(map(accepted, dense)):
        if not (yield from pace(inquiry)):
            yield from _switched(inquiry)
        return
    yield from series(inquiry, _SPACED, wait_s=QUIET_S)
    if not _by_count(inquiry) and (yield from pace(inquiry)):
        return
    _mixed(inquiry)


def unfinished(inquiry: Inquiry) -> Conduct:
    """What is open when the budget ended before it was told why the same handshake now passes, now fails."""
    own = [seen for seen in inquiry.log.handshakes() if is_conduct(seen)]
    passed, failed = [seen for seen in own if accepted(seen)], [seen for seen in own if not accepted(seen)]
    return Conduct(
        factors=OF_CONDUCT,
        learned=_of_refusals(inquiry, failed),
        strength="ambiguous",
        refused=ids(failed),
        accepted=ids(passed),
        difference=("moment",),
        because=f"{len(passed)} of {len(own)} handshakes alike were accepted, the others refused; the budget ended "
        "before it was told why",
    )


def _of_refusals(inquiry: Inquiry, failed: list[Observation]) -> dict[str, tuple[str, ...]]:
    """What the refusals of the configured handshake show by themselves."""
    new = [seen for seen in failed if "token" not in seen.factors] if inquiry.context.fresh_tokens else []
    too_many = bool(failed) and all(seen.status == 429 for seen in failed)
    return {"fresh-tokens-refused": ids(new), "too-many-alone": ids(failed) if too_many else ()}


def _switched(inquiry: Inquiry) -> Asking[None]:
    """Refused first, accepted ever after: the end of a start-up, unless something else ended just then."""
    controls = inquiry.log.controls()
    switch = next(position for position, seen in enumerate(controls) if accepted(seen))
    before, since = controls[:switch], controls[switch:]
    count = min(HELD, inquiry.context.concurrency)
    held = (yield from hold(inquiry, count)) if count > 1 else []
    if not all(map(accepted, since)):
        _mixed(inquiry)
        return
    if not before:
        # It worked from the first moment on: what was refused was refused for its pace, its number, or by luck.
        _hurried(inquiry)
        return
    inquiry.conduct = _started(inquiry, before, since, held)
    if len(before) < _LASTED:
        before += yield from _refused_until_then(inquiry, len(before), since[0])
        inquiry.conduct = _started(inquiry, before, since, held)


def _started(inquiry: Inquiry, before: list[Observation], since: list[Observation], held: list[Observation]) -> Conduct:
    hurried = [seen for seen in inquiry.log.handshakes() if "spacing" in seen.factors]
    return Conduct(
        factors=OF_CONDUCT,
        strength="inferred",
        refused=ids(before),
        accepted=ids(since),
        difference=("moment",),
        because=(
            f"the first {len(before)} handshakes were refused, the {len(since)} after them accepted, nothing of the "
            f"request being changed; neither a faster pace nor {len(held)} sockets at once brought the refusal back. It cannot "
            "be made to come back from here, so this is inferred"
        ),
        learned={
            **_of_refusals(inquiry, before),
            "burst-accepted": ids(hurried) if all(map(accepted, hurried)) else (),
            "many-held-at-once": ids(held) if all(map(accepted, held)) else (),
            "refused-then-accepted-ever-after": ids(before, since) if len(before) >= _LASTED else (),
            "rest-accepted-meanwhile": _validated(inquiry),
        },
    )


def _refused_until_then(inquiry: Inquiry, count: int, switch: Observation) -> Asking[list[Observation]]:
    """What else was refused before everything was accepted, and is accepted as it stands now: its changes were not why."""
    meant_wrong = {NONE, GARBAGE, FORGED, inquiry.context.impossible_path}
    earlier = inquiry.log.handshakes()
    earlier = [seen for seen in earlier[: earlier.index(switch)] if seen.factors and not accepted(seen)]
    earlier = [seen for seen in earlier if not meant_wrong & {value for value in seen.factors.values() if isinstance(value, str)}]
    earlier.sort(key=lambda seen: len(seen.factors) if seen not in inquiry.harmless_refused else 0)
    found: list[Observation] = []
    for seen in earlier[:_ASKED_AGAIN]:
        if count + len(found) < _LASTED and accepted((yield from inquiry.repeat(seen.factors))):
            found.append(seen)
    return found


def _validated(inquiry: Inquiry) -> tuple[str, ...]:
    with_token = inquiry.log.rest("protected")
    served = with_token is not None and with_token.status is not None and 200 <= with_token.status < 300
    return (with_token.id,) if served and with_token is not None else ()


def _hurried(inquiry: Inquiry) -> None:
    own = [seen for seen in inquiry.log.handshakes() if is_conduct(seen)]
    passed, failed = [seen for seen in own if accepted(seen)], [seen for seen in own if not accepted(seen)]
    inquiry.conduct = Conduct(
        factors=OF_CONDUCT,
        strength="ambiguous",
        refused=ids(failed),
        accepted=ids(passed),
        difference=("spacing", "concurrency"),
        because=f"{len(failed)} of {len(own)} handshakes alike were refused, none of them alone; pace and number could "
        "not be told apart",
        learned={**_of_refusals(inquiry, failed), "accepted-at-first": ids(passed[:2])},
    )


def _by_count(inquiry: Inquiry) -> bool:
    """Whether acceptances came back faster than a server could recover that refuses by time or number.

    It refused after a pause of so many seconds, thus needs more of them; and twice in less it turned from refusing to accepting.
    """
    asked = list(pairwise(seen for seen in inquiry.log.handshakes() if seen.at is not None))
    quiet_s = [_apart_s(before, seen) - _lasted_s(before) for before, seen in asked if not seen.factors and not accepted(seen)]
    own = [(before, seen) for before, seen in asked if not seen.factors and not before.factors]
    turned = [seen for before, seen in own if accepted(seen) and not accepted(before)]
    return bool(quiet_s) and any(_apart_s(one, other) < max(quiet_s) for one, other in pairwise(turned))


def _apart_s(one: Observation, other: Observation) -> float:
    return (other.at - one.at).total_seconds() if one.at and other.at else 0.0


def _lasted_s(seen: Observation) -> float:
    return (seen.elapsed_ms or 0) / 1000 + (ACCEPTED_AFTER_S if accepted(seen) else 0.0)


def _mixed(inquiry: Inquiry) -> None:
    controls = inquiry.log.controls()
    passed, failed = [seen for seen in controls if accepted(seen)], [seen for seen in controls if not accepted(seen)]
    turns = sum(accepted(one) != accepted(other) for one, other in pairwise(controls))
    sure = turns >= 3 and len(passed) >= 2 and len(failed) >= 2 and _by_count(inquiry)
    told = (
        f"of {len(controls)} identical handshakes with fresh tokens {len(passed)} were accepted and {len(failed)} refused, "
        f"turning {turns} times, one socket at a time, also after pauses longer than from one acceptance to the next"
        if sure
        else f"of {len(controls)} identical handshakes {len(passed)} were accepted and {len(failed)} refused; "
        "neither pace nor number explained it, and neither is refuted"
    )
    inquiry.conduct = Conduct(
        factors=OF_CONDUCT,
        strength="inferred" if sure else "ambiguous",
        refused=ids(failed),
        accepted=ids(passed),
        difference=("moment",),
        because=told,
        learned={
            **_of_refusals(inquiry, failed),
            "only-turns-explain": ids(controls) if sure else (),
            "rest-accepted-meanwhile": _validated(inquiry),
        },
    )
