"""What observations say about a refusal, as named features; each refutes or supports causes, and names what it rests on.

A feature is asked about a `Refusal`: what is refused with some changes in place, and, where one more change lifted that, the
change. So single and joint causes, and the explanation of what lifts, are judged by the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lib.facts import Observation
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.answerer import answerer
from lib.whys.evidence.between import BETWEEN, plain_get_too
from lib.whys.evidence.over_rest import OVER_REST, asks_for_an_upgrade
from lib.whys.evidence.refusal import NOTHING, Evidence, Feature, Refusal, as_plain, credential_matters, ids, of_each
from lib.whys.evidence.session import SESSION, refused_on_an_open_socket
from lib.whys.evidence.transport import TRANSPORT
from lib.whys.evidence.words import named_in
from lib.whys.probes import FORGED, FULL_LENGTH, GARBAGE, ISSUED, NONE, PLACEBO, accepted

CRASH_CODES = frozenset({1006, 1011, 1014})
"""Close codes that tell of a failure; any other close is a decision."""

STEADY = 10
"""So many refused controls, none accepted: of several revisions one that accepts would have answered (1 in 18 where every
fourth does)."""

USUAL_SCHEMES = ("JWT", "Token")
"""Words other than Bearer that servers usually want before a token; tried before it is said that no word helps."""


def _broken_off(seen: Observation) -> bool:
    return seen.rung == "upgrade" and seen.status == 101


def _crashed(seen: Observation) -> bool:
    """Dropped or closed as after a failure; who says a word of refusal, or stays silent on an open socket, has not crashed."""
    if seen.rung != "session" or refused_on_an_open_socket(seen):
        return False
    return seen.close_code is None or (seen.close_code in CRASH_CODES and not (seen.close_code == 1006 and seen.body_excerpt))


def _status(*statuses: int) -> Callable[[Observation], bool]:
    return lambda seen: seen.rung == "upgrade" and seen.status in statuses


# What was sent.


def _credential_sent(refusal: Refusal) -> Evidence:
    offline = tuple(seen.id for seen in refusal.log.all if seen.kind == "offline" and "credential" in seen.factors)
    return NOTHING if refusal.log.context.credential == "none" else offline[:1] or (refusal.first.id,)


def _no_credential_sent(refusal: Refusal) -> Evidence:
    offline = tuple(seen.id for seen in refusal.log.all if seen.kind == "offline" and "credential" in seen.factors)
    return offline[:1] or (refusal.first.id,) if refusal.log.context.credential == "none" else NOTHING


def _expired_when_sent(refusal: Refusal) -> Evidence:
    """The token that is sent as it stands says of itself that its time is over."""
    return tuple(seen.id for seen in refusal.log.all if seen.finding.get("expired") and "token" not in refusal.base)[:1]


def _proxy_indifferent(refusal: Refusal) -> Evidence:
    direct = refusal.probe(proxy="off")
    alike = direct is not None and refusal.log.same(direct, refusal.first)
    return ids(refusal.first, direct) if alike and direct and direct.headers.keys() == refusal.first.headers.keys() else NOTHING


# What depends on the credential.


def _signature_accepted(refusal: Refusal) -> Evidence:
    return refusal.differs(refusal.probe(key=FORGED))


def _token_matters(refusal: Refusal) -> Evidence:
    return _signature_accepted(refusal) or refusal.differs(refusal.probe(credential=GARBAGE))


def _invented_user_differs(refusal: Refusal) -> Evidence:
    wanted = len(refusal.base) + 1
    found = (seen for seen in refusal.log.handshakes() if seen.finding.get("invented") == "user" and len(seen.factors) == wanted)
    return refusal.differs(next((seen for seen in found if refusal.base.items() <= dict(seen.factors).items()), None))


def _server_failed(refusal: Refusal) -> Evidence:
    """HTTP 500 whatever the request carries: one that only this token gets may be this token's doing."""
    if not of_each(_status(500))(refusal):
        return NOTHING
    wanted = [refusal.probe(key=FORGED) or refusal.probe(credential=GARBAGE)]
    wanted += [refusal.probe(credential=NONE)] if refusal.log.context.credential != "none" else []
    failed = all(seen is not None and seen.status is not None and seen.status >= 500 for seen in wanted)
    return ids(refusal.first, *wanted) if failed and refusal.change is None else NOTHING


