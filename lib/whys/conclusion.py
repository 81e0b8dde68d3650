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
from lib.whys.diagnosis import Diagnosis, MinimalPair, NamedCause, Strength, Verdict, WorksWith
from lib.whys.evidence.after_acceptance import found_after_acceptance
from lib.whys.evidence.elimination import (
    alive,
    excluded,
    excluded_from,
    explained,
    indifferent,
    left_unasked,
    lifted_by,
    supporting,
)
from lib.whys.evidence.leads import features_for, leads, strongest, supported_first
from lib.whys.evidence.log_entries import named_by_logs
from lib.whys.evidence.observations import NEAR, ObservationLog
from lib.whys.evidence.predictions import explaining, supported
from lib.whys.evidence.refusal import Evidence
from lib.whys.evidence.revisions import told_apart_by_revision
from lib.whys.evidence.session import not_granted
from lib.whys.evidence.stated import OF_THE_CREDENTIAL, Words, heard, now_and_then
from lib.whys.explanation import (
    chain,
    conduct_works_with,
    describe,
    ending,
    no_placebo_helped,
    outcome,
    spending,
    why_proved,
    works_with,
)
from lib.whys.healthy import after_a_while, claim, not_tried, unanswered
from lib.whys.next_probe import next_probe
from lib.whys.probes import Change, Conduct, Driver, Intervention, ProbeBatch, accepted, unsent
from lib.whys.sentences import WATCH
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.intermittent import unfinished
from lib.whys.strategy.long_watch import planned, watched_for_s
from lib.whys.strategy.progress import behind, progress
from lib.whys.strategy.repetition import is_conduct
from lib.whys.strategy.watching import ended


@dataclass(slots=True, kw_only=True)
class Conclusion:
    """Verdict, causes or candidates, what excludes the others, and the proved change."""

    verdict: Verdict
    causes: tuple[NamedCause, ...] = ()
    candidates: tuple[str, ...] = ()
    excluded: Mapping[str, Evidence] = field(default_factory=dict)
    pair: MinimalPair | None = None
    works_with: WorksWith | None = None


def diagnose(observations: Sequence[Observation], context: Context) -> Diagnosis:
    """The diagnosis that these observations, in the order in which they were made, allow."""
    return conclude(replayed(observations, context))


def replayed(observations: Sequence[Observation], context: Context) -> Inquiry:
    """The inquiry that these observations answer, led to its end."""
    inquiry = Inquiry(context, [seen for seen in observations if _known_before(seen)])
    remaining = [seen for seen in observations if seen.kind in ("handshake", "rest", "log") or unsent(seen)]
    driver = Driver(planned(inquiry, watched_for_s(observations)))
    while driver.batch is not None:
        driver.answer(_answers(driver.batch, remaining))
    return inquiry


def _known_before(seen: Observation) -> bool:
    noted = {"clock", WATCH} & seen.factors.keys()
    return seen.kind in ("config", "record") or (seen.kind == "offline" and not unsent(seen) and not noted)


def _answers(batch: ProbeBatch, remaining: list[Observation]) -> list[Observation] | None:
    request = batch.asks[0].request
    if request == "watch":
        return []
    if request in ("logs", "near"):
        told = [seen.kind == "log" and (NEAR in seen.finding) == (request == "near") for seen in remaining]
        count = (*told, False).index(False)
    else:
        count = len(batch.asks)
        if len(remaining) < count:
            return None
    answers = remaining[:count]
    del remaining[:count]
    return answers


