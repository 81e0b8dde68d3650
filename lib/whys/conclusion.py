"""From the observations to the diagnosis: pure, deterministic, no clock and no network.

`diagnose` replays recorded observations through the inquiry and concludes; the prober concludes the inquiry that it has just led.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.facts import Observation
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.context import Context
from lib.whys.diagnosis import Diagnosis, MinimalPair, NamedCause, Strength, Verdict
from lib.whys.evidence.elimination import alive, excluded, lifted_by
from lib.whys.evidence.features import CRASH_CODES, Evidence
from lib.whys.evidence.log_entries import UNREAD, named_by_logs, said_to_be_absent
from lib.whys.evidence.revisions import told_apart_by_revision
from lib.whys.explanation import chain, describe, next_probe
from lib.whys.probes import BudgetExhausted, Conduct, Intervention, ProbeBatch, accepted
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.intermittent import unfinished
from lib.whys.strategy.plan import run
from lib.whys.strategy.repetition import is_conduct


@dataclass(slots=True, kw_only=True)
class Conclusion:
    """Verdict, causes or candidates, and what excludes the others."""

    verdict: Verdict
    causes: tuple[NamedCause, ...] = ()
    candidates: tuple[str, ...] = ()
    excluded: dict[str, Evidence] = field(default_factory=dict)
    pair: MinimalPair | None = None


def diagnose(observations: Sequence[Observation], context: Context) -> Diagnosis:
    """The diagnosis that these observations, in the order in which they were made, allow."""
    offline = [seen for seen in observations if seen.kind == "offline" and "clock" not in seen.factors]
    inquiry = Inquiry(context, offline)
    remaining = [seen for seen in observations if seen.kind != "offline"]
    steps = run(inquiry)
    try:
        step = next(steps)
        while True:
            answers = _answers(step, remaining)
            step = steps.throw(BudgetExhausted) if answers is None else steps.send(answers)
    except StopIteration:
        return conclude(inquiry)


def _answers(step: ProbeBatch, remaining: list[Observation]) -> list[Observation] | None:
    if step.asks[0].request == "logs":
        count = next((position for position, seen in enumerate(remaining) if seen.kind != "log"), len(remaining))
    else:
        count = len(step.asks)
        if len(remaining) < count:
            return None
    answers = remaining[:count]
    del remaining[:count]
    return answers


def conclude(inquiry: Inquiry, *, spent: Mapping[str, Any] | None = None) -> Diagnosis:
    """What the inquiry found, as it stands."""
    symptom = _symptom(inquiry)
    found = _conclusion(inquiry, symptom)
    log = inquiry.log
    named = tuple(cause.id for cause in found.causes)
    return Diagnosis(
        environment=inquiry.context.environment,
        symptom=describe(symptom) if symptom else None,
        verdict=found.verdict,
        causes=found.causes,
        candidates=found.candidates,
        excluded={
            name: found.excluded[name] for name in CATALOGUE if name in found.excluded and name not in (*named, *found.candidates)
        },
        next_probe=next_probe(inquiry, found.candidates) if found.verdict == "ambiguous" else None,
        minimal_pair=found.pair,
        whys=chain(inquiry, symptom, found.causes, found.candidates, found.pair),
        observations=tuple(log.all),
        spent=spent or spending(log.all),
    )


def spending(observations: Iterable[Observation]) -> dict[str, Any]:
    """What the observations cost."""
    seen = [item for item in observations if item.kind in ("handshake", "rest")]
    moments = [item.at for item in seen if item.at]
    seconds = (max(moments) - min(moments)).total_seconds() if moments else 0.0
    return {
        "handshakes": sum(item.kind == "handshake" for item in seen),
        "rest_requests": sum(item.kind == "rest" for item in seen),
        "seconds": round(seconds, 3),
    }


def _symptom(inquiry: Inquiry) -> Observation | None:
    return inquiry.log.symptom() or next(
        (seen for seen in inquiry.log.handshakes() if is_conduct(seen) and not accepted(seen)), None
    )


def _conclusion(inquiry: Inquiry, symptom: Observation | None) -> Conclusion:
    if inquiry.unreachable:
        return Conclusion(verdict="unreachable")
    if inquiry.conduct is not None:
        return _of_conduct(inquiry, inquiry.conduct)
    if symptom is None:
        passed = tuple(seen.id for seen in inquiry.log.handshakes() if accepted(seen))
        return Conclusion(verdict="healthy", excluded=dict.fromkeys(CATALOGUE, passed))
    if any(accepted(seen) for seen in inquiry.log.controls()):
        return _of_conduct(inquiry, unfinished(inquiry))
    if inquiry.lifts:
        return _of_lift(inquiry, next((lift for lift in inquiry.lifts if not lift.bypass), inquiry.lifts[0]))
    return _of_elimination(inquiry, symptom)


def _cause(name: str, strength: Strength, because: str, evidence: Iterable[str]) -> NamedCause:
    entry = CATALOGUE[name]
    return NamedCause(
        id=name,
        layer=entry.layer,
        strength=strength,
        because=because,
        evidence=tuple(dict.fromkeys(evidence)),
        remedy=entry.remedy,
    )


def _of_conduct(inquiry: Inquiry, conduct: Conduct) -> Conclusion:
    pair = None
    if conduct.refused and conduct.accepted and conduct.strength != "ambiguous":
        pair = MinimalPair(refused=conduct.refused[0], accepted=conduct.accepted[0], difference=conduct.difference)
    told = _told_by_logs(inquiry, conduct)
    if told is not None:
        out = {**excluded(inquiry.log), **dict.fromkeys(CATALOGUE, conduct.accepted[:2]), **conduct.excluded}
        return Conclusion(verdict="logged", causes=(told,), excluded=out, pair=pair)
    if conduct.strength == "ambiguous":
        return Conclusion(
            verdict="ambiguous", candidates=_ordered(conduct.causes), excluded={**excluded(inquiry.log), **conduct.excluded}
        )
    (name,) = conduct.causes
    strength: Strength = conduct.strength
    because, evidence = conduct.because, (*conduct.refused, *conduct.accepted)
    out = dict.fromkeys(CATALOGUE, conduct.accepted[:2])
    return Conclusion(
        verdict=strength, causes=(_cause(name, strength, because, evidence),), excluded={**out, **conduct.excluded}, pair=pair
    )


def _told_by_logs(inquiry: Inquiry, conduct: Conduct) -> NamedCause | None:
    """What the servers' logs say of the refusals, where conduct alone could not prove it."""
    if conduct.strength == "proved":
        return None
    log = inquiry.log
    if "mixed-revisions" in conduct.causes and (told := told_apart_by_revision(log)):
        return _cause(
            "mixed-revisions", "logged", f"{conduct.because}; {told[0]}", (*told[1], *conduct.refused, *conduct.accepted)
        )
    refused = [seen for seen in log.handshakes() if is_conduct(seen) and not accepted(seen)]
    named = {name: by for name, by in named_by_logs(log, refused).items() if name in conduct.causes}
    if len(named) != 1:
        return None
    ((name, by),) = named.items()
    quoted = next(seen.body_excerpt for seen in log.all if seen.id == by[0])
    return _cause(
        name,
        "logged",
        f"the server's log says of a refused handshake: {quoted[:200]!r}; {conduct.because}",
        (*conduct.refused, *by),
    )