def _clocks_agree(refusal: Refusal) -> Evidence:
    # The clock that dates answers need not be the one that judges tokens: where backdating helps, the latter speaks.
    clock = refusal.log.clock() if refusal.change is None else None
    return (clock.id,) if clock and not refusal.log.clocks_differ() else NOTHING


# Route and REST.


def _path_known(refusal: Refusal) -> Evidence:
    """A path that cannot exist is answered in another way, and by the same party: an edge may send each path to another one.

    The same where a plain GET here asks for an upgrade, or gets the very answer that one gets there; and the handshake there
    was answered as a handshake.
    """
    path = refusal.log.context.impossible_path
    impossible, plain, there = refusal.probe(path=path), refusal.plain(), refusal.plain_at(path)
    redirected = any(300 <= (seen.status or 0) < 400 for seen in refusal.seen)
    alike = as_plain(refusal) and not plain_get_too(refusal)
    if alike or redirected or plain is None or impossible is None or not refusal.differs(impossible):
        return NOTHING
    if asks_for_an_upgrade(plain):
        return ids(refusal.first, impossible, plain)
    if there is None or not refusal.log.same_answer(plain, there) or refusal.log.same_answer(impossible, there):
        return NOTHING
    return ids(refusal.first, impossible, plain, there) if answerer(plain) == answerer(there) else NOTHING


def _as_impossible(refusal: Refusal) -> Evidence:
    impossible = refusal.probe(path=refusal.log.context.impossible_path)
    alike = impossible is not None and all(seen.status == 404 and refusal.log.same(impossible, seen) for seen in refusal.seen)
    return ids(refusal.first, impossible) if alike else NOTHING


def _as_a_plain_get(refusal: Refusal) -> Evidence:
    return ids(refusal.first, refusal.plain()) if as_plain(refusal) else NOTHING


def _rest_accepts(refusal: Refusal) -> Evidence:
    with_token, without = refusal.log.rest("protected"), refusal.log.rest("protected", credential=NONE)
    if with_token and without and with_token.status is not None and 200 <= with_token.status < 300:
        return ids(with_token, without) if without.status in (401, 403) else NOTHING
    return NOTHING


def read_and_not_verified(refusal: Refusal) -> Evidence:
    """REST accepts the very token; here it is refused as one with an invented signature is, and none at all is not."""
    forged, rest = refusal.probe(key=FORGED), _rest_accepts(refusal)
    if (
        not rest
        or forged is None
        or forged.status is None
        or refusal.log.fingerprint(forged) != refusal.log.fingerprint(refusal.first)
    ):
        return NOTHING
    other = refusal.differs(refusal.probe(credential=NONE)) or refusal.differs(refusal.probe(credential=GARBAGE))
    return (*rest, forged.id, *other) if other else NOTHING


# Time and repetition.


def _first_use(refusal: Refusal) -> Evidence:
    controls = refusal.log.controls()
    return (refusal.first.id,) if controls and not accepted(controls[0]) else NOTHING


def _when_quiet(refusal: Refusal) -> Evidence:
    """Refused, and not for too many, before this user was ever accepted; and the configured handshake never was."""
    if refusal.first.status == 429 or not refusal.log.handshakes() or any(map(accepted, refusal.log.controls())):
        return NOTHING
    before = refusal.log.handshakes()
    before = before[: before.index(refusal.first)]
    user = refusal.base.get("user")
    taken = [seen for seen in before if accepted(seen) and seen.factors.get("user") == user]
    return NOTHING if taken else (refusal.first.id,)


def _fresh_refused(refusal: Refusal) -> Evidence:
    fresh = refusal.log.context.fresh_tokens and len(refusal.seen) >= 2 and len(refusal.seen) == len(refusal.asked)
    return tuple(seen.id for seen in refusal.seen[:3]) if fresh else NOTHING