def conclude(inquiry: Inquiry, *, spent: Mapping[str, Any] | None = None) -> Diagnosis:
    """What the inquiry found, as it stands: it can be asked between any two steps."""
    symptom = symptom_of(inquiry)
    found = concluded(inquiry, symptom)
    log, open_ = inquiry.log, {*(cause.id for cause in found.causes), *found.candidates}
    undecided = found.verdict in ("narrowed", "ambiguous")
    candidates = supported_first(log, found.candidates)
    led = leads(log, candidates, found.excluded, is_long_watch=inquiry.is_long_watch)
    symptom = symptom or next(iter((*filter(ended, inquiry.watched), *unanswered(inquiry))), None)
    return Diagnosis(
        environment=inquiry.context.environment,
        symptom=describe(symptom) if symptom else None,
        verdict=found.verdict,
        causes=found.causes,
        candidates=candidates,
        leads=led,
        works_with=found.works_with,
        excluded={name: found.excluded[name] for name in CATALOGUE if name in found.excluded and name not in open_},
        next_probe=next_probe(inquiry, candidates, strongest(led), proved=found.verdict == "narrowed") if undecided else None,
        healthy=claim(inquiry) if found.verdict == "healthy" else None,
        minimal_pair=found.pair,
        whys=chain(inquiry, symptom, found.causes, found.candidates, found.pair),
        observations=tuple(log.all),
        spent=spent or spending(log.all),
    )


def symptom_of(inquiry: Inquiry) -> Observation | None:
    """The first refusal of the configured handshake, at whatever pace it was asked."""
    return inquiry.log.symptom() or next((one for one in inquiry.log.handshakes() if is_conduct(one) and not accepted(one)), None)


def concluded(inquiry: Inquiry, symptom: Observation | None) -> Conclusion:
    """The verdict alone, with what it names, leaves open and excludes."""
    if inquiry.unreachable:
        return Conclusion(verdict="unreachable")
    if inquiry.conduct is not None:
        return _of_conduct(inquiry, inquiry.conduct)
    if not inquiry.log.handshakes():
        return Conclusion(verdict="ambiguous", candidates=_ordered(CATALOGUE))  # nothing was asked that counts
    if symptom is None:
        return _of_acceptance(inquiry)
    if any(accepted(seen) for seen in inquiry.log.controls()):
        return _of_conduct(inquiry, unfinished(inquiry))
    if inquiry.interventions:
        direct = (item for item in inquiry.interventions if not item.bypass)
        return _of_intervention(inquiry, next(direct, inquiry.interventions[0]))
    return _of_elimination(inquiry, symptom)


