"""The sentences of a diagnosis: symptom, chain of whys. Each is computed from observations and names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lib.facts import ACCEPTED_AFTER_S, BROKE_PROTOCOL, PROXY_FAILED, Observation
from lib.redaction.one_line import in_one_line, is_page
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.diagnosis import MinimalPair, NamedCause, Why, WorksWith
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.session import not_granted, refused_on_an_open_socket
from lib.whys.probes import NONE, Change, Conduct, Intervention, accepted
from lib.whys.strategy.inquiry import Inquiry

_STAGES = {
    "dns": "the name could not be resolved",
    "tcp": "no connection was made",
    "tls": "the TLS handshake failed",
    "http": "no usable HTTP answer came back",
}

_NO_REFUSAL = {1000: "normal closure", 1001: "going away", 1012: "service restart", 1013: "try again later"}


def describe(symptom: Observation) -> dict[str, Any]:
    """The symptom of the contract: where the handshake ended, and in words."""
    return {"rung": symptom.rung, "status": symptom.status, "close_code": symptom.close_code, "description": _where(symptom)}


def _where(symptom: Observation) -> str:
    at = symptom.factors.get("address")
    return f"at {at}, one of the name's addresses: {outcome(symptom)}" if at else outcome(symptom)


def ended_at(rung: str | None, error: str | None) -> str:
    """At which stage an exchange ended that got no answer, and why."""
    return f"{_STAGES.get(rung or '', 'no answer')}{f' ({error})' if error else ''}"


def outcome(seen: Observation) -> str:
    """What came of one exchange, in words."""
    if accepted(seen) and seen.close_code is None and not seen.finding.get("error"):
        granted = seen.finding.get("granted_ms")
        said = "" if granted is None else f"the session was granted after {granted:.0f} ms, "
        return f"accepted: 101, {said}and the session stayed open"
    error = seen.finding.get("error")
    if seen.rung in _STAGES and seen.status is None:
        return ended_at(seen.rung, error)
    if seen.rung == "session":
        return _of_session(seen)
    if seen.status == 101:
        return f"answered with 101 and broken off by the client{f' ({error})' if error else ''}"
    return f"HTTP {seen.status} {_body(seen.body_excerpt)}"


def _body(body: str) -> str:
    words = in_one_line(body)
    if is_page(body):
        return f"with a page saying {words!r}" if words else "with a page without words"
    return f"saying {words!r}" if words else "with an empty body"


def _of_session(seen: Observation) -> str:
    """How a session ended, or was refused, after its 101."""
    said = f"saying {words!r}" if (words := in_one_line(seen.body_excerpt)) else ""
    if refused_on_an_open_socket(seen):
        return f"answered with 101, and the session was refused, {said}" if said else f"answered with 101, and {_silence(seen)}"
    reason = seen.finding.get("close_reason") or said
    if seen.close_code is None and (error := seen.finding.get("error")):  # a violation, or open and not known to work
        return f"answered with 101, and {error}"
    how = "the connection was dropped" if seen.close_code in (None, 1006) else f"the server closed with {_code(seen.close_code)}"
    open_ms = seen.finding.get("open_ms") or 0.0
    after = f" after {open_ms / 1000:.1f} s" if open_ms >= ACCEPTED_AFTER_S * 1000 else ""
    before = "answered with 101, and before the session was granted" if not_granted(seen) else "accepted with 101, then"
    return f"{before} {how}{after}{f' ({reason})' if reason else ''}"


def _code(code: int) -> str:
    """A close code with what RFC 6455 and the registry mean by it, where that is neither a policy nor a failure."""
    return f"{code}{f' ({_NO_REFUSAL[code]})' if code in _NO_REFUSAL else ''}"


def ending(symptom: Observation) -> str:
    """What became of a session after its 101, in a clause."""
    if not_granted(symptom):
        return "refused before the session was granted"
    code, broke = symptom.close_code, str(symptom.finding.get("error") or "")
    if broke.startswith(BROKE_PROTOCOL):
        return f"ended because {broke}"
    return "dropped without a close frame" if code in (None, 1006) else f"ended by the server with {_code(code)}"


def _silence(seen: Observation) -> str:
    return str(seen.finding.get("error") or "the session was not granted")


def in_brief(seen: Observation) -> str:
    """What came of one exchange in a few words: a line of progress."""
    if accepted(seen) and seen.close_code is None and not seen.finding.get("error"):
        return "granted" if seen.finding.get("granted") else "accepted"
    said = in_one_line(str((seen.rung == "session" and seen.finding.get("close_reason")) or seen.body_excerpt), 60)
    told = said and (seen.rung == "session" or (seen.status or 0) >= 300)
    words = f' "{said}"' if told else ""
    if refused_on_an_open_socket(seen):
        return f"101, then refused{words}" if words else f"101, then {_silence(seen)}"
    if seen.rung == "session" and seen.close_code is None and (error := seen.finding.get("error")):
        return f"101, and {error}"
    if seen.rung == "session":
        dropped = seen.close_code in (None, 1006)
        return f"101, then {'dropped' if dropped else f'closed with {seen.close_code}'}{words}"
    if seen.status is None:
        return _STAGES.get(seen.rung or "", "no answer")
    return f"{seen.status}{words}"


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


def chain(
    inquiry: Inquiry,
    symptom: Observation | None,
    causes: Sequence[NamedCause],
    candidates: Sequence[str],
    pair: MinimalPair | None,
) -> tuple[Why, ...]:
    """Up to five whys; it stops where the evidence stops."""
    return tuple(_whys(inquiry, symptom, causes, candidates, pair))[:5] if symptom else ()


def _whys(
    inquiry: Inquiry, symptom: Observation, causes: Sequence[NamedCause], candidates: Sequence[str], pair: MinimalPair | None
) -> Iterator[Why]:
    controls = [seen for seen in inquiry.log.controls() if not accepted(seen)] or [symptom]
    ids = tuple(seen.id for seen in controls[:3])
    yield Why(
        question="What happens to the configured handshake?",
        answer=f"It ends at the rung {symptom.rung}: {outcome(symptom)}.",
        evidence=ids,
    )
    if proxied := _beside_proxy(inquiry, symptom):
        yield proxied
    if rest := _beside_rest(inquiry):
        yield rest
    if pair is not None:
        said = " and ".join(pair.difference)
        yield Why(
            question="Which change makes the refusal go away, and no smaller one?",
            answer=f"{said}: {pair.accepted} was accepted, {pair.refused} was not, and they differ in nothing else.",
            evidence=(pair.refused, pair.accepted),
        )
    for cause in causes:
        yield Why(
            question=f"Why is that so ({cause.layer})?",
            answer=f"{CATALOGUE[cause.id].why} {cause.because[:1].upper()}{cause.because[1:]}.",
            evidence=cause.evidence[:8],
        )
    if candidates or (pair is not None and not causes):
        agree = f"{len(candidates)} causes agree" if len(candidates) != 1 else "one cause agrees"
        left = f"{agree} with every observation ({', '.join(candidates)})" if candidates else "no known cause explains it"
        yield Why(
            question="Why is it refused?",
            answer=f"The evidence ends here: {left}.",
            evidence=ids,
        )


def _beside_proxy(inquiry: Inquiry, symptom: Observation) -> Why | None:
    """What came of the way past a proxy that failed, where nothing came of it either: the proxy is not cleared by that."""
    past = inquiry.log.with_factors({"proxy": "off"})
    if not inquiry.unreachable or not past or not str(symptom.finding.get("error") or "").startswith(PROXY_FAILED):
        return None
    said = (
        f"It cannot be told: the proxy that the environment names failed ({symptom.id}), and past it nothing answered either "
        f"({past[0].id}: {outcome(past[0])}). A network that lets nothing out but by its proxy looks the same."
    )
    return Why(question="Is it the proxy?", answer=said, evidence=(symptom.id, past[0].id))


def _beside_rest(inquiry: Inquiry) -> Why | None:
    log = inquiry.log
    given, bare = log.rest("protected"), log.rest("protected", credential=NONE)
    if given is None or bare is None or given.status is None:
        return None
    if 200 <= given.status < 300 and bare.status in (401, 403):
        said = (
            f"Yes: over REST the same client is let in with its token (HTTP {given.status}) and refused without it "
            f"(HTTP {bare.status})."
        )
    elif 200 <= given.status < 300:
        said = f"It cannot be told: the protected route also answers HTTP {bare.status} without a credential."
    else:
        said = f"No: over REST it gets HTTP {given.status} with its token, and HTTP {bare.status} without."
    return Why(question="Is the same credential good over REST?", answer=said, evidence=(given.id, bare.id))


_CONDUCT_IN_WORDS = {"spacing": "with pauses", "concurrency": "one at a time", "token": "a fresh one", "moment": "later"}


def placebo_of(log: ObservationLog, intervention: Intervention, change: Change) -> Observation | None:
    """The placebo of a change as it was asked, None where there is none or it could not be sent."""
    asked = log.with_factors({**intervention.without(change), **change.placebo}) if change.placebo is not None else []
    return asked[-1] if asked else None


def no_placebo_helped(log: ObservationLog, intervention: Intervention, change: Change) -> bool:
    """Whether what shares the side effects of a change was refused, or there is nothing such that can be sent."""
    if change.placebo is None or not log.context.can_send({**intervention.without(change), **change.placebo}):
        return True
    placebo = placebo_of(log, intervention, change)
    return placebo is not None and not accepted(placebo)


def why_proved(log: ObservationLog, intervention: Intervention, change: Change) -> str:
    """What proves that this change lifts: the counts, the placebo, and how seldom luck would fall into this order."""
    said = ", ".join(intervention.factors)
    n, m = len(intervention.accepted), len(intervention.refused)
    text = (
        f"with {said} changed and nothing else {n} of {n} handshakes were accepted; without it {m} of {m} were "
        "refused, in alternation"
    )
    if len(intervention.changes) > 1:
        alone = len(intervention.necessary.get(change.name, ()))
        text += f"; with only {change.name} left as configured {alone} of {alone} were refused"
    placebo = placebo_of(log, intervention, change)
    text += f"; a placebo of it was refused ({placebo.id})" if placebo is not None and not accepted(placebo) else ""
    return f"{text} (refusals at random would fall into this order with odds of 1 in {odds(n, m)} at the most)"


def works_with(log: ObservationLog, intervention: Intervention, open_: Mapping[str, Sequence[str]]) -> WorksWith:
    """The proved change as the contract tells it, whatever its cause is called."""
    tried = log.with_factors(intervention.factors)
    without: dict[str, dict[str, int]] = {}
    for change in intervention.changes:
        others = intervention.without(change)
        seen = log.with_factors(others)
        if seen:
            taken = sum(map(accepted, seen))
            without |= {name: {"accepted": taken, "refused": len(seen) - taken} for name in change.factors}
    placebos = [one for change in intervention.changes if (one := placebo_of(log, intervention, change))]
    first = next((seen for seen in placebos if accepted(seen)), placebos[0] if placebos else None)
    return WorksWith(
        changes=intervention.factors,
        accepted=sum(map(accepted, tried)),
        refused=sum(not accepted(seen) for seen in tried),
        without=without,
        explained_by={name: tuple(open_[change.name]) for change in intervention.changes for name in change.factors},
        placebo=first.id if first else None,
    )


def conduct_works_with(conduct: Conduct, open_: Sequence[str]) -> WorksWith:
    """What keeps the very same handshake from being refused, in words."""
    counts = {"accepted": 0, "refused": len(conduct.refused)}
    return WorksWith(
        changes={name: _CONDUCT_IN_WORDS[name] for name in conduct.difference},
        accepted=len(conduct.accepted),
        refused=0,
        without=dict.fromkeys(conduct.difference, counts),
        explained_by=dict.fromkeys(conduct.difference, tuple(open_)),
        placebo=None,
    )


def odds(n: int, m: int) -> int:
    """One in so many servers that refuse by chance, whatever their odds, answer n variants and m controls like this.

    The first acceptance does not count, for it was looked for; the likelihood is the greatest that any odds give.
    """
    if n < 2:
        return 1
    share = m / (n + m - 1)
    return int(1 / max(share**m * (1 - share) ** (n - 1), 1e-9))
