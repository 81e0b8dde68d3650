"""Is it the very token? The same one again beside fresh ones of the same content, in an order that luck does not imitate."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.probes import Asking, Conduct, accepted
from lib.whys.strategy.inquiry import QUIET_S, Inquiry
from lib.whys.strategy.repetition import fresh, ids, resend


def reuse(inquiry: Inquiry) -> Asking[bool]:
    """Is it the very token coming twice? Fresh and same tokens in an order that luck and pace do not imitate."""
    new: list[Observation] = []
    same: list[Observation] = []
    for letter in "FSFFSSFFS":
        seen = (yield from fresh(inquiry)) if letter == "F" else (yield from resend(inquiry, new[-1]))
        (new if letter == "F" else same).append(seen)
    if not all(map(accepted, new)) or any(map(accepted, same)):
        return False
    later = yield from resend(inquiry, new[-1], wait_s=2 * QUIET_S)
    after = "and accepted again" if accepted(later) else "and still refused"
    inquiry.conduct = Conduct(
        factors=("fresh_token",),
        strength="proved",
        refused=ids(same),
        accepted=ids(new),
        difference=("token",),
        because=(
            f"{len(new)} of {len(new)} handshakes with a fresh token were accepted, {len(same)} of {len(same)} with a token that "
            "had just been"
            f" accepted were refused, in alternation and at the same pace; after {2 * QUIET_S:.1f} s the same token "
            "was sent once "
            f"more {after}"
        ),
        learned={"only-replays-refused": ids(new, same), "replayed-after-acceptance": ids(new)},
    )
    return True


def cached(inquiry: Inquiry, refused: Observation) -> Asking[bool]:
    """Is the refusal tied to the very token that was refused first?"""
    old: list[Observation] = []
    new: list[Observation] = []
    for letter in "OFFOOFOF":
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
        factors=("fresh_token",),
        strength="proved",
        refused=(refused.id, *ids(old), later.id),
        accepted=ids(new),
        difference=("token",),
        because=(
            f"the token of {refused.id}, once refused, was refused {len(old) + 1} more times, and {len(new)} of {len(new)} fresh "
            "tokens of the same content were"
            f" accepted in between; a token that had been accepted was "
            f"{'refused' if not accepted(reused) else 'accepted'} when it "
            "came again"
        ),
        learned={
            "only-replays-refused": ids(old, new, [later]),
            "reused-token-accepted": () if both else (reused.id,),
        },
    )
    return True