def _every_time(refusal: Refusal) -> Evidence:
    if len(refusal.seen) < STEADY or len(refusal.seen) != len(refusal.asked):
        return NOTHING
    outcomes = {(_changed(seen), accepted(seen)) for seen in refusal.log.handshakes()}
    unsteady = len({factors for factors, _ in outcomes}) < len(outcomes)
    return NOTHING if unsteady else tuple(seen.id for seen in refusal.seen)


def _changed(seen: Observation) -> str:
    """What was changed of the request; an address of the name is none of it."""
    return repr(sorted(item for item in seen.factors.items() if item[0] != "address"))


# Logs.


def _application_saw_it(refusal: Refusal) -> Evidence:
    traces = {seen.trace_id for seen in refusal.seen}
    found = [seen for seen in refusal.log.logs() if seen.trace_id in traces and seen.finding.get("layer") == "application"]
    return tuple(seen.id for seen in found[:3])


def _said_to_be_absent(refusal: Refusal) -> Evidence:
    """Log entries that say of a refusal that it carried no credential, where one was sent."""
    if refusal.log.context.credential == "none":
        return NOTHING
    traces = {seen.trace_id for seen in refusal.seen if "credential" not in seen.factors}
    found = (entry for entry in refusal.log.logs() if entry.trace_id in traces)
    return tuple(entry.id for entry in found if "credential-absent" in named_in(entry.body_excerpt))


# What a change that lifts was asked beside.


def _placebo_helped(refusal: Refusal) -> Evidence:
    change = refusal.change
    placebo = refusal.probe(**change.placebo) if change and change.placebo else None
    return (placebo.id,) if placebo is not None and accepted(placebo) else NOTHING


def _at_full_length(outcome: bool) -> Feature:
    def told(refusal: Refusal) -> Evidence:
        change = refusal.change
        padded = refusal.lifted(**{FULL_LENGTH: change.shortens_bytes}) if change and change.shortens_bytes else None
        return (padded.id,) if padded is not None and accepted(padded) == outcome else NOTHING

    return told


def _any_value_serves(refusal: Refusal) -> Evidence:
    change = refusal.change
    names = [name for name in (change.factors if change else {}) if name.startswith("claims.")]
    probe = refusal.probe(**{names[0]: PLACEBO}) if names else None
    return (probe.id,) if probe is not None and accepted(probe) else NOTHING


def _issued_claims(outcome: bool) -> Feature:
    def told(refusal: Refusal) -> Evidence:
        ours = refusal.probe(token=f"{ISSUED} claims, configured key")
        return (ours.id,) if ours is not None and ours.kind == "handshake" and accepted(ours) == outcome else NOTHING

    return told


def _other_writings(refusal: Refusal) -> list[Observation]:
    words = [change.factors for change in refusal.log.context.changes if change.factor in {"scheme", "encoding"}]
    words += [{"scheme": word} for word in USUAL_SCHEMES]
    return [seen for factors in words if (seen := refusal.probe(**factors)) is not None]


def _written_otherwise(refusal: Refusal) -> Evidence:
    return tuple(seen.id for seen in _other_writings(refusal) if accepted(seen))


def _no_writing_helps(refusal: Refusal) -> Evidence:
    """Every other word before the token was refused, where the token is carried behind a word."""
    tried = _other_writings(refusal)
    carried = refusal.log.context.carrier == "authorization" and not (refusal.change and "scheme" in refusal.change.factors)
    usual = {"scheme": USUAL_SCHEMES[0]}
    told = carried and any(usual.items() <= dict(seen.factors).items() for seen in tried)
    return tuple(seen.id for seen in tried) if told and not any(map(accepted, tried)) else NOTHING