def _of_lift(inquiry: Inquiry, lift: Intervention) -> Conclusion:
    out: dict[str, Evidence] = {**dict.fromkeys(CATALOGUE, lift.accepted[:2]), **excluded(inquiry.log), **lift.excluded}
    pair = MinimalPair(refused=lift.refused[-1], accepted=lift.accepted[0], difference=tuple(lift.factors))
    open_ = {cause for causes in lift.open_by_factor.values() for cause in causes}
    if lift.bypass:
        # What switches the check off would lift whatever the check refuses: nothing that was alive before is excluded by it.
        candidates = _ordered({*open_, *alive(inquiry.log)})
        return Conclusion(
            verdict="ambiguous", candidates=candidates, excluded={**excluded(inquiry.log), **lift.excluded}, pair=pair
        )
    if any(len(causes) != 1 for causes in lift.open_by_factor.values()):
        return Conclusion(verdict="ambiguous", candidates=_ordered(open_), excluded=out, pair=pair)
    causes = []
    for change in lift.changes:
        (name,) = lift.open_by_factor[change.name]
        causes.append(
            _cause(
                name,
                "proved",
                _because(lift, change.name),
                (*lift.refused, *lift.necessary.get(change.name, ()), *lift.accepted, *lift.evidence.get(name, ())),
            )
        )
    unique = {cause.id: cause for cause in causes}
    return Conclusion(verdict="proved", causes=tuple(unique[name] for name in _ordered(unique)), excluded=out, pair=pair)