def _of_acceptance(inquiry: Inquiry) -> Conclusion:
    """Healthy, for as long as a session was watched; or what ended the sessions after they had been accepted."""
    unknown = not_tried(inquiry)
    passed = tuple(seen.id for seen in inquiry.log.handshakes() if accepted(seen) and seen not in inquiry.watched)
    out = {name: passed for name in CATALOGUE if name not in unknown and CATALOGUE[name].layer != "session"}
    if words := found_after_acceptance(inquiry.log):
        causes = tuple(
            _cause(one.causes[0], "stated", f"accepted; {one.sentence}", (*passed[:1], *one.evidence)) for one in words
        )
        named = {cause.id for cause in causes}
        return Conclusion(verdict="stated", causes=causes, excluded={name: by for name, by in out.items() if name not in named})
    if unanswered(inquiry):
        # Open is not enough to be healthy, and nothing was seen that says what is wrong.
        return Conclusion(verdict="ambiguous", candidates=("crash-after-accept", "closed-after-accept"), excluded=out)
    found = after_a_while(inquiry)
    if found is None:
        stayed = tuple(seen.id for seen in inquiry.watched)
        lasting = {name: stayed for name in ("closed-after-accept", "crash-after-accept") if stayed}
        return Conclusion(verdict="healthy", excluded={**out, **lasting})
    name, because, over = found
    if len(over) < len(inquiry.watched):
        return Conclusion(verdict="ambiguous", candidates=(name,), excluded=out)
    cause = _cause(name, "inferred", because, (seen.id for seen in over))
    return Conclusion(verdict="inferred", causes=(cause,), excluded=out)


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
    """Why the very same handshake now passes, now fails: what varied is lifted by every cause that no feature refutes."""
    log = inquiry.log
    learnt = {name: by for name, by in conduct.learned.items() if by}
    out: dict[str, Evidence] = {**dict.fromkeys(CATALOGUE, conduct.accepted[:2])}
    refused = [seen for seen in log.handshakes() if seen.id in conduct.refused and not accepted(seen)]
    passing = now_and_then(log, refused) if refused and conduct.strength != "proved" else frozenset()
    possible = _ordered({*lifted_by(*conduct.factors), *passing})
    for name in possible:
        del out[name]
    out |= excluded(log)
    for cause in CATALOGUE.values():
        if refuting := [learnt[name] for name in cause.refuted_by if name in learnt]:
            out[cause.id] = refuting[0]
    open_ = tuple(name for name in possible if name not in out)
    pair = None
    if conduct.refused and conduct.accepted and conduct.strength != "ambiguous":
        pair = MinimalPair(refused=conduct.refused[0], accepted=conduct.accepted[0], difference=conduct.difference)
    evidence = (*conduct.refused, *conduct.accepted)
    if len(open_) == 1 and conduct.strength == "proved":
        proved = _cause(open_[0], "proved", conduct.because, evidence)
        return Conclusion(verdict="proved", causes=(proved,), excluded=out, pair=pair)
    if told := _told_by_logs(inquiry, conduct, open_):
        return Conclusion(verdict="logged", causes=(told,), excluded=out, pair=pair)
    if stated := _stated_of_conduct(log, refused, conduct, open_):
        return Conclusion(verdict="stated", causes=(stated,), excluded=out, pair=pair)
    if len(open_) == 1 and conduct.strength == "inferred" and _speaks(log, open_[0], learnt):
        inferred = _cause(open_[0], "inferred", conduct.because, evidence)
        return Conclusion(verdict="inferred", causes=(inferred,), excluded=out, pair=pair)
    if conduct.strength != "proved":
        return Conclusion(verdict="ambiguous", candidates=_ordered(open_), excluded=out)
    works = conduct_works_with(conduct, open_)
    return Conclusion(verdict="narrowed", candidates=_ordered(open_), excluded=out, pair=pair, works_with=works)


def _stated_of_conduct(
    log: ObservationLog, refused: Sequence[Observation], conduct: Conduct, open_: Sequence[str]
) -> NamedCause | None:
    """What the refusals say of themselves, each of them and plainly, where conduct alone could not prove it."""
    words = heard(log, refused).plain if refused else None
    if words is None or words.causes[0] not in open_:
        return None
    return _cause(words.causes[0], "stated", f"{words.sentence}; {conduct.because}", (*conduct.refused, *words.evidence))


def _speaks(log: ObservationLog, name: str, learnt: Mapping[str, Evidence]) -> bool:
    return bool(supporting(log, name) or set(CATALOGUE[name].supported_by) & learnt.keys())


def _told_by_logs(inquiry: Inquiry, conduct: Conduct, open_: Sequence[str]) -> NamedCause | None:
    """What the servers' logs say of the refusals, where conduct alone could not prove it."""
    log = inquiry.log
    if "mixed-revisions" in open_ and (told := told_apart_by_revision(log)):
        because = f"{conduct.because}; {told[0]}"
        return _cause("mixed-revisions", "logged", because, (*told[1], *conduct.refused, *conduct.accepted))
    refused = [seen for seen in log.handshakes() if is_conduct(seen) and not accepted(seen)]
    named = {name: by for name, by in named_by_logs(log, refused).items() if name in open_}
    if len(named) != 1:
        return None
    name, by = next(iter(named.items()))
    return _cause(name, "logged", f"{_quoted(log.all, by[0])}; {conduct.because}", (*conduct.refused, *by))


