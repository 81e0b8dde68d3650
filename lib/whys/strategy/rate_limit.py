"""Is it how fast handshakes come, or how many are open? Each trial twice or more, with what the other predicts held still."""

from __future__ import annotations

from collections.abc import Sequence

from lib.facts import Observation
from lib.whys.probes import Asking, Conduct, accepted
from lib.whys.strategy.inquiry import QUIET_S, Inquiry
from lib.whys.strategy.repetition import BURST, HELD, burst, hold, ids, series

LONGER_S, LONGEST_S = 2.5, 10.0
"""Pauses after which windows of two seconds have passed, and the longest that is tried."""

TURNED_AWAY = 4
"""So many refusals on end, once a burst has been let in, are those of a window that is full: on a slow machine the first places
come free before the burst has ended."""


FORGOTTEN_S = 5.0
"""So long a server may take to learn that a socket has ended."""


def pace_or_limit(inquiry: Inquiry) -> Asking[bool]:
    """Refused only when several come at once: because of their pace, or of their number? False: neither explains it."""
    if (yield from pace(inquiry)):
        return True
    count = min(HELD, inquiry.context.concurrency)
    trials: list[list[Observation]] = []
    alone: list[Observation] = []
    for _ in range(3):
        trials.append((yield from hold(inquiry, count, apart_s=0.4)))
        alone += yield from series(inquiry, 3, wait_s=0.3)
    refused = [seen for trial in trials for seen in trial if not accepted(seen)]
    open_at_once = {sum(map(accepted, trial)) for trial in trials}
    limited = len(open_at_once) == 1 and all(_then_full(trial) and not accepted(trial[-1]) for trial in trials)
    if limited and all(map(accepted, alone)):
        inquiry.conduct = Conduct(
            factors=("concurrency",),
            strength="proved",
            refused=ids(refused),
            accepted=ids(alone),
            difference=("concurrency",),
            because=(
                f"with {min(open_at_once)} sockets open further handshakes were refused ({len(refused)} of {3 * count} "
                "in three trials, "
                "begun 0.4 s apart), and"
                f" {len(alone)} of {len(alone)} alone, after each trial, were accepted; a burst with one socket at a "
                "time was accepted"
            ),
        )
        return True
    return False


def _then_full(group: Sequence[Observation]) -> bool:
    # A limit lets the first ones in and then no more; luck does not keep that order.
    outcomes = [accepted(seen) for seen in group]
    return outcomes == sorted(outcomes, reverse=True)


def pace(inquiry: Inquiry) -> Asking[bool]:
    """Is it the pace? Bursts are refused, the same handshakes with pauses (longer ones where needed) are accepted, twice."""
    pause_s = _asked_for(inquiry.log.handshakes())
    refused, spaced, most = yield from _bursts_and_pauses(inquiry, pause_s)
    if not all(map(accepted, spaced)):
        pause_s = _longer(spaced)
        refused, spaced, most = yield from _bursts_and_pauses(inquiry, pause_s)
    if not spaced or not all(map(accepted, spaced)):
        return False
    count = min(inquiry.context.concurrency, max(HELD, most + 1) if pause_s <= LONGER_S else most + 1)
    held = (yield from hold(inquiry, count, apart_s=pause_s)) if count > 1 else []
    certain = count > most and all(map(accepted, held))
    inquiry.conduct = Conduct(
        factors=("spacing",),
        strength="proved",
        refused=ids(refused),
        accepted=ids(spaced),
        difference=("spacing",),
        because=(
            f"{len(refused)} of {2 * BURST} handshakes without a pause were refused in two bursts, and {len(spaced)} of "
            f"{len(spaced)} with pauses of {pause_s:.1f} s"
            " were accepted after each; one socket was open at a time, every token fresh"
        ),
        learned={
            "only-bursts-refused": ids(refused, spaced),
            "fresh-tokens-refused": ids(refused) if inquiry.context.fresh_tokens else (),
            "many-held-at-once": ids(held) if certain else (),
        },
    )
    return True


def _bursts_and_pauses(inquiry: Inquiry, pause_s: float) -> Asking[tuple[list[Observation], list[Observation], int]]:
    """Two bursts, each after a pause and followed by spaced handshakes: what was refused, what was spaced, and how many sockets
    a limit would allow at the most; empty if no pace."""
    refused: list[Observation] = []
    spaced: list[Observation] = []
    allowed: list[int] = []
    for _ in range(2):
        fast = yield from burst(inquiry, wait_s=pause_s)
        let_in = _let_in(fast)
        if let_in is None:
            return [], [], 0
        refused += [seen for seen in fast if not accepted(seen)]
        allowed.append(let_in + _not_yet_forgotten(inquiry, fast[0]))
        spaced += yield from series(inquiry, 4 if pause_s <= LONGER_S else 2, wait_s=pause_s)
    return refused, spaced, min(allowed)


def _not_yet_forgotten(inquiry: Inquiry, first: Observation) -> int:
    """How many sockets were open a moment before: a limit that learns late of their end still counts them."""
    taken = [seen for seen in inquiry.log.handshakes() if accepted(seen) and seen.at and first.at and seen.at < first.at]
    return sum((first.at - seen.at).total_seconds() < FORGOTTEN_S for seen in taken if seen.at and first.at)


def _let_in(fast: Sequence[Observation]) -> int | None:
    """How many of a burst were let in before the others were turned away; None where it is not told by such an order."""
    outcomes = [accepted(seen) for seen in fast]
    let_in = outcomes.index(False) if False in outcomes else len(outcomes)
    rest = outcomes[let_in:]
    turned_away = rest.index(True) if True in rest else len(rest)
    if turned_away < (2 if turned_away == len(rest) else TURNED_AWAY):
        return None
    return let_in


def _asked_for(seen: Sequence[Observation]) -> float:
    """The pause to begin with: what refusals ask for, in whole seconds, and a little more; no pause that we cannot keep."""
    asked = [float(given) + 0.2 for one in seen if (given := one.headers.get("retry-after", "")).isdigit()]
    return max([QUIET_S, *(pause_s for pause_s in asked if pause_s <= LONGEST_S)])


def _longer(spaced: Sequence[Observation]) -> float:
    """The pause to try next: what the server asks for, or what it took from one acceptance to the next."""
    asked = [float(given) for seen in spaced if (given := seen.headers.get("retry-after", "")).isdigit()]
    each_s = 1.25 * QUIET_S * len(spaced) / max(1, sum(map(accepted, spaced)))
    return min(max([*asked, LONGER_S, each_s]), LONGEST_S)
