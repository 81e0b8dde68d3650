"""What configurations and users' records predict, and what the handshakes make of it.

A prediction is a claim about the system, not the system: alone it neither excludes nor names a cause. It names one where a
proved change leaves several open, it speaks plainly for one of them, and nothing of its source is contradicted or outdated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lib.facts import Observation, Prediction, rfc3339
from lib.whys.catalogue.claims import claim_factors, is_permission
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.diagnosis import Lead
from lib.whys.evidence.elimination import excluded, indifferent, lifted_by
from lib.whys.evidence.features import learned, read_and_not_verified
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.over_rest import OVER_REST
from lib.whys.evidence.platform_page import platform_answered
from lib.whys.evidence.refusal import Evidence, Refusal
from lib.whys.evidence.stated import heard
from lib.whys.probes import AUTHORITY, Change, Intervention, accepted

STALE_AFTER = timedelta(days=1)
"""What was exported longer ago leads, and names nothing; so does each file of users, which is a copy."""

MOST_FORWARDED = 2
"""So many Hosts of hops are sent past them."""

_FAMILIES = {"istio-envoy": "envoy", **dict.fromkeys(("openresty", "tengine", "angie", "freenginx"), "nginx")}
"""Servers that are configured as another one is."""

OTHERWISE = "configured so, behaves otherwise: is this the deployed revision?"
OTHER_RECORD = "recorded so, behaves otherwise: is this the database that the WebSocket service reads?"


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """A prediction as it stands among the observations."""

    id: str
    says: Prediction

    @property
    def plain(self) -> str | None:
        """The one cause that it plainly speaks for."""
        return self.says.speaks_for[0] if self.says.is_plain and len(self.says.speaks_for) == 1 else None

    @property
    def sentence(self) -> str:
        """Where it stands and what it says."""
        then = f" (as of {rfc3339(self.says.as_of)[:16]}Z)" if self.says.as_of else ""
        return f"{self.says.place}{then} says: {self.says.words}"


def observations_of(predictions: Iterable[Prediction]) -> list[Observation]:
    """Predictions as observations: c for configurations, u for users' records."""
    found: list[Observation] = []
    for says in predictions:
        number = sum(one.kind == says.kind for one in found) + 1
        factors: dict[str, object] = {"place": says.place}
        factors |= {"user": says.user} if says.user else {}
        factors |= {"speaks for": list(says.speaks_for)} if says.speaks_for else {}
        factors |= {name: text for name, text in (("expects", says.expects), ("probe", says.probe)) if text}
        factors |= {"speaks against": list(says.speaks_against)} if says.speaks_against else {}
        name = f"{'c' if says.kind == 'config' else 'u'}{number}"
        found.append(
            Observation(
                id=name, kind=says.kind, factors=factors, body_excerpt=says.words, at=says.as_of, finding={"prediction": says}
            )
        )
    return found


def left_out(not_read: Mapping[str, str], *, after: int) -> list[Observation]:
    """Evidence that could not be read, as offline observations that follow so many others."""
    return [
        Observation(id=f"o{number}", kind="offline", factors={"left out": where}, body_excerpt=f"left out: {why}")
        for number, (where, why) in enumerate(not_read.items(), start=after + 1)
    ]


def predicted(log: ObservationLog) -> Iterator[Predicted]:
    """Every prediction of this diagnosis, in order."""
    for seen in log.all:
        if seen.kind in ("config", "record"):
            yield Predicted(id=seen.id, says=seen.finding["prediction"])


def contradicted(log: ObservationLog, one: Predicted, out: Mapping[str, Evidence] | None = None) -> Evidence:
    """The accepted handshakes that cannot be if this is so; `out`: what the conclusion excludes, and by what."""
    says = one.says
    if not says.speaks_for or not says.is_plain:
        return ()
    if says.user is not None:
        return tuple(seen.id for seen in log.handshakes() if accepted(seen) and _as_configured(log, seen, says))[:3]
    taken = {seen.id for seen in log.handshakes() if accepted(seen)}
    against = [[name for name in (out or {}).get(cause, ()) if name in taken] for cause in says.speaks_for]
    return tuple(dict.fromkeys(name for by in against for name in by)) if all(against) else ()


def _as_configured(log: ObservationLog, seen: Observation, says: Prediction) -> bool:
    """Whether this handshake is one of that user, changed in nothing that could lead past what is said of them."""
    if seen.factors.get("user", log.context.user) != says.user:
        return False
    lifting = {factor for cause in says.speaks_for if cause in CATALOGUE for factor in CATALOGUE[cause].lifted_by}
    for name in seen.factors:
        group, _, rest = name.partition(".")
        if group in ("headers", "token", "credential", *AUTHORITY, "cookies", "query", "proxy"):
            return False
        if group == "claims" and lifting & set(claim_factors(rest, log.context.claims)):
            return False
    return True