def _of_intervention(inquiry: Inquiry, intervention: Intervention) -> Conclusion:
    """A proved change: named where one cause explains each part of it, narrowed where more (or none) do."""
    log = inquiry.log
    open_ = {change.name: explained(log, intervention, change) for change in intervention.changes}
    pair = MinimalPair(
        refused=intervention.refused[-1], accepted=intervention.accepted[0], difference=tuple(intervention.factors)
    )
    works = works_with(log, intervention, open_)
    out: dict[str, Evidence] = {**excluded(log)}
    for change in intervention.changes:
        out.update(excluded_from(log, intervention, change))
    union = {name for names in open_.values() for name in names}
    if intervention.bypass:
        # What switches the check off would lift whatever the check refuses: nothing that was alive before is excluded by it.
        if words := heard(log).plain:
            stated = _stated(words, log.refused_controls()[0])
            return Conclusion(verdict="stated", causes=(stated,), excluded=out, pair=pair, works_with=works)
        candidates = _ordered({*union, *alive(log)})
        return Conclusion(verdict="ambiguous", candidates=candidates, excluded=out, pair=pair, works_with=works)
    out = {**indifferent(log, intervention), **out}
    named = [_named(inquiry, intervention, change, open_[change.name]) for change in intervention.changes]
    causes = {cause.id: cause for cause in named if cause is not None}
    if None in named:
        about = {name for change in intervention.changes for name in lifted_by(*change.touched)}
        candidates = (*_ordered(union & about), *_ordered(union - about))
        return Conclusion(verdict="narrowed", candidates=candidates, excluded=out, pair=pair, works_with=works)
    return Conclusion(
        verdict=_weakest(causes.values()),
        causes=tuple(causes[name] for name in _ordered(causes)),
        excluded={name: by for name, by in out.items() if name not in causes},
        pair=pair,
        works_with=works,
    )


def _named(inquiry: Inquiry, intervention: Intervention, change: Change, open_: Sequence[str]) -> NamedCause | None:
    """The one cause that explains this change, or the one of several that a log names; None where that is left open."""
    log = inquiry.log
    evidence = (*intervention.refused, *intervention.necessary.get(change.name, ()), *intervention.accepted)
    if len(open_) == 1 and no_placebo_helped(log, intervention, change) and not left_unasked(log, intervention, change):
        return _cause(open_[0], "proved", why_proved(log, intervention, change), evidence)
    refused = [seen for seen in log.with_factors(intervention.without(change)) if not accepted(seen)]
    told = {name: by for name, by in named_by_logs(log, refused).items() if name in open_}
    if not told and (words := heard(log, refused).plain) and words.causes[0] in open_:
        because = f"{words.sentence}; {why_proved(log, intervention, change)}"
        return _cause(words.causes[0], "stated", because, (*evidence, *words.evidence))
    if not told and (one := explaining(log, intervention, change, open_)):
        because = f"{one.sentence}; {why_proved(log, intervention, change)}"
        return _cause(one.says.speaks_for[0], "stated", because, (*evidence, one.id))
    if len(told) != 1:
        return None
    name, by = next(iter(told.items()))
    because = f"{_quoted(log.all, by[0])}; {why_proved(log, intervention, change)}"
    return _cause(name, "logged", because, (*evidence, *by))


def _quoted(observations: Iterable[Observation], name: str) -> str:
    words = next(seen.body_excerpt for seen in observations if seen.id == name)
    return f"the server's log says of a refused handshake: {words[:200]!r}"


def _weakest(causes: Iterable[NamedCause]) -> Strength:
    order: tuple[Strength, ...] = ("inferred", "stated", "logged", "proved")
    return min((cause.strength for cause in causes), key=order.index)


