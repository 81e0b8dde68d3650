"""A refusal that comes rarely: the configured handshake alone, sparsely, for as long as was asked; then what differed."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from lib.facts import Observation
from lib.whys.catalogue.factors import OF_CONDUCT
from lib.whys.probes import Asking, BudgetExhausted, Conduct, Probe, accepted
from lib.whys.sentences import WATCH
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.plan import run
from lib.whys.strategy.repetition import ids

ENOUGH = 1500
"""So many handshakes show, with 95 %, a refusal that comes once in 500: more are not sent however long it is watched."""

ALWAYS = 3
"""So many refusals and nothing else at the beginning are no rare ones."""

_LOOKED_UP = 100
_SURE = 1.96


def apart_s(seconds: float, *, handshakes: int, spacing_ms: float) -> float:
    """How far apart handshakes begin: the budget a minute at the most, and no more than are enough."""
    return max(60 / handshakes, seconds / ENOUGH, spacing_ms / 1000)


def planned(inquiry: Inquiry, watch_for_s: float | None) -> Asking[None]:
    """The diagnosis, or the watch of so many seconds."""
    return run(inquiry) if watch_for_s is None else watch_for(inquiry, watch_for_s)


def watch_for(inquiry: Inquiry, seconds: float) -> Asking[None]:
    """Asks the configured handshake until the time is over (or whoever answers wants no more), and takes down what it saw."""
    inquiry.is_long_watch = True
    log, interval_s = inquiry.log, inquiry.context.spacing_ms / 1000
    try:
        while not _is_over(log.controls(), max(0.0, seconds - interval_s)):
            yield from inquiry.ask(Probe())
    except BudgetExhausted:
        pass
    own = log.controls()
    refused, passed = [seen for seen in own if not accepted(seen)], [seen for seen in own if accepted(seen)]
    if refused and passed:
        yield from _read_logs(inquiry, refused, passed)
    said = seen_of(own, min(seconds, _lasted_s(own) + interval_s))
    log.add([Observation(id="w1", kind="offline", factors={WATCH: f"{seconds:g} s"}, body_excerpt=said)])
    inquiry.healthy = bool(passed) and not refused
    if refused and passed:
        inquiry.conduct = Conduct(
            factors=OF_CONDUCT,
            strength="ambiguous",
            refused=ids(refused),
            accepted=ids(passed[:2]),
            difference=("moment",),
            because=said,
        )


def watched_for_s(observations: Iterable[Observation]) -> float | None:
    """For how long these were watched; None where they are of no watch."""
    return next((float(str(seen.factors[WATCH]).split()[0]) for seen in observations if WATCH in seen.factors), None)


def refused_from_the_first(own: list[Observation]) -> bool:
    """Whether the handshake was refused each time from the first: no case for a watch."""
    return len(own) >= ALWAYS and not any(map(accepted, own))


def seen_of(own: list[Observation], lasted_s: float) -> str:
    """What the handshakes of a watch amount to, as a sentence with its bound."""
    count, failed = len(own), sum(not accepted(seen) for seen in own)
    during = duration(lasted_s)
    if not count:
        return "no handshake was made, so nothing was seen"
    if failed:
        low, high = _interval(failed, count)
        return (
            f"{failed} of {count} handshakes in {during} were refused ({_percent(failed / count)}; "
            f"with 95 % between {_percent(low)} and {_percent(high)})"
        )
    if count < ALWAYS:
        return f"{count} handshakes in {during}, none refused: too few to bound a rate"
    return f"{count} handshakes in {during}, none refused: a rate above {_percent(3 / count)} would have been seen with 95 %"


def duration(seconds: float) -> str:
    """`2 h`, `1 h 30 min`, `45 s`: whole seconds."""
    left, parts = round(seconds), []
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        parts += [f"{number} {name}"] if number else []
    return " ".join(parts) or "0 s"


def _is_over(own: list[Observation], seconds: float) -> bool:
    return refused_from_the_first(own) or _lasted_s(own) > seconds


def _lasted_s(own: list[Observation]) -> float:
    first, last = (own[0].at, own[-1].at) if own else (None, None)
    return (last - first).total_seconds() if first and last else 0.0


def _interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's interval of a share."""
    share, z2 = hits / of, _SURE**2 / of
    middle, half = share + z2 / 2, _SURE * sqrt(share * (1 - share) / of + z2 / (4 * of))
    return (middle - half) / (1 + z2), (middle + half) / (1 + z2)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _read_logs(inquiry: Inquiry, refused: list[Observation], passed: list[Observation]) -> Asking[None]:
    """The entries of the refusals and of as many acceptances that stand beside them."""
    if not inquiry.context.has_logs:
        return
    failed = refused[: _LOOKED_UP // 2]
    beside = sorted(passed, key=lambda seen: min(abs(_order(seen) - _order(one)) for one in failed))
    traces = tuple(seen.trace_id for seen in (*failed, *beside[: _LOOKED_UP // 2]) if seen.trace_id)
    if traces:
        yield from inquiry.ask(Probe(request="logs", trace_ids=traces))


def _order(seen: Observation) -> int:
    return int(seen.id[1:])