def _because(lift: Intervention, name: str) -> str:
    said = ", ".join(lift.factors)
    n, m = len(lift.accepted), len(lift.refused)
    text = (
        f"with {said} changed and nothing else {n} of {n} handshakes were accepted; without it {m} of {m} were "
        "refused, in alternation"
    )
    if len(lift.changes) > 1:
        text += f"; with only {name} left as configured {len(lift.necessary[name])} of {len(lift.necessary[name])} were refused"
    chance = 1 / max((m / (n + m - 1)) ** m * ((n - 1) / (n + m - 1)) ** (n - 1), 1e-9) if n > 1 else 1
    return f"{text} (refusals at random would fall into this order with odds of 1 in {int(chance)} at the most)"


def _of_elimination(inquiry: Inquiry, symptom: Observation) -> Conclusion:
    log = inquiry.log
    out = dict(excluded(log))
    named = named_by_logs(log)
    if len(named) == 1:
        ((name, by),) = named.items()
        quoted = next(seen.body_excerpt for seen in log.all if seen.id == by[0])
        cause = _cause(name, "logged", f"the server's log says of this very handshake: {quoted[:200]!r}", (symptom.id, *by))
        return Conclusion(verdict="logged", causes=(cause,), excluded=out)
    if named:
        return Conclusion(verdict="ambiguous", candidates=_ordered(named), excluded=out)
    if symptom.rung == "session":
        name = "crash-after-accept" if symptom.close_code in CRASH_CODES or symptom.close_code is None else "closed-after-accept"
        ids = tuple(seen.id for seen in log.controls())
        how = (
            "dropped without a close frame"
            if symptom.close_code in (None, 1006)
            else f"ended by the server with {symptom.close_code}"
        )
        because = (
            f"{len(ids)} of {len(ids)} handshakes got their 101 and were then {how}; no permitted change kept the session open"
        )
        return Conclusion(
            verdict="inferred", causes=(_cause(name, "inferred", because, ids),), excluded=dict.fromkeys(CATALOGUE, ids[:2]) | out
        )
    left = alive(log)
    if inquiry.context.credential != "none" and (said := said_to_be_absent(log)):
        out.update({name: said for name in left if name not in UNREAD})
        left = tuple(name for name in left if name in UNREAD)
    elif inquiry.effects:
        left = _ordered({*left, *_behind(inquiry)})
    if len(left) == 1:
        ids = tuple(seen.id for seen in log.controls())
        because = (
            f"every other cause of the catalogue is refuted by an observation; {len(ids)} of {len(ids)} "
            "handshakes were refused alike"
        )
        return Conclusion(verdict="inferred", causes=(_cause(left[0], "inferred", because, ids),), excluded=out)
    return Conclusion(verdict="ambiguous", candidates=left, excluded=out)


def _behind(inquiry: Inquiry) -> set[str]:
    """What may stand behind a first cause: changes that altered the refusal without lifting it, and what the altered one may
    be."""
    found: set[str] = set()
    for changes, seen in inquiry.effects:
        found.update(cause for change in changes if not change.harmless for cause in lifted_by(change.factor))
        if seen.rung == "session":
            found.add("crash-after-accept" if seen.close_code in CRASH_CODES else "closed-after-accept")
        elif seen.status == 101:
            found.add("subprotocol-unoffered")
        elif seen.status is not None and seen.status >= 500:
            found.add("server-error")
    return found


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(name for name in CATALOGUE if name in wanted)