FEATURES: Mapping[str, Feature] = {
    "credential-sent": _credential_sent,
    "no-credential-sent": _no_credential_sent,
    "expired-when-sent": _expired_when_sent,
    "no-proxy-between": of_each(lambda seen: seen.finding.get("via_proxy") is None),
    "proxy-between": of_each(lambda seen: seen.finding.get("via_proxy") is not None),
    "proxy-indifferent": _proxy_indifferent,
    "no-connection": of_each(lambda seen: seen.rung in ("dns", "tcp", "tls")),
    "accepted-then-ended": of_each(lambda seen: seen.rung == "session"),
    "ended-by-a-crash": of_each(_crashed),
    "ended-by-decision": of_each(lambda seen: seen.rung == "session" and not _crashed(seen)),
    "refused-before-the-101": of_each(lambda seen: seen.rung != "session"),
    "broken-off": of_each(_broken_off),
    "not-broken-off": of_each(lambda seen: not _broken_off(seen)),
    "server-failed": _server_failed,
    "failed-with-a-500": of_each(_status(500)),
    "gateway-failed": of_each(_status(502, 503, 504)),
    "too-many": of_each(_status(429)),
    "refused-with-a-4xx": of_each(
        lambda seen: seen.rung == "upgrade" and seen.status not in (None, 101, 429) and 200 <= (seen.status or 0) < 500
    ),
    "credential-presence-matters": credential_matters,
    "signature-accepted": _signature_accepted,
    "token-content-matters": _token_matters,
    "invented-user-differs": _invented_user_differs,
    "clocks-agree": _clocks_agree,
    "path-known": _path_known,
    "as-an-impossible-path": _as_impossible,
    "as-a-plain-get": _as_a_plain_get,
    "rest-accepts-the-token": _rest_accepts,
    "refused-at-first-use": _first_use,
    "refused-when-quiet": _when_quiet,
    "fresh-tokens-refused": _fresh_refused,
    "refused-every-time": _every_time,
    "application-saw-it": _application_saw_it,
    "said-to-be-absent": _said_to_be_absent,
    "placebo-helped": _placebo_helped,
    "accepted-at-full-length": _at_full_length(True),
    "refused-at-full-length": _at_full_length(False),
    "any-value-serves": _any_value_serves,
    "issued-claims-accepted": _issued_claims(True),
    "issued-claims-refused": _issued_claims(False),
    "accepted-written-otherwise": _written_otherwise,
    "other-ways-of-writing-refused": _no_writing_helps,
    **BETWEEN,
    **OVER_REST,
    **SESSION,
    **TRANSPORT,
}
"""Every feature by its name; the catalogue may use no other."""

OF_CONDUCT = {
    "many-held-at-once": "as many sockets as a limit would allow were open together",
    "burst-accepted": "handshakes without a pause were all accepted",
    "only-bursts-refused": "twice, handshakes without a pause were refused and those with pauses accepted",
    "only-replays-refused": "of tokens in alternation only those that came again were refused",
    "replayed-after-acceptance": "the token that was refused had been accepted when it came first",
    "reused-token-accepted": "a token that had been accepted was accepted again",
    "accepted-at-first": "the very first handshake was accepted",
    "refused-then-accepted-ever-after": "three refusals or more, and only acceptances since",
    "only-turns-explain": "acceptances and refusals turn faster than by time or number",
    "too-many-alone": "every refusal says 429",
    "rest-accepted-meanwhile": "over REST the token was accepted in the time of the refusals",
}
"""What repetition, pauses and numbers showed; found by who asked (`Conduct.learned`), refuting in the same way."""

_KNOWN = {*FEATURES, *OF_CONDUCT}
_UNKNOWN = {name for cause in CATALOGUE.values() for name in (*cause.refuted_by, *cause.supported_by)} - _KNOWN
if _UNKNOWN:
    raise LookupError(f"the catalogue names features that nothing computes: {', '.join(sorted(_UNKNOWN))}")


def learned(refusal: Refusal) -> dict[str, Evidence]:
    """Every feature that holds of this refusal, with the ids of the observations that show it."""
    if not refusal.seen:
        return {}
    return {name: by for name, feature in FEATURES.items() if (by := feature(refusal))}
