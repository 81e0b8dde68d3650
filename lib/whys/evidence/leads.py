"""What speaks for a candidate, strongest first: the server's words, then what observations show. A lead is no cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from lib.whys.catalogue.index import CATALOGUE
from lib.whys.diagnosis import Lead
from lib.whys.evidence.addresses import split_by_address
from lib.whys.evidence.differing import differing
from lib.whys.evidence.elimination import supporting
from lib.whys.evidence.features import learned
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.predictions import foretold_by, leads_of
from lib.whys.evidence.refusal import Evidence, Refusal
from lib.whys.evidence.stated import heard

NOTHING_OUT: Mapping[str, Evidence] = MappingProxyType({})


def leads(
    log: ObservationLog, candidates: Sequence[str], out: Mapping[str, Evidence] = NOTHING_OUT, *, is_long_watch: bool = False
) -> tuple[Lead, ...]:
    """What speaks for a candidate, each with its observations; a lead is no cause.

    Words and predictions that are refuted are told too; `out`: what the conclusion excludes, and by what.
    A long watch tells also what differed.
    """
    differed = (*_by_address(log, candidates), *(differing(log) if is_long_watch else ()))
    return (*_words_for(log, candidates), *leads_of(log, candidates, out), *differed, *_features_of(log, candidates))


def _words_for(log: ObservationLog, candidates: Sequence[str]) -> Iterable[Lead]:
    if not log.refused_controls():
        return
    words = heard(log)
    spoken = words.plain or words.narrowing
    for name in candidates:
        if spoken and name in spoken.causes:
            yield Lead(id=name, because=spoken.sentence, evidence=spoken.evidence)
        if name in words.hints:
            yield Lead(id=name, because="the answer's words speak for it", evidence=words.hints[name])
    for one in words.refuted:
        because = f"{one.sentence} ({', '.join(one.causes)}), which {', '.join(one.refuted)} contradicts"
        yield Lead(id=None, because=because, evidence=(*one.evidence, *one.refuted))


def _by_address(log: ObservationLog, candidates: Sequence[str]) -> Iterable[Lead]:
    """One address of the name refuses what another accepts: several servers, and not all of one mind."""
    if split := split_by_address(log):
        name = "mixed-revisions" if "mixed-revisions" in candidates else None
        yield Lead(id=name, because=split.sentence, evidence=tuple(seen.id for seen in (*split.refused, *split.accepted)))


def _features_of(log: ObservationLog, candidates: Sequence[str]) -> tuple[Lead, ...]:
    found = ((name, supporting(log, name)) for name in candidates)
    return tuple(
        Lead(id=name, because=f"{CATALOGUE[name].means}: {', '.join(features_for(log, name))}", evidence=by)
        for name, by in found
        if by
    )


def features_for(log: ObservationLog, name: str) -> list[str]:
    """The features that speak for a cause, in words."""
    held = learned(Refusal(log))
    return [feature.replace("-", " ") for feature in CATALOGUE[name].supported_by if feature in held]


def supported_first(log: ObservationLog, names: Sequence[str]) -> tuple[str, ...]:
    """Candidates in the order of the catalogue, those that an observation speaks for first."""
    foretold = foretold_by(log)
    return tuple(sorted(names, key=lambda name: (name not in foretold, not supporting(log, name))))
