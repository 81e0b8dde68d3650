"""What speaks for a candidate, strongest first: the server's words, then what observations show. A lead is no cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from lib.facts import UNANSWERED, Observation
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.diagnosis import Lead
from lib.whys.evidence.addresses import split_by_address
from lib.whys.evidence.differing import differing
from lib.whys.evidence.elimination import supporting
from lib.whys.evidence.features import learned
from lib.whys.evidence.observations import NEAR, ObservationLog
from lib.whys.evidence.over_rest import OVER_REST
from lib.whys.evidence.predictions import foretold_by, leads_of
from lib.whys.evidence.refusal import Evidence, Refusal
from lib.whys.evidence.stated import heard
from lib.whys.probes import NOTHING_OF_OURS

NOTHING_OUT: Mapping[str, Evidence] = MappingProxyType({})

IN_WORDS: Mapping[str, str] = {
    "proxy-between": "a proxy that the environment names stands between",
    "no-credential-sent": "the handshake carries no credential",
    "said-to-be-absent": "the server says that it found no credential, and one was sent",
    "broken-off": "the client broke the handshake off after the 101",
    "as-a-plain-get": "the handshake gets the very answer of a plain GET, as if it asked for no upgrade",
    "envoy-refused-the-upgrade": "Envoy itself refuses the upgrade and passes a plain GET on, as where upgrades are not enabled",
    "as-an-impossible-path": "a path that cannot exist gets the very same 404",
    "expired-when-sent": "the token that is sent had expired",
    "failed-with-a-500": "each refusal is a 500, as after an unhandled error",
    "server-failed": "the 500 comes whatever the request carries",
    "gateway-failed": "a gateway says that what stands behind it fails",
    "too-many": "the server says 429, too many",
    "ended-by-a-crash": "the session ended as after a failure",
    "ended-by-decision": "the server closed the session by a decision",
    "rest-fails-with-the-credential": "over REST the same credential gets a failure, and none is refused in order",
    "rest-refuses-the-credential-too": "over REST the same credential is refused too",
    "plain-get-finds-nothing": "a plain GET at this path finds nothing (a route for WebSockets alone would answer so too)",
    "origin-not-allowed-over-rest": "over HTTP the server lists the origins that it allows, and does not allow this one",
    "application-answered-a-plain-get": "it is answered by the application itself, in REST's own words",
}
"""What speaks for a cause as a reader is told it; a feature that is missing here is told by its name."""


def leads(
    log: ObservationLog, candidates: Sequence[str], out: Mapping[str, Evidence] = NOTHING_OUT, *, is_long_watch: bool = False
) -> tuple[Lead, ...]:
    """What speaks for a candidate, each with its observations; a lead is no cause.

    Words and predictions that are refuted are told too; `out`: what the conclusion excludes, and by what.
    A long watch tells also what differed.
    """
    differed = (*_by_address(log, candidates), *(differing(log) if is_long_watch else ()))
    near = _near(log) if candidates else ()
    return (
        *_unanswered(log),
        *_words_for(log, candidates),
        *(_elsewhere(log) if candidates else ()),
        *leads_of(log, candidates, out),
        *differed,
        *near,
        *_features_of(log, candidates),
    )


def _unanswered(log: ObservationLog) -> Iterable[Lead]:
    """Sessions that are open and not known to work."""
    for seen in log.controls():
        if (error := str(seen.finding.get("error") or "")).startswith(UNANSWERED):
            yield Lead(id=None, because=error, evidence=(seen.id,))


def _elsewhere(log: ObservationLog) -> tuple[Lead, ...]:
    """What another host says that a redirect names, asked without anything of ours."""
    asked = [seen for seen in log.handshakes() if seen.factors.get("credential") == NOTHING_OF_OURS]
    return tuple(
        Lead(
            id=None,
            because=f"{seen.factors['host']}{seen.factors['path']}, to which the redirect leads, answers "
            f"{_answer(seen)} to a handshake without anything of ours",
            evidence=(seen.id,),
        )
        for seen in asked
    )


def _answer(seen: Observation) -> str:
    return f"HTTP {seen.status}" if seen.status else f"nothing (ended at {seen.rung})"


def _near(log: ObservationLog) -> tuple[Lead, ...]:
    """Log lines that no pattern explains, near the refusals and near nothing else."""
    return tuple(Lead(id=None, because=str(seen.finding[NEAR]), evidence=(seen.id,)) for seen in log.near())


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
    return tuple(Lead(id=name, because="; ".join(features_for(log, name)), evidence=by) for name, by in found if by)


def features_for(log: ObservationLog, name: str) -> list[str]:
    """The features that speak for a cause, in words."""
    held = learned(Refusal(log))
    told = {"answered-late": _late_by(log)} if "answered-late" in held else {}
    return [told.get(one) or IN_WORDS.get(one, one.replace("-", " ")) for one in CATALOGUE[name].supported_by if one in held]


def _late_by(log: ObservationLog) -> str:
    """How long each refusal was waited for, beside REST."""
    waits = sorted((seen.elapsed_ms or 0.0) / 1000 for seen in log.refused_controls())
    health = log.rest("health")
    beside = f", and REST answers in {health.elapsed_ms / 1000:.1f} s" if health and health.elapsed_ms is not None else ""
    return f"each of {len(waits)} refusals comes only after a wait of {waits[0]:.1f} to {waits[-1]:.1f} s{beside}"


def supported_first(log: ObservationLog, names: Sequence[str]) -> tuple[str, ...]:
    """Candidates by how much speaks for them, what the handshake shows before what REST does; then as in the catalogue."""
    foretold, held = foretold_by(log), learned(Refusal(log)).keys()

    def rank(name: str) -> tuple[bool, int, int]:
        found = held & set(CATALOGUE[name].supported_by)
        return (name not in foretold, -len(found - OVER_REST.keys()), -len(found))

    return tuple(sorted(names, key=rank))


def strongest(led: Sequence[Lead]) -> tuple[str, ...]:
    """The causes that the first lead speaks for: several where the same words, resting on the same, speak for each."""
    first = next((one for one in led if one.id), None)
    return tuple(one.id for one in led if first and one.id and (one.because, one.evidence) == (first.because, first.evidence))
