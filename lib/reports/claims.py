"""What a round asserts, what changed since the one before, and which earlier assertions no longer hold (pure)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lib.reports.differences import accepted_controls, case_changes, case_id, cause_changes, refusing
from lib.reports.sentences import Document, cases_of, say

INPUTS = ("target", "token", "headers")


def inputs(parameters: Document) -> dict[str, Any]:
    """What decides what the cases and probes send; rounds are comparable where it is equal. Local ports change from run to
    run."""
    kept = {key: parameters.get(key) for key in INPUTS}
    target = dict(kept["target"] or {})
    kept["target"] = {**target, **{key: _without_local_port(target.get(key)) for key in ("rest_url", "ws_url")}}
    suite = parameters.get("suite") or {}
    return {**kept, "suite": {key: suite.get(key) for key in ("path", "args", "env", "junit")}}


def changes(earlier: Document | None, report: Document) -> dict[str, Any] | None:
    """What changed since the round before; None where there is none. Rounds of different environments are not compared."""
    if earlier is None:
        return None
    since = {"round": earlier.get("round"), "environment": earlier.get("environment")}
    if earlier.get("environment") != report["environment"]:
        return {
            **since,
            "cases": {},
            "causes": {},
            "sentences": [say("The round before was of another environment: nothing is compared.")],
        }
    idle = [one for one in (earlier, report) if (one.get("summary") or {}).get("suite") == "not run"]
    cases = case_changes(None if idle else earlier, report)
    causes = cause_changes(_as_diagnosis(earlier), _as_diagnosis(report))
    sentences = [say(f"{what}: {len(found)}.", found) for what, found in _case_words(cases) if found]
    words = {"opened": "newly found", "closed": "no longer there", "excluded": "newly excluded"}
    sentences += [say(f"Causes {words[name]}: {', '.join(found)}.", found) for name, found in causes.items() if found]
    differing = sorted(key for key in report["inputs"] if report["inputs"][key] != (earlier.get("inputs") or {}).get(key))
    if differing:
        sentences.append(
            say(f"What was sent differs from the round before in: {', '.join(differing)}; a change may come from that.")
        )
    undiagnosed = [one for one in (earlier, report) if not _was_answered(one)]
    unchanged = [what for what, missing in (("case", idle), ("cause", undiagnosed)) if not missing]
    if not sentences and unchanged:
        sentences = [say(f"No {' and no '.join(unchanged)} changed since the round before.")]
    sentences += _not_compared("Cases", idle, "the suite was not run")
    sentences += _not_compared("Causes", undiagnosed, "the handshake was not answered, or not investigated,")
    return {**since, "cases": cases, "causes": causes, "sentences": sentences}


def _not_compared(what: str, rounds: list[Document], why: str) -> list[dict[str, Any]]:
    which = " and ".join(f"round {one.get('round')}" for one in rounds)
    return [say(f"{what} are not compared: {why} in {which}.")] if rounds else []


def _was_answered(report: Document) -> bool:
    found = _as_diagnosis(report)
    return found is not None and found.get("verdict") != "unreachable"


def claims(suite: Document | None, diagnosis: Document | None, performance: Document | None) -> list[dict[str, Any]]:
    """What this round asserts, whether each holds (None: not looked at), and what carries or contradicts it."""
    accepted = accepted_controls(diagnosis)
    healthy = None if diagnosis is None else bool(accepted)
    cases, figures = cases_of(suite), (performance or {}).get("figures") or []
    failing = [case_id(case) for case in cases if case["outcome"] != "passed"]
    unmet = [figure["name"] for figure in figures if figure["verdict"] != "met"]
    asserted = [
        _claim("the configured handshake is accepted", healthy, accepted),
        _claim("all cases pass", not failing if cases else None, failing),
        _claim("all objectives are met", not unmet if figures else None, unmet),
    ]
    for cause in (diagnosis or {}).get("causes", ()):
        asserted.append({**_claim(refusing(cause["id"]), True, cause["evidence"]), "strength": cause["strength"]})
    return asserted + [_claim(refusing(entry["id"]), False, entry["by"]) for entry in (diagnosis or {}).get("excluded", ())]


def _claim(claim: str, holds: bool | None, evidence: list[str]) -> dict[str, Any]:
    return {"claim": claim, "holds": holds, "evidence": list(evidence)[:20]}


def retracted(earlier: Document | None, report: Document) -> list[dict[str, Any]]:
    """Claims of the round before that this round's evidence contradicts; what was not looked at again retracts nothing.

    A cause that was proved and is gone has been repaired: that is a change, not a retraction.
    """
    if earlier is None or earlier.get("environment") != report["environment"]:
        return []
    now = {claim["claim"]: claim for claim in report["claims"]}
    before = [claim for claim in earlier.get("claims") or () if claim["holds"] and claim.get("strength") != "proved"]
    gone = [claim["claim"] for claim in before if now.get(claim["claim"], {}).get("holds") is False]
    said = f"round {earlier.get('round')} said so; in round {report['round']} it does not hold"
    return [{"claim": claim, **say(said, now[claim]["evidence"])} for claim in gone]


def _case_words(cases: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    words = {
        "new_failures": "Cases that passed and fail now",
        "fixed": "Cases that failed and pass now",
        "still_failing": "Cases that fail as before",
        "flaky": "Cases that are flaky",
        "added": "Cases that are new",
        "removed": "Cases that are gone",
    }
    return [(words[name], cases[name]) for name in words]


def _as_diagnosis(report: Document) -> Document | None:
    found = report.get("diagnosis")
    return found if isinstance(found, Mapping) else None


def _without_local_port(url: str | None) -> str | None:
    parts = urlsplit(url or "")
    try:
        local = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        local = False
    return parts._replace(netloc=parts.hostname or "").geturl() if local else url
