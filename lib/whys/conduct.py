"""Causes of conduct: what repetition, spacing, concurrency, fresh tokens and waiting show when the same handshake now passes, now fails."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lib.facts import Observation
from lib.whys.features import STEADY
from lib.whys.inquiry import QUIET_S, Inquiry
from lib.whys.steps import Ask, Asking, Conduct, accepted

HELD = 6
"""So many sockets are held open at once to see whether a limit is near."""

BURST = 8
"""So many handshakes follow each other without a pause."""


def of_working(inquiry: Inquiry) -> Asking:
    """The configured handshake was accepted: does it stay so at once again, with the very same token, and several times at once?"""
    again = yield from fresh(inquiry)
    if not accepted(again):
        yield from of_wandering(inquiry)
        return
    same = yield from resend(inquiry, again) if inquiry.context.credential == "minted" else _nothing()
    count = min(HELD, inquiry.context.concurrency)
    held = (yield from hold(inquiry, count)) if count > 1 else []
    if same is not None and not accepted(same) and (yield from _reuse(inquiry)):
        return
    if all(map(accepted, held)) and (same is None or accepted(same)):
        inquiry.healthy = True
        return
    yield from _pace_or_limit(inquiry)


def of_wandering(inquiry: Inquiry) -> Asking:
    """The configured handshake was refused and is accepted now, or the other way round: which kind of inconstancy is it?"""
    refused = [seen for seen in inquiry.ledger.controls() if not accepted(seen)]
    if inquiry.context.credential == "minted" and refused and (yield from _cached(inquiry, refused[0])):
        return
    dense = yield from series(inquiry, 8)
    if all(map(accepted, dense)):
        if not (yield from _pace(inquiry)):
            yield from _switched(inquiry)
        return
    spaced = yield from series(inquiry, STEADY, wait_s=QUIET_S)
    if all(map(accepted, spaced)) and (yield from _pace(inquiry)):
        return
    _mixed(inquiry, spaced)


def fresh(inquiry: Inquiry, *, wait_s: float = 0.0) -> Asking:
    """The configured handshake, with a fresh token where one is minted, whatever comes of it."""
    (seen,) = yield from inquiry.ask(Ask(), wait_s=wait_s)
    return seen


def resend(inquiry: Inquiry, earlier: Observation, *, wait_s: float = 0.0) -> Asking:
    """The configured handshake with the very token of an earlier one."""
    (seen,) = yield from inquiry.ask(Ask(factors={"token": f"as in {earlier.id}"}), wait_s=wait_s)
    return seen


def hold(inquiry: Inquiry, count: int, *, apart_s: float = 0.0) -> Asking:
    """Several sockets of the configured handshake, open at the same time."""
    return (yield from inquiry.ask(*[Ask(factors={"concurrency": count})] * count, together=True, apart_s=apart_s))


def burst(inquiry: Inquiry) -> Asking:
    """Handshakes as fast as they go, one open at a time."""
    return (yield from inquiry.ask(*[Ask(factors={"spacing": "none"}, brief=True)] * BURST))


def series(inquiry: Inquiry, count: int, *, wait_s: float = 0.0) -> Asking:
    """Configured handshakes one after the other."""
    seen = []
    for _ in range(count):
        seen.append((yield from fresh(inquiry, wait_s=wait_s)))
    return seen


def is_conduct(seen: Observation) -> bool:
    """Whether this is the configured handshake, changed in nothing but conduct."""
    return seen.factors.keys() <= {"concurrency", "spacing"} or str(seen.factors.get("token", "")).startswith("as in ")


def unfinished(inquiry: Inquiry) -> Conduct:
    """What is open when the budget ended before it was told why the same handshake now passes, now fails."""
    own = [seen for seen in inquiry.ledger.handshakes() if is_conduct(seen)]
    passed, failed = [seen for seen in own if accepted(seen)], [seen for seen in own if not accepted(seen)]
    causes = ["token-reuse", "connection-limit", "rate-limited", "startup-race", "mixed-revisions", "verdict-cached"]
    return Conduct(
        causes=tuple(causes),
        strength="ambiguous",
        refused=ids(failed),
        accepted=ids(passed),
        difference=("moment",),
        because=f"of {len(own)} handshakes alike {len(passed)} were accepted and {len(failed)} refused, and the budget ended before it was told why",
    )


def _nothing() -> Asking:
    return None
    yield


def ids(*groups: Sequence[Observation]) -> tuple[str, ...]:
    """The ids of observations, in order."""
    return tuple(seen.id for group in groups for seen in group)


def _reuse(inquiry: Inquiry) -> Asking:
    """Is it the very token coming twice? Fresh and same tokens in an order that luck and pace do not imitate."""
    new, same = [], []
    for letter in "FSFFSSFFS":
        seen = (yield from fresh(inquiry)) if letter == "F" else (yield from resend(inquiry, new[-1]))
        (new if letter == "F" else same).append(seen)
    if not all(map(accepted, new)) or any(map(accepted, same)):
        return False
    later = yield from resend(inquiry, new[-1], wait_s=2 * QUIET_S)
    after = "and accepted again" if accepted(later) else "and still refused"
    inquiry.conduct = Conduct(
        causes=("token-reuse",),
        strength="proved",
        refused=ids(same),
        accepted=ids(new),
        difference=("token",),
        because=(
            f"{len(new)} of {len(new)} handshakes with a fresh token were accepted, {len(same)} of {len(same)} with a token that "
            "had just been"
            f" accepted were refused, in alternation and at the same pace; after {2 * QUIET_S:.1f} s the same token was sent once "
            f"more {after}"
        ),
        excluded={
            "verdict-cached": ids(new),
            "rate-limited": ids(new),
            "connection-limit": ids(new),
            "mixed-revisions": ids(new, same),
            "startup-race": ids(same),
        },
    )
    return True


def _cached(inquiry: Inquiry, refused: Observation) -> Asking:
    """Is the refusal tied to the very token that was refused first?"""
    old, new = [], []
    for letter in "OFFOOFOFFO":
        seen = (yield from fresh(inquiry)) if letter == "F" else (yield from resend(inquiry, refused))
        (new if letter == "F" else old).append(seen)
        if accepted(seen) != (letter == "F"):
            return False
    reused = yield from resend(inquiry, new[-1])
    later = yield from resend(inquiry, refused, wait_s=QUIET_S)
    if accepted(later):
        return False
    both = not accepted(reused) and not accepted((yield from resend(inquiry, new[-1], wait_s=QUIET_S)))
    inquiry.conduct = Conduct(
        causes=("token-reuse", "verdict-cached") if both else ("verdict-cached",),
        strength="ambiguous" if both else "proved",
        refused=(refused.id, *ids(old), later.id),
        accepted=ids(new),
        difference=("token",),
        because=(
            f"the token of {refused.id}, once refused, was refused {len(old) + 1} more times, and {len(new)} of {len(new)} fresh "
            "tokens of the same content were"
            f" accepted in between; a token that had been accepted was {'refused' if not accepted(reused) else 'accepted'} when it "
            "came again"
        ),
        excluded={
            "token-reuse": (reused.id,),
            "startup-race": (later.id,),
            "mixed-revisions": ids(old, new),
            "rate-limited": ids(new),
            "connection-limit": ids(new),
        },
    )
    if both:
        inquiry.conduct.excluded.pop("token-reuse")
    return True


def _pace_or_limit(inquiry: Inquiry) -> Asking:
    """Refused only when several come at once: because of their pace, of their number, or by luck?"""
    if (yield from _pace(inquiry)):
        return
    count = min(HELD, inquiry.context.concurrency)
    trials, alone = [], []
    for _ in range(3):
        trials.append((yield from hold(inquiry, count, apart_s=0.4)))
        alone += yield from series(inquiry, 3, wait_s=0.3)
    refused = [seen for trial in trials for seen in trial if not accepted(seen)]
    open_at_once = {sum(map(accepted, trial)) for trial in trials}
    limited = len(open_at_once) == 1 and all(_then_full(trial) and not accepted(trial[-1]) for trial in trials)
    if limited and all(map(accepted, alone)):
        inquiry.conduct = Conduct(
            causes=("connection-limit",),
            strength="proved",
            refused=ids(refused),
            accepted=ids(alone),
            difference=("concurrency",),
            because=(
                f"with {min(open_at_once)} sockets open further handshakes were refused ({len(refused)} of {3 * count} in three trials, "
                "begun 0.4 s apart), and"
                f" {len(alone)} of {len(alone)} alone, after each trial, were accepted; a burst with one socket at a time was accepted"
            ),
            excluded={
                "rate-limited": ids(alone),
                "mixed-revisions": ids(refused, alone),
                "token-reuse": ids(alone),
                "startup-race": ids(refused),
            },
        )
        return
    yield from of_wandering(inquiry)


def _then_full(group: Sequence[Observation]) -> bool:
    # A limit lets the first ones in and then no more; luck does not keep that order.
    outcomes = [accepted(seen) for seen in group]
    return outcomes == sorted(outcomes, reverse=True)


def _pace(inquiry: Inquiry) -> Asking:
    """Is it the pace? Bursts are refused, the same handshakes with pauses are accepted, twice."""
    refused, spaced = [], []
    for _ in range(2):
        fast = yield from burst(inquiry)
        turned_away = [seen for seen in fast if not accepted(seen)]
        if len(turned_away) < 2 or not _then_full(fast):
            return False
        refused += turned_away
        spaced += yield from series(inquiry, 4, wait_s=QUIET_S)
    if not all(map(accepted, spaced)):
        return False
    count = min(HELD, inquiry.context.concurrency)
    held = (yield from hold(inquiry, count, apart_s=QUIET_S)) if count > 1 else []
    certain = all(map(accepted, held))
    inquiry.conduct = Conduct(
        causes=("rate-limited",) if certain else ("connection-limit", "rate-limited"),
        strength="proved" if certain else "ambiguous",
        refused=ids(refused),
        accepted=ids(spaced),
        difference=("spacing",),
        because=(
            f"{len(refused)} of {2 * BURST} handshakes without a pause were refused in two bursts, and {len(spaced)} of "
            f"{len(spaced)} with pauses of {QUIET_S:.1f} s"
            " were accepted after each; one socket was open at a time, every token fresh"
        ),
        excluded={
            **({"connection-limit": ids(held)} if certain else {}),
            "mixed-revisions": ids(spaced),
            "token-reuse": ids(refused),
            "verdict-cached": ids(refused),
            "startup-race": ids(refused),
        },
    )
    return True


def _switched(inquiry: Inquiry) -> Asking:
    """Refused first, accepted ever after: the end of a start-up, unless something else ended just then."""
    controls = inquiry.ledger.controls()
    switch = next(position for position, seen in enumerate(controls) if accepted(seen))
    before, since = controls[:switch], controls[switch:]
    count = min(HELD, inquiry.context.concurrency)
    held = (yield from hold(inquiry, count)) if count > 1 else []
    if not all(map(accepted, since)):
        _mixed(inquiry, ())
        return
    open_ = ["startup-race"]
    refusals = len(before) + len(inquiry.harmless_refused)
    if refusals < 3:
        open_.append("mixed-revisions")
    if not (held and all(map(accepted, held))):
        open_.append("connection-limit")
    with_token = inquiry.ledger.rest("protected")
    validated = with_token is not None and with_token.status is not None and 200 <= with_token.status < 300
    if inquiry.context.credential != "none" and not validated:
        open_.append("auth-service-down")
    excluded = {"rate-limited": ids(since), "verdict-cached": ids(since), "token-reuse": ids(before)}
    excluded.update({"mixed-revisions": ids(controls)} if refusals >= 3 else {})
    excluded.update({"connection-limit": ids(held)} if "connection-limit" not in open_ else {})
    if validated and with_token is not None:
        excluded["auth-service-down"] = (with_token.id,)
    inquiry.conduct = Conduct(
        causes=tuple(open_),
        strength="inferred" if len(open_) == 1 else "ambiguous",
        refused=ids(before),
        accepted=ids(since),
        difference=("moment",),
        because=(
            f"the first {len(before)} handshakes were refused, the {len(since)} after them accepted, nothing of the request being changed;"
            f" neither a faster pace nor {count} sockets at once brought the refusal back. It cannot be made to come back from "
            "here, so this is inferred"
        ),
        excluded=excluded,
    )


def _mixed(inquiry: Inquiry, spaced: Sequence[Observation]) -> None:
    controls = inquiry.ledger.controls()
    passed, failed = [seen for seen in controls if accepted(seen)], [seen for seen in controls if not accepted(seen)]
    turns = sum(accepted(one) != accepted(other) for one, other in pairwise(controls))
    sure = turns >= 3 and len(passed) >= 2 and len(failed) >= 2 and not all(map(accepted, spaced))
    others = ("connection-limit", "rate-limited", "startup-race")
    inquiry.conduct = Conduct(
        causes=("mixed-revisions",) if sure else (*others, "mixed-revisions"),
        strength="inferred" if sure else "ambiguous",
        refused=ids(failed),
        accepted=ids(passed),
        difference=("moment",),
        because=(
            f"of {len(controls)} identical handshakes with fresh tokens {len(passed)} were accepted and {len(failed)} refused, "
            f"turning {turns} times,"
            f" also with pauses of {QUIET_S:.1f} s and one socket at a time"
        ),
        excluded={name: ids(controls) for name in (*others, "token-reuse", "verdict-cached")} if sure else {},
    )
