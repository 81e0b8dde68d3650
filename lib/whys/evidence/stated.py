"""What the server itself said of the refusals, and what observations say against it.

A server's words name a cause as its log does: plainly, every time, and only where no observation refutes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lib.facts import Observation
from lib.whys.catalogue.factors import OF_A_TOKEN
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.context import Context
from lib.whys.evidence.elimination import excluded
from lib.whys.evidence.features import learned
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.over_rest import OVER_REST
from lib.whys.evidence.refusal import Evidence, Refusal
from lib.whys.evidence.server_answer import Answer, Sent
from lib.whys.evidence.server_words import Said, Statement, said_by, said_of_user
from lib.whys.evidence.transport import is_invalid_101

OF_THE_CREDENTIAL = frozenset({"token", "user", "client"})
"""The layers of which REST's answer to the same credential speaks for the WebSocket too."""

_MAY_PASS = frozenset({"edge", "service", "client"})


@dataclass(frozen=True, kw_only=True)
class Words:
    """Some words, the causes that they can mean, and where they were read."""

    causes: tuple[str, ...]
    quote: str
    evidence: Evidence
    refuted: Evidence = ()
    """The observations that speak against every cause that the words can mean."""
    where: str = "body"

    @property
    def sentence(self) -> str:
        """The words as a reader is told of them."""
        return f"the client reads: {self.quote!r}" if self.where == "handshake" else f"the server says: {self.quote!r}"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was said of the refusals: plainly (one cause), narrowing to several, speaking for some, and in vain."""

    plain: Words | None = None
    narrowing: Words | None = None
    hints: Mapping[str, Evidence]
    refuted: tuple[Words, ...] = ()


def heard(log: ObservationLog, refused: Iterable[Observation] | None = None) -> Heard:
    """What these refused handshakes (by default the configured one's) and REST said, less what observations refute."""
    seen = list(refused) if refused is not None else log.refused_controls()
    told = [(one, _said(one, log.context)) for one in seen]
    # One that got no answer at all, as when the budget ended, says nothing else either.
    told = [(one, said) for one, said in told if one.status is not None or _causes(said)]
    spoken = [item for item in told if _causes(item[1])]
    common = _common(spoken)
    if len(spoken) < len(told) or not common:
        # Words that come once and not again, or that change, have not looked at this handshake.
        spoken, common = [], ()
    words = [_words(common, spoken)] if common else []
    words += _of_rest(log) if refused is None else []
    out = excluded(log) if refused is None else {}
    kept = [_less(item, out) for item in words]
    alive = sorted((one for one in kept if not one.refuted), key=lambda one: len(one.causes))
    hints = {name: (one.id,) for one, said in told for name in said.hints if name in CATALOGUE and name not in out}
    first = alive[0] if alive else None
    return Heard(
        plain=first if first and len(first.causes) == 1 and _unopposed(alive) else None,
        narrowing=first if first and len(first.causes) > 1 else None,
        hints=hints,
        refuted=tuple(one for one in kept if one.refuted),
    )


def now_and_then(log: ObservationLog, refused: list[Observation]) -> frozenset[str]:
    """What these refusals speak for that one connection may meet and the next one not: an acceptance does not refute it.

    What a handshake carries is the same each time: a token that is accepted now and then is no wrong one.
    """
    words = heard(log, refused)
    said = {name for one in (words.plain, words.narrowing) if one is not None for name in one.causes}
    held = learned(Refusal(log)).keys() - OVER_REST.keys()
    passing = [one for one in CATALOGUE.values() if one.layer in _MAY_PASS and not {*one.lifted_by} & {*OF_A_TOKEN}]
    return frozenset(one.id for one in passing if one.id in said or held & {*one.supported_by})


def _unopposed(words: list[Words]) -> bool:
    return all(words[0].causes[0] in one.causes for one in words)


def _said(seen: Observation, context: Context) -> Said:
    """What an answer says; a 101 that is not valid says it to the client, which knows what a valid one needs."""
    if is_invalid_101(seen):
        statement = Statement(("upgrade-damaged",), str(seen.finding["error"]), "handshake")
        return Said(stated="upgrade-damaged", statements=(statement,))
    return said_by(answer_of(seen), sent_by(context))


def answer_of(seen: Observation) -> Answer:
    """An observation as the answer that it was."""
    return Answer(
        status=seen.status,
        headers=seen.headers,
        body=seen.body_excerpt,
        close_code=seen.close_code,
        close_reason=seen.finding.get("close_reason") or "",
        violation=(seen.finding.get("error") or "") if seen.rung in ("tls", "http") and seen.status is None else "",
    )


def sent_by(context: Context) -> Sent:
    """What the configured handshake carried."""
    return Sent(
        has_credential=context.credential != "none",
        word=context.word,
        carrier=context.carrier,
        scheme=context.scheme,
        host=context.host.rpartition("@")[2].partition(":")[0],
        path=context.ws_path,
        origin=context.origin or "",
        subprotocols=context.subprotocols,
        session=context.session,
        values=tuple(value for value in (context.user, context.impossible_path) if value),
    )


def _causes(said: Said) -> tuple[str, ...]:
    names = (said.stated,) if said.stated else said.narrowed
    return tuple(name for name in names if name)


def _common(spoken: list[tuple[Observation, Said]]) -> tuple[str, ...]:
    if not spoken:
        return ()
    shared = set.intersection(*(set(_causes(said)) for _, said in spoken))
    return tuple(name for name in _causes(spoken[0][1]) if name in shared)


def _words(causes: tuple[str, ...], spoken: list[tuple[Observation, Said]]) -> Words:
    statement = min(spoken[0][1].statements, key=lambda one: len(one.causes))
    evidence = tuple(seen.id for seen, _ in spoken[:3])
    return Words(causes=causes, quote=statement.quote, evidence=evidence, where=statement.where)


def _of_rest(log: ObservationLog) -> list[Words]:
    """What REST's answer to the same credential says of the credential and its user."""
    seen = log.rest("protected")
    if seen is None or seen.status is None or log.context.credential == "none":
        return []
    said = said_of_user(seen.body_excerpt) if seen.status < 300 else said_by(answer_of(seen), sent_by(log.context))
    if seen.status >= 300 and (seen.status not in (401, 403) or said.stated is None):
        return []
    causes = _causes(said)
    if not causes or any(name in CATALOGUE and CATALOGUE[name].layer not in OF_THE_CREDENTIAL for name in causes):
        return []
    return [Words(causes=causes, quote=said.statements[0].quote, evidence=(seen.id,))]


def _less(words: Words, out: Mapping[str, Evidence]) -> Words:
    """The words without the causes that are refuted; with what refutes them where none is left."""
    left = tuple(name for name in words.causes if name in CATALOGUE and name not in out)
    against = next((out[name] for name in words.causes if name in out), ())
    if left or not against:
        return replace(words, causes=left or words.causes)
    return replace(words, refuted=against)
