"""A refusal that comes only after a long wait: everything is asked at once, so that it costs a few such waits and no budget."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.evidence.features import STEADY, learned
from lib.whys.evidence.refusal import Refusal
from lib.whys.probes import FORGED, GARBAGE, NONE, Asking, Probe, accepted
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.search import is_progress, offers


def when_hanging(inquiry: Inquiry) -> Asking[bool]:
    """Whether the handshake hangs whatever it carries, so that nothing more can be learned; what was asked stays known."""
    if "answered-late" not in learned(Refusal(inquiry.log)):
        return False
    context = inquiry.context
    wrong = [{"credential": NONE}] if context.credential != "none" else []
    wrong += [{"key": FORGED} if context.credential == "minted" else {"credential": GARBAGE}, {"path": context.impossible_path}]
    yield from _together(inquiry, [Probe(), *(Probe(factors=factors) for factors in wrong)])
    if not _hangs(inquiry):
        return False
    singles = [change for change in offers(inquiry) if inquiry.log.latest(**change.factors) is None]
    seen = yield from _together(inquiry, [Probe(factors=change.factors) for change in singles])
    if any(accepted(one) or _is_another(inquiry, one) for one in seen):
        return False
    yield from _together(inquiry, [Probe()] * max(0, STEADY - len(inquiry.log.controls())))
    return _hangs(inquiry)


def _together(inquiry: Inquiry, asks: list[Probe]) -> Asking[list[Observation]]:
    seen: list[Observation] = []
    size = max(1, inquiry.context.concurrency)
    for start in range(0, len(asks), size):
        seen += yield from inquiry.ask(*asks[start : start + size], together=True)
    return seen


def _hangs(inquiry: Inquiry) -> bool:
    controls = inquiry.log.controls()
    return not any(map(accepted, controls)) and "answered-late" in learned(Refusal(inquiry.log))


def _is_another(inquiry: Inquiry, seen: Observation) -> bool:
    """Whether a change got another refusal than the wait and the drop, and none that a worse request gets."""
    return seen.status is not None and is_progress(inquiry, seen)
