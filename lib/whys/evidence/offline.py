"""What can be known before anything is sent: which references resolve, what the tokens say, who signed the issued one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from lib import tokens
from lib.facts import Observation, Prediction
from lib.handshake import Handshake, carried_tokens
from lib.parameters.guesses import guessed, guesses_told
from lib.parameters.hosts import host_of
from lib.parameters.loading import BadInput, Parameters, resolve
from lib.parameters.model import Alternatives
from lib.parameters.secrets import is_reference
from lib.whys.context import Context, context_of
from lib.whys.requests import RequestBuilder
from lib.whys.working import Working, compared

Found = tuple[Mapping[str, Any], str, Mapping[str, Any]]


def prepare(
    parameters: Parameters, handshake: Handshake, *, environ: Mapping[str, str] | None, has_logs: bool, at: datetime
) -> tuple[Context, RequestBuilder, list[Observation]]:
    """Context, what variants are made of, and the offline observations of a diagnosis."""
    (resolved, unreadable), working = _resolved(parameters, environ), compared(parameters, handshake)
    resolved |= working.secrets
    algorithms = {working.algorithm} if working.algorithm else set()
    issued = resolved.get(parameters.token.issued or "")
    decoded = tokens.decode(issued) if issued else None
    said = {"alg": decoded.header.get("alg"), "claims": decoded.claims, "marks": _marks(decoded)} if decoded else None
    context = context_of(
        parameters,
        handshake,
        readable=resolved,
        sendable=_sendable(parameters, handshake, resolved, said, algorithms),
        issued=said,
        has_logs=has_logs,
        differences=working.differences,
    )
    builder = RequestBuilder(
        handshake=handshake,
        resolved=resolved,
        issued=issued,
        health_path=parameters.target.health_path,
        protected_path=parameters.target.protected_path,
        hosts=_given_hosts(parameters, working),
        bound=working.bound.factors if working.bound else {},
    )
    found: list[Found] = [_sent(context, handshake, at), *_carried(handshake, at)]
    found += _not_asked(parameters, context)
    others = [*parameters.alternatives.tokens, *([working.token] if working.token else [])]
    found += _other_tokens(others, handshake, resolved)
    found += [({"left out": where}, sentence, {}) for where, sentence in unreadable]
    found += [*_working(working), *_guessed(parameters)]
    if decoded is not None and issued:
        found.append(_issued(parameters, decoded, issued, resolved, at))
    observations = [
        Observation(id=f"o{number}", kind="offline", factors=factors, body_excerpt=words, finding=finding, at=at)
        for number, (factors, words, finding) in enumerate(found, start=1)
    ]
    return context, builder, observations


def _given_hosts(parameters: Parameters, working: Working) -> frozenset[str]:
    """Hosts of the alternatives, and the one of the working handshake where it may have what is configured here."""
    tried = [change.factors["host"] for change in working.differences if "host" in change.factors and change is not working.bound]
    return frozenset(host_of(one if "://" in one else f"//{one}") for one in (*parameters.alternatives.hosts, *map(str, tried)))


AT_MOST_PROPOSED = 3
"""So many values of one kind are taken over from evidence: each costs handshakes."""
PROPOSABLE = frozenset({"origins", "paths", "carriers", "schemes", "subprotocols", "algorithms", "host_headers"})
PROPOSABLE_CLAIMS = ("iss", "aud")
"""What evidence may propose: nothing that sends a credential to another host, nor one that nobody gave."""


def with_proposed(parameters: Parameters, evidence: Iterable[Prediction]) -> Parameters:
    """The parameters with what evidence proposes among the alternatives, after their own; what could not be sent is left out."""
    alternatives, evidence = parameters.alternatives, list(evidence)
    for name in PROPOSABLE:
        added = 0
        for value in (value for one in evidence for value in one.tries.get(name, ())):
            known = getattr(alternatives, name)
            if added < AT_MOST_PROPOSED and value not in known and (wider := _wider(alternatives, name, [*known, value])):
                alternatives, added = wider, added + 1
    for claim in PROPOSABLE_CLAIMS:
        known = list(alternatives.claims.get(claim, ()))
        proposed = dict.fromkeys(value for one in evidence for value in one.tries.get(f"claims.{claim}", ()))
        if left := [value for value in proposed if value not in known][:AT_MOST_PROPOSED]:
            claims = {**alternatives.claims, claim: [*known, *left]}
            alternatives = _wider(alternatives, "claims", claims) or alternatives
    return parameters.model_copy(update={"alternatives": alternatives})


def _wider(alternatives: Alternatives, name: str, values: Any) -> Alternatives | None:
    try:
        return Alternatives.model_validate({**alternatives.model_dump(mode="json"), name: values})
    except ValidationError:
        return None


def _working(working: Working) -> Iterator[Found]:
    """In what the working handshake differs, and what of it is not tried."""
    yield from (({"working": "left out"}, sentence, {}) for sentence in working.told)
    if working.differences:
        names = ", ".join(change.name for change in working.differences)
        yield {"working": len(working.differences)}, f"the working handshake differs in {names}", {}


def _guessed(parameters: Parameters) -> Iterator[Found]:
    """The addresses that nobody gave."""
    target = parameters.target.model_dump()
    if said := guesses_told(target):
        yield {"guessed": guessed(target)}, said.removeprefix("guessed, "), {}


def _marks(decoded: tokens.Decoded) -> tuple[str, ...]:
    return tuple(sorted(name for name, value in decoded.header.items() if name != "alg" and (name, value) != ("typ", "JWT")))


def _references(parameters: Parameters) -> Iterator[tuple[str, str]]:
    other = parameters.alternatives
    if parameters.token.secret:
        yield "token.secret", parameters.token.secret
    yield from ((f"alternatives.secrets.{position}", reference) for position, reference in enumerate(other.secrets))
    for position, headers in enumerate(other.headers):
        yield from ((f"alternatives.headers.{position}.{name}", value) for name, value in headers.items() if is_reference(value))
    yield from ((f"alternatives.tokens.{position}", reference) for position, reference in enumerate(other.tokens))
    if parameters.token.issued:
        yield "token.issued", parameters.token.issued


def _resolved(parameters: Parameters, environ: Mapping[str, str] | None) -> tuple[dict[str, str], list[tuple[str, str]]]:
    resolved: dict[str, str] = {}
    unreadable: list[tuple[str, str]] = []
    for where, reference in _references(parameters):
        try:
            resolved[reference] = resolve(reference, where=where, environ=environ)
        except BadInput as error:
            unreadable.append((where, f"left out: {error}"))
    return resolved, unreadable


def _sendable(
    parameters: Parameters, handshake: Handshake, resolved: Mapping[str, str], issued: Mapping[str, Any] | None, more: set[str]
) -> frozenset[tuple[str | None, str]]:
    algorithms = {handshake.algorithm, *parameters.alternatives.algorithms, *more}
    if issued and isinstance(issued.get("alg"), str):
        algorithms.add(issued["alg"])
    keys: dict[str | None, str] = {name: resolved[name] for name in parameters.alternatives.secrets if name in resolved}
    if handshake.key:
        keys[None] = handshake.key
    return frozenset((name, algorithm) for name, key in keys.items() for algorithm in algorithms if _signs(key, algorithm))


def _signs(key: str, algorithm: str) -> bool:
    try:
        tokens.check(key=key, algorithm=algorithm)
    except tokens.UnusableKey:
        return False
    return True


def _sent(context: Context, handshake: Handshake, at: datetime) -> Found:
    if context.credential == "minted":
        left = "" if handshake.claims.get("exp") is None else f", exp as configured {_when(handshake.claims['exp'], at)}"
        words = (
            f"each handshake carries a token of its own in {handshake.carrier}"
            f" ({handshake.algorithm}, user {handshake.user}, {handshake.lifetime_s} s{left})"
        )
    elif context.credential == "given":
        whence = f"the token of {handshake.token_from}" if handshake.token_from else "the issued token"
        again = "got anew before its exp" if handshake.token_from else "read anew from its file each time"
        renewed = f", {again}" if handshake.renewed_by else ""
        words = f"each handshake carries {whence} as it stands{renewed}, in {handshake.carrier}"
    elif context.credential == "fixed":
        words = "each handshake carries the credential that the parameters' headers give, always the same"
    else:
        words = "no credential is sent"
    return {"credential": context.credential}, words, {}


def _carried(handshake: Handshake, at: datetime) -> Iterator[Found]:
    """What the tokens say that are sent as they stand, those inside headers and cookies too."""
    for where, token in carried_tokens(handshake).items():
        left_s = tokens.expired_s(token, now=at)
        expired = left_s is not None and left_s > 0
        late = f"it has been expired for {round(left_s or 0)} s: " if expired else ""
        yield {"token": f"as sent ({where})"}, f"{late}{tokens.described(token, now=at)}", {"expired": expired}


def _not_asked(parameters: Parameters, context: Context) -> Iterator[Found]:
    """What needs a token to be minted, where none is."""
    if context.credential not in ("given", "fixed"):
        return
    other = parameters.alternatives
    for name in ("secrets", "algorithms", "users", "claims"):
        if getattr(other, name):
            words = f"not asked: alternatives.{name} need a token to be minted, and the one that is sent is sent as it stands"
            yield {"not asked": f"alternatives.{name}"}, words, {"unsent": True}
    mine = [f"token.{name}" for name in ("claims", "user") if getattr(parameters.token, name)]
    if mine:
        words = f"not asked: {' and '.join(mine)} say what a token minted here would hold, and the one that is sent is not"
        yield {"not asked": " and ".join(mine)}, words, {"unsent": True}


def _other_tokens(references: Iterable[str], handshake: Handshake, resolved: Mapping[str, str]) -> Iterator[Found]:
    """Other real tokens beside the one that is sent, claim by claim."""
    ours = tokens.decode(handshake.token) if handshake.token else tokens.Decoded(claims=handshake.claims)
    for reference in references:
        if reference in resolved and resolved[reference].strip() != handshake.token:
            theirs = tokens.decode(resolved[reference].strip())
            parts = [*_differing(ours.header, theirs.header), *_differing(ours.claims, theirs.claims)]
            words = f"{reference} differs from the token sent in {'; '.join(parts) or 'nothing that can be read'}"
            yield {"token": reference}, words, {}


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*ours, *theirs}, key=str):
        if name not in {"jti", "iat", "exp", "nbf", "auth_time", "sid"} and ours.get(name) != theirs.get(name):
            yield f"{name} ({str(ours.get(name))[:60]} here, {str(theirs.get(name))[:60]} there)"


def _when(moment: Any, at: datetime) -> str:
    if not isinstance(moment, (int, float)) or isinstance(moment, bool):
        return "no number of seconds"
    left_s = round(moment - at.timestamp())
    return f"in {left_s} s" if left_s >= 0 else f"{-left_s} s ago"


def _issued(parameters: Parameters, decoded: tokens.Decoded, issued: str, resolved: Mapping[str, str], at: datetime) -> Found:
    names = [*([parameters.token.secret] if parameters.token.secret else []), *parameters.alternatives.secrets]
    candidates = {name: resolved[name] for name in names if name in resolved}
    signer = tokens.signer(issued, candidates)
    signed = (
        "none of the keys at hand signed it"
        if signer is None
        else f"{signer.name} signed it{f', {signer.corruption}' if signer.corruption else ', as it stands'}"
    )
    said = tokens.fingerprint(issued, now=at)
    problems = f"; {'; '.join(decoded.problems)}" if decoded.problems else ""
    finding = {"signer": signer.name if signer else None, "corruption": signer.corruption if signer else None}
    return {"token": "issued"}, f"the issued token is {said}; {signed}{problems}", finding