def outdated(log: ObservationLog, one: Predicted) -> str:
    """Why this may not be what is deployed: its age, or the revisions that answered; empty where nothing says so."""
    if one.says.kind == "record" and one.says.as_of:
        return "a file is a copy, and only the service's own records decide"
    began_at = next((seen.at for seen in log.handshakes() if seen.at), None)
    if one.says.as_of and began_at and (age := began_at - one.says.as_of) > STALE_AFTER:
        return f"that was {age.days} day{'' if age.days == 1 else 's'} ago"
    answered = {str(seen.finding["revision"]) for seen in log.logs() if seen.finding.get("revision")}
    if one.says.revision and answered and one.says.revision not in answered:
        return f"it describes the revision {one.says.revision}, and the log says that {', '.join(sorted(answered))} answered"
    if one.says.revision and (serving := _reported(log)) and _is_another(one.says.revision, serving):
        return f"it describes the revision {one.says.revision}, and health reports {serving}"
    if one.says.elsewhere:
        return f"it names {one.says.elsewhere}, and {log.context.host} is asked"
    return ""


def _reported(log: ObservationLog) -> str:
    """The revision that health reports, empty where it reports none."""
    health = log.rest("health")
    try:
        told = json.loads(health.body_excerpt or "") if health else None
    except (ValueError, RecursionError):
        return ""
    return str(told.get("revision") or "") if isinstance(told, dict) else ""


def _is_another(described: str, reported: str) -> bool:
    """Whether these are two revisions of one service, as Cloud Run names them: NAME-00042-abc."""
    named = [re.fullmatch(r"(.+)-\d{5}(?:-\w{1,10})?", name) for name in (described, reported)]
    return described != reported and len({match[1] for match in named if match}) == 1 and all(named)


def trusted(log: ObservationLog, out: Mapping[str, Evidence] | None = None) -> tuple[Predicted, ...]:
    """The predictions of sources of which nothing is contradicted, outdated ones left out."""
    every = list(predicted(log))
    out = excluded(log) if out is None else out
    lying = {one.says.source for one in every if contradicted(log, one, out)}
    return tuple(one for one in every if one.says.source not in lying and not outdated(log, one))


def explaining(log: ObservationLog, intervention: Intervention, change: Change, open_: Sequence[str]) -> Predicted | None:
    """The prediction that says plainly which of several causes this proved change is about.

    None where they disagree, among themselves or with the server's own words. Of a user's record more is wanted: the same source
    says of the user who was accepted that it is not so.
    """
    out = {**indifferent(log, intervention), **excluded(log)}
    speaking = [one for one in trusted(log, out) if one.says.user in (None, log.context.user)]
    plain = [one for one in speaking if one.plain in open_]
    against = {cause for one in speaking for cause in one.says.speaks_against}
    plain = plain or [one for one in speaking if _refused_so(log, one, intervention, change, open_)]
    causes = {one.says.speaks_for[0] for one in plain}
    words = heard(log, [seen for seen in log.with_factors(intervention.without(change)) if not accepted(seen)])
    spoken = words.plain or words.narrowing
    if len(causes) != 1 or causes & against or (spoken and not causes & set(spoken.causes)):
        return None
    (cause,) = causes
    shown = learned(Refusal(log, intervention.without(change), change))
    refused = [seen for seen in log.with_factors(intervention.without(change)) if not accepted(seen)]
    # A credential that gets through in another place shows itself what became of it.
    needed = change.factor not in ("carrier", "carriers")
    looks_so = [one for one in plain if not (needed and one.says.shown_by) or any(name in shown for name in one.says.shown_by)]
    return next((one for one in looks_so if agrees(one, refused) and _is_about(log, one, change, cause)), None)


def agrees(one: Predicted, refused: Sequence[Observation]) -> bool:
    """Whether every refusal has the status that the source names, and is of no other server than the one that it configures."""
    status, product = one.says.refused_with, one.says.product
    told = {name for seen in refused if (name := _product(seen.headers.get("server", "")))}
    return (status is None or all(seen.status == status for seen in refused)) and (not product or told <= {product})


def _product(server: str) -> str:
    """Whose Server header this is, by the name under which configurations of it are known; empty where it tells nothing."""
    name = server.lower().partition("/")[0].strip()
    return _FAMILIES.get(name, name)


def forwarded_hosts(log: ObservationLog) -> list[str]:
    """The Hosts that hops put in place of the client's, as trusted configurations say."""
    return list(dict.fromkeys(one.says.forwards for one in trusted(log) if one.says.forwards))[:MOST_FORWARDED]


def _refused_so(log: ObservationLog, one: Predicted, intervention: Intervention, change: Change, open_: Sequence[str]) -> bool:
    """Whether past the hop the Host that the hop sends is refused in the very words in which the hop's handshake is refused.

    That an answer of the hop's own and one of the application's are both empty says nothing.
    Not where another cause that is open has a look of its own, and the refusal has it.
    """
    base = intervention.without(change)
    sent = log.latest(**{**base, **change.factors, "host_header": one.says.forwards}) if one.says.forwards else None
    if sent is None or sent.kind != "handshake" or sent.accepted or one.says.speaks_for[0] not in open_:
        return False
    refusal = Refusal(log, base, change)
    of_others = {name for cause in open_ if cause not in one.says.speaks_for for name in CATALOGUE[cause].supported_by}
    return not of_others & learned(refusal).keys() and all(
        log.tells_by_words(seen) and log.same_answer(seen, sent) for seen in refusal.seen
    )


