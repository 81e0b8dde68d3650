"""What the observations say, as named features; each refutes causes (`Cause.refuted_by`) and names the observations it rests
on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from lib.facts import Observation
from lib.whys.evidence.observations import ObservationLog
from lib.whys.probes import FORGED, GARBAGE, NONE, accepted

CRASH_CODES = frozenset({1006, 1011, 1014})
"""Close codes that tell of a failure; any other close is a decision."""

STEADY = 10
"""So many refused controls, none accepted: of several revisions one that accepts would have answered (1 in 18 where every
fourth does)."""

Evidence = tuple[str, ...]


def learned(log: ObservationLog) -> dict[str, Evidence]:
    """Every feature that holds, with the ids of the observations that show it."""
    symptom = log.symptom()
    if symptom is None:
        return {}
    features: dict[str, Evidence] = {}
    for part in (_sent, _stage, _credential, _route, _conduct, _rest, _logs):
        features.update(part(log, symptom))
    return features


def _sent(log: ObservationLog, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    offline = tuple(seen.id for seen in log.all if seen.kind == "offline" and "credential" in seen.factors)
    none_sent = log.context.credential == "none"
    yield ("no-credential-sent" if none_sent else "credential-sent"), offline or (symptom.id,)
    if symptom.finding.get("via_proxy") is None:
        yield "no-proxy-between", (symptom.id,)
    direct = log.latest(proxy="off")
    if direct and log.same(direct, symptom) and direct.headers.keys() == symptom.headers.keys():
        yield "proxy-indifferent", (symptom.id, direct.id)


def _stage(log: ObservationLog, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    """What holds of every refusal of the configured handshake: one that changes its face is none of the one kind."""
    refused = log.refused_controls()
    of_each = [_faces(seen) for seen in refused]
    by = (symptom.id, *(seen.id for seen, faces in zip(refused, of_each, strict=True) if faces != of_each[0]))
    yield from ((face, by) for face in of_each[0] if all(face in faces for faces in of_each))


def _faces(seen: Observation) -> tuple[str, ...]:
    faces = ["no-connection"] if seen.rung in ("dns", "tcp", "tls") else []
    if seen.rung == "session":
        crash = seen.close_code in CRASH_CODES or seen.close_code is None
        faces += ["accepted-then-ended", "ended-by-a-crash" if crash else "ended-by-decision"]
    else:
        faces.append("refused-before-the-101")
    broken_off = seen.rung == "upgrade" and seen.status == 101
    faces.append("broken-off" if broken_off else "not-broken-off")
    if seen.rung == "upgrade" and seen.status is not None and not broken_off:
        faces += [name for name, told in _BY_STATUS.items() if told(seen.status)]
    return tuple(faces)


_BY_STATUS: Mapping[str, Callable[[int], bool]] = {
    "server-failed": lambda status: status == 500,
    "gateway-failed": lambda status: status in (502, 503, 504),
    "too-many": lambda status: status == 429,
    "refused-with-a-4xx": lambda status: 200 <= status < 500 and status != 429,
}


def _credential(log: ObservationLog, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    def differs(probe: Observation | None) -> Evidence:
        return (symptom.id, probe.id) if probe and _answered(probe) and not log.like_a_control(probe) else ()

    if by := differs(log.latest(credential=NONE)):
        yield "credential-presence-matters", by
    forged = differs(log.latest(key=FORGED))
    if forged:
        yield "signature-accepted", forged
    if by := forged or differs(log.latest(credential=GARBAGE)):
        yield "token-content-matters", by
    invented = next(
        (seen for seen in log.handshakes() if seen.finding.get("invented") == "user" and len(seen.factors) == 1), None
    )
    if by := differs(invented):
        yield "invented-user-differs", by
    clock = log.clock()
    if clock and not log.clocks_differ():
        yield "clocks-agree", (clock.id,)


def _answered(probe: Observation) -> bool:
    # A probe that got no answer, or one about too many probes, says nothing about its factor.
    return probe.status is not None and probe.status != 429


def _route(log: ObservationLog, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    impossible = log.latest(path=log.context.impossible_path)
    plain = log.rest("plain")
    redirected = symptom.status is not None and 300 <= symptom.status < 400
    as_plain = (
        plain is not None and plain.status is not None and any(log.same_answer(plain, one) for one in log.refused_controls())
    )
    if impossible and _answered(impossible) and not log.like_a_control(impossible) and not as_plain and not redirected:
        yield "path-known", tuple(seen.id for seen in (symptom, impossible, plain) if seen)
    if plain and plain.status is not None and symptom.status is not None and not as_plain:
        yield "upgrade-seen", (symptom.id, plain.id)


def _conduct(log: ObservationLog, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    controls = log.controls()
    refused = [seen for seen in controls if not accepted(seen)]
    if controls[0] is symptom:
        yield "refused-at-first-use", (symptom.id,)
        if symptom.status != 429:
            yield "refused-when-quiet", (symptom.id,)
    if log.context.fresh_tokens and len(refused) >= 2:
        yield "fresh-tokens-refused", tuple(seen.id for seen in refused[:3])
    if len(refused) >= STEADY and len(refused) == len(controls) and not _unsteady(log):
        yield "refused-every-time", tuple(seen.id for seen in refused)


def _unsteady(log: ObservationLog) -> bool:
    """Whether the very same handshake was both refused and accepted, whatever was changed in it."""
    outcomes = {(repr(sorted(seen.factors.items())), accepted(seen)) for seen in log.handshakes()}
    return len({factors for factors, _ in outcomes}) < len(outcomes)


def _rest(log: ObservationLog, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    with_token = log.rest("protected")
    without = log.rest("protected", credential=NONE)
    if with_token and without and _ok(with_token) and without.status in (401, 403):
        yield "rest-accepts-the-token", (with_token.id, without.id)


def _ok(seen: Observation) -> bool:
    return seen.status is not None and 200 <= seen.status < 300


def _logs(log: ObservationLog, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    traces = {seen.trace_id for seen in log.controls() if not accepted(seen)}
    application = [seen for seen in log.logs() if seen.trace_id in traces and seen.finding.get("layer") == "application"]
    if application:
        yield "application-saw-it", tuple(seen.id for seen in application[:3])
