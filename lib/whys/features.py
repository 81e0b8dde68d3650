"""What the observations say, as named features; each refutes causes (`Cause.refuted_by`) and names the observations it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from lib.facts import Observation
from lib.whys.ledger import Ledger
from lib.whys.steps import FORGED, GARBAGE, NONE, accepted

CRASH_CODES = frozenset({1006, 1011, 1014})
"""Close codes that tell of a failure; any other close is a decision."""

STEADY = 6
"""So many refused controls, none accepted: a server that refuses at random would have accepted one (1 in 64 at even odds)."""

Evidence = tuple[str, ...]


def learned(ledger: Ledger) -> dict[str, Evidence]:
    """Every feature that holds, with the ids of the observations that show it."""
    symptom = ledger.symptom()
    if symptom is None:
        return {}
    features: dict[str, Evidence] = {}
    for part in (_sent, _stage, _credential, _route, _conduct, _rest, _logs):
        features.update(part(ledger, symptom))
    return features


def _sent(ledger: Ledger, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    offline = tuple(seen.id for seen in ledger.all if seen.kind == "offline" and "credential" in seen.factors)
    none_sent = ledger.context.credential == "none"
    yield ("no-credential-sent" if none_sent else "credential-sent"), offline or (symptom.id,)
    if symptom.finding.get("via_proxy") is None:
        yield "no-proxy-between", (symptom.id,)
    direct = ledger.first(proxy="off")
    if direct and ledger.same(direct, symptom) and direct.headers.keys() == symptom.headers.keys():
        yield "proxy-indifferent", (symptom.id, direct.id)


def _stage(ledger: Ledger, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    by = (symptom.id,)
    status = symptom.status
    if symptom.rung in ("dns", "tcp", "tls"):
        yield "no-connection", by
    if symptom.rung == "session":
        yield "accepted-then-ended", by
        yield ("ended-by-a-crash" if symptom.close_code in CRASH_CODES or symptom.close_code is None else "ended-by-decision"), by
    else:
        yield "refused-before-the-101", by
    if symptom.rung == "upgrade" and status == 101:
        yield "broken-off", by
    else:
        yield "not-broken-off", by
    if symptom.rung == "upgrade" and status is not None and status != 101:
        if status == 500:
            yield "server-failed", by
        elif status in (502, 503, 504):
            yield "gateway-failed", by
        elif status == 429:
            yield "too-many", by
        elif 200 <= status < 500:
            yield "refused-with-a-4xx", by


def _credential(ledger: Ledger, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    def differs(probe: Observation | None) -> Evidence:
        return (symptom.id, probe.id) if probe and not ledger.same(probe, symptom) and _answered(probe) else ()

    if by := differs(ledger.first(credential=NONE)):
        yield "credential-presence-matters", by
    forged = differs(ledger.first(key=FORGED))
    if forged:
        yield "signature-accepted", forged
    if by := forged or differs(ledger.first(credential=GARBAGE)):
        yield "token-content-matters", by
    invented = next((seen for seen in ledger.handshakes() if seen.finding.get("invented") == "user" and len(seen.factors) == 1), None)
    if by := differs(invented):
        yield "invented-user-differs", by
    skew = next((seen for seen in reversed(ledger.all) if seen.kind == "offline" and "clock" in seen.factors), None)
    if skew and skew.finding.get("agree"):
        yield "clocks-agree", (skew.id,)


def _answered(probe: Observation) -> bool:
    # A probe that got no answer, or one about too many probes, says nothing about its factor.
    return probe.status is not None and probe.status != 429


def _route(ledger: Ledger, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    impossible = ledger.first(path=ledger.context.impossible_path)
    plain = ledger.rest("plain")
    redirected = symptom.status is not None and 300 <= symptom.status < 400
    differs_from_plain = plain is None or plain.status is None or not ledger.same_answer(plain, symptom)
    if impossible and _answered(impossible) and not ledger.same(impossible, symptom) and differs_from_plain and not redirected:
        yield "path-known", tuple(seen.id for seen in (symptom, impossible, plain) if seen)
    if plain and plain.status is not None and symptom.status is not None and not ledger.same_answer(plain, symptom):
        yield "upgrade-seen", (symptom.id, plain.id)


def _conduct(ledger: Ledger, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    controls = ledger.controls()
    refused = [seen for seen in controls if not accepted(seen)]
    if controls[0] is symptom and symptom.status != 429:
        yield "refused-at-first-use", (symptom.id,)
        yield "refused-when-quiet", (symptom.id,)
    if ledger.context.fresh_tokens and len(refused) >= 2:
        yield "fresh-tokens-refused", tuple(seen.id for seen in refused[:3])
    if len(refused) >= STEADY and len(refused) == len(controls):
        yield "refused-every-time", tuple(seen.id for seen in refused)


def _rest(ledger: Ledger, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    with_token = ledger.rest("protected")
    without = ledger.rest("protected", credential=NONE)
    if with_token and without and _ok(with_token) and without.status in (401, 403):
        yield "rest-accepts-the-token", (with_token.id, without.id)


def _ok(seen: Observation) -> bool:
    return seen.status is not None and 200 <= seen.status < 300


def _logs(ledger: Ledger, symptom: Observation) -> Iterator[tuple[str, Evidence]]:
    traces = {seen.trace_id for seen in ledger.controls() if not accepted(seen)}
    application = [seen for seen in ledger.logs() if seen.trace_id in traces and seen.finding.get("layer") == "application"]
    if application:
        yield "application-saw-it", tuple(seen.id for seen in application[:3])