def _of_elimination(inquiry: Inquiry, symptom: Observation) -> Conclusion:
    """Nothing lifted the refusal: what a log names, what ended the sessions, what leads past a first refusal, or what is left."""
    log = inquiry.log
    out = dict(excluded(log))
    named = named_by_logs(log)
    if len(named) == 1:
        ((name, by),) = named.items()
        cause = _cause(name, "logged", _quoted(log.all, by[0]), (symptom.id, *by))
        return Conclusion(verdict="logged", causes=(cause,), excluded=out)
    if named:
        return Conclusion(verdict="ambiguous", candidates=_ordered(named), excluded=out)
    words = heard(log)
    if words.plain:
        return Conclusion(verdict="stated", causes=(_stated(words.plain, symptom),), excluded=out)
    if symptom.rung == "session" and (happened := _after_the_101(inquiry, symptom)):
        return Conclusion(verdict="inferred", causes=(happened,), excluded=out)
    if first := _first_of_two(inquiry):
        return Conclusion(verdict="inferred", causes=first, excluded=out)
    if words.narrowing:
        others = {name: words.narrowing.evidence for name in alive(log) if name not in words.narrowing.causes}
        return Conclusion(verdict="ambiguous", candidates=_ordered(words.narrowing.causes), excluded={**others, **out})
    left = alive(log)
    if told := supported(log, left):
        one, by, seen = told
        name = one.says.speaks_for[0]
        ids = (symptom.id, one.id, *by)
        because = f"{one.sentence}; the handshakes behave so: {seen}"
        return Conclusion(verdict="stated", causes=(_cause(name, "stated", because, ids),), excluded=out)
    if len(left) == 1 and (by := supporting(log, left[0])):
        ids = tuple(seen.id for seen in log.controls())
        because = (
            f"every other cause of the catalogue is refuted by an observation, and this speaks for it: "
            f"{', '.join(features_for(log, left[0]))}; {len(ids)} of {len(ids)} handshakes were refused alike"
        )
        return Conclusion(verdict="inferred", causes=(_cause(left[0], "inferred", because, (*ids, *by)),), excluded=out)
    return Conclusion(verdict="ambiguous", candidates=_ordered({*left, *behind(inquiry)}), excluded=out)


def _stated(words: Words, symptom: Observation) -> NamedCause:
    because = f"{words.sentence}, and no observation contradicts it"
    return _cause(words.causes[0], "stated", because, (symptom.id, *words.evidence))


def _after_the_101(inquiry: Inquiry, symptom: Observation) -> NamedCause | None:
    """What ended the sessions, which no permitted change kept open."""
    ids = tuple(seen.id for seen in inquiry.log.controls())
    found = [name for name in alive(inquiry.log) if CATALOGUE[name].layer == "session" and supporting(inquiry.log, name)]
    if len(found) != 1 or (
        not_granted(symptom) and any(CATALOGUE[name].layer in OF_THE_CREDENTIAL for name in alive(inquiry.log))
    ):
        return None  # what a first message was refused for may be the credential that it carries
    got = f"{len(ids)} of {len(ids)} handshakes got their 101 and were then {ending(symptom)}"
    because = f"{got}; no permitted change kept the session open"
    return _cause(found[0], "inferred", because, ids)


def _first_of_two(inquiry: Inquiry) -> tuple[NamedCause, ...]:
    """The cause of a first refusal that a change leads past, to a second one whose cause is not found."""
    causes: dict[str, NamedCause] = {}
    for change, altered, placebo in progress(inquiry):
        out = excluded(inquiry.log, {}, change)
        names = [name for name in lifted_by(*change.touched) if name not in out]
        if len(names) == 1:
            because = (
                f"with {change.name} changed the refusal becomes another one ({outcome(altered)}), and "
                f"{'with a meaningless value' if change.placebo else 'without it (no placebo is possible)'} it stays as it was; "
                "what refuses then is not found, so that this alone was not seen to be accepted"
            )
            symptom = inquiry.log.refused_controls()[0]
            causes[names[0]] = _cause(names[0], "inferred", because, (symptom.id, altered.id, placebo.id))
    return tuple(causes[name] for name in _ordered(causes))


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(name for name in CATALOGUE if name in wanted)