def _is_about(log: ObservationLog, one: Predicted, change: Change, cause: str) -> bool:
    """Whether what is said is about what was changed: a path itself and no parameter, a user, a claim of what they may do."""
    if one.says.kind == "record":
        return _told_apart(log, one, change, cause)
    return cause != "route-missing" or "query" not in change.touched


def _told_apart(log: ObservationLog, one: Predicted, change: Change, cause: str) -> bool:
    """Whether the record tells the refused user from the accepted one, where it was the user that was changed."""
    other = change.factors.get("user")
    if other is None:
        claims = [name.partition(".")[2] for name in change.factors if name.startswith("claims.")]
        return bool(claims) and all(map(is_permission, claims))
    beside = [item.says for item in predicted(log) if item.says.source == one.says.source and item.says.user == other]
    return any(cause in says.speaks_against for says in beside) and not any(says.speaks_for for says in beside)


def supported(log: ObservationLog, alive: Sequence[str]) -> tuple[Predicted, Evidence, str] | None:
    """The one configuration that plainly names a cause which is alive, with what the handshakes say for it."""
    every = [one for one in trusted(log) if one.says.kind == "config" and one.plain in alive]
    found = [(one, *agreeing) for one in every if one.plain and (agreeing := _agreeing(log, one, every, alive))]
    return found[0] if len({one.plain for one, _, _ in found}) == 1 else None


def _agreeing(
    log: ObservationLog, one: Predicted, every: Sequence[Predicted], alive: Sequence[str]
) -> tuple[Evidence, str] | None:
    """What speaks for a cause: a feature of it, or for a key that two services do not share, how each of them takes the token."""
    # What plain HTTP answers leads: it speaks for many causes alike, and of the handshake it says nothing.
    cause = one.says.speaks_for[0]
    if not agrees(one, log.refused_controls()):
        return None
    held = learned(Refusal(log))
    # Nor does what another cause would show just as well: a wrong file would agree with it.
    shared = {"as-an-impossible-path"} if "websocket-unsupported" in alive else set()
    shared |= {name for other in alive if other != cause for name in CATALOGUE[other].supported_by}
    told = [name for name in CATALOGUE[cause].supported_by if name in held and name not in OVER_REST and name not in shared]
    if told:
        by = tuple(dict.fromkeys(one for name in told for one in held[name]))
        return by, ", ".join(name.replace("-", " ") for name in told)
    # Whatever else is plainly said to be wrong may be what the token is refused for.
    alone = {other.plain for other in every if other.plain} == {cause}
    if cause == "secret-mismatch" and alone and (by := read_and_not_verified(Refusal(log))):
        return by, "REST accepts the token, which is refused here just as one with an invented signature is and none is not"
    if alone and (by := platform_answered(Refusal(log), one.says.answered_with)):
        return by, "the platform's own page answers, with a credential as without"
    return None


def leads_of(log: ObservationLog, candidates: Sequence[str], out: Mapping[str, Evidence]) -> Iterator[Lead]:
    """What the predictions say for the candidates; then what the handshakes say against the predictions."""
    for one in predicted(log):
        old = outdated(log, one)
        because = one.sentence + (f", but {old}" if old else "")
        if one.says.user in (None, log.context.user):
            yield from (
                Lead(id=cause, because=because, evidence=(one.id,)) for cause in candidates if cause in one.says.speaks_for
            )
    for one in predicted(log):
        if by := contradicted(log, one, out):
            question = OTHERWISE if one.says.kind == "config" else OTHER_RECORD
            yield Lead(id=None, because=f"{one.sentence}, which {', '.join(by)} contradicts; {question}", evidence=(one.id, *by))
        elif denied := _denied(log, one, candidates):
            because = f"{one.sentence}, although only another user is accepted ({', '.join(denied)}); {OTHER_RECORD}"
            yield Lead(id=None, because=because, evidence=(one.id,))


def _denied(log: ObservationLog, one: Predicted, candidates: Sequence[str]) -> list[str]:
    """What a record denies of the configured user, where another was accepted and all that could be wrong with them is denied."""
    of_users = [name for name in candidates if CATALOGUE[name].layer == "user"]
    narrowed = set(candidates) <= set(lifted_by("user", "permission"))
    if one.says.user != log.context.user or not of_users or not narrowed or set(of_users) - set(one.says.speaks_against):
        return []
    return of_users


def foretold_by(log: ObservationLog) -> dict[str, Evidence]:
    """The causes that something trusted speaks for, of the configured handshake."""
    found: dict[str, list[str]] = {}
    for one in trusted(log):
        for cause in one.says.speaks_for if one.says.user in (None, log.context.user) else ():
            found.setdefault(cause, []).append(one.id)
    return {cause: tuple(ids) for cause, ids in found.items()}
