"""Two rounds side by side: what changed, and which claims that grants (pure: documents in, one document out).

Cases are compared only where both rounds have them, and no rate is ever formed. A claim is granted when what it needs was
seen; else it says what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lib.reports.comparable import (
    compared,
    figures_apart,
    name_of,
    never_sealed,
    not_alike,
    not_verified,
    remarks,
    rewritten,
    withdrawn,
)
from lib.reports.differences import (
    EVIDENCE,
    REFUSALS,
    accepted_controls,
    by_id,
    case_changes,
    case_id,
    cause_changes,
    is_bad_credential,
    is_opened,
    is_refused,
    refusing,
    runs_of,
)
from lib.reports.sentences import Document

Rounds = Sequence[Sequence[Document]]
Judge = Callable[[Rounds, Rounds], Any]
"""Takes the samples of one figure in both runs, each as rounds of rows, and says what may be said of the change."""


def compare_rounds(a: Document, b: Document, *, judge: Judge) -> dict[str, Any]:
    """The contract's `compare` document of two rounds' documents, `a` the earlier: suite, diagnosis, performance, logs, report,
    samples; `repeats` holds the samples of earlier runs of the same round. `state`, `retracted` and `settings` say what became of
    the record, which of its claims were withdrawn, and how figures were measured.

    `judge` takes the rows of one figure in both runs and returns change, interval and verdict, as fields or keys. What `fixed`
    needs decides what the cases that fail no more are called: `fixed`, or else `passing_now`.
    """
    cases = case_changes(a.get("suite"), b.get("suite"))
    figures = _figures(a, b, judge)
    claims = _claims(a, b, cases, figures)
    granted = claims[0]["granted"]
    named = {"fixed": cases["fixed"] if granted else [], "passing_now": [] if granted else cases["fixed"]}
    return {
        "schema": 1,
        "rounds": [name_of(a), name_of(b)],
        "compared": compared(a, b, figures),
        "remarks": remarks(a, b),
        "verdicts": [(document.get("diagnosis") or {}).get("verdict") for document in (a, b)],
        "symptoms": [_symptom(document) for document in (a, b)],
        "candidates": [list((document.get("diagnosis") or {}).get("candidates") or ()) for document in (a, b)],
        "verified": not not_verified(a, b),
        "cases": cases | named,
        "causes": _causes(a, b),
        "figures": figures,
        "no_longer_measured": _no_longer_measured(a, b),
        "claims": claims,
        "flaky_runs": {
            case: dict(zip(("runs", "failed"), runs_of(case, a.get("suite"), b.get("suite")), strict=True))
            for case in cases["flaky"]
        },
    }


def _symptom(document: Document) -> dict[str, Any] | None:
    """How the configured handshake was refused; None where it was not, or was not investigated."""
    found = (document.get("diagnosis") or {}).get("symptom")
    return {key: found.get(key) for key in ("rung", "status", "close_code", "description")} if found else None


def _causes(a: Document, b: Document) -> dict[str, list[str]]:
    """What changed among the causes; one that was withdrawn was never there, so it neither closes nor opens."""
    found = cause_changes(a.get("diagnosis"), b.get("diagnosis"))
    gone = {"opened": b, "closed": a}
    kept = {name: [cause for cause in found[name] if not withdrawn(one, refusing(cause))] for name, one in gone.items()}
    return found | kept


def _figures(a: Document, b: Document, judge: Judge) -> list[dict[str, Any]]:
    named = [figure["name"] for document in (a, b) for figure in (document.get("performance") or {}).get("figures") or ()]
    return [_figure(name, a, b, judge) for name in dict.fromkeys(named)]


def _no_longer_measured(a: Document, b: Document) -> list[str]:
    """The figures that the earlier round measured and the later one tried to, and could not, although they are not optional."""
    had = {one["name"] for one in (a.get("performance") or {}).get("figures") or () if one["n"]}
    found = (b.get("performance") or {}).get("figures") or ()
    return [one["name"] for one in found if not one["n"] and one["name"] in had and not one.get("optional")]


def _figure(name: str, a: Document, b: Document, judge: Judge) -> dict[str, Any]:
    """The change in the heaviest loop that both rounds have: samples of different loops answer different questions."""
    old, new = _samples(a, name), _samples(b, name)
    common = next((loop for loop in LOOPS if old[loop] and new[loop]), None)
    if common is None:
        counts = [sum(len(rows) for rounds in loops.values() for rows in rounds) for loops in (old, new)]
        why = "they are of different loops" if all(counts) else "there is nothing to compare"
        because = f"n = {counts[0]} and {counts[1]}: {why}"
        return {"name": name, "change": None, "interval": None, "verdict": "undecided", "because": because}
    found = judge(old[common], new[common])
    said = {key: found.get(key) if isinstance(found, Mapping) else getattr(found, key, None) for key in _JUDGED}
    if apart := figures_apart(a, b, name, common):
        said |= {"verdict": "undecided", "because": f"{apart}, so that no difference is a change; {said['because']}"}
        said["rounds_needed"] = None  # no number of rounds would tell
    return {"name": name, **said, "interval": None if said["interval"] is None else list(said["interval"])}


_JUDGED = ("change", "interval", "verdict", "because", "rounds_needed")


LOOPS = ("load", "open", "closed")
"""How samples were taken, the heaviest first, as a figure is judged."""


def _samples(document: Document, figure: str) -> dict[str, list[list[Document]]]:
    """The samples of one figure by loop and round, warm-up and failures left out."""
    rounds: list[Iterable[Document]] = [document.get("samples") or (), *(document.get("repeats") or ())]
    mine = [
        [row for row in rows if row.get("figure") == figure and not row.get("warmup") and _is_measured(row.get("ms"))]
        for rows in rounds
    ]
    by_loop = {loop: [[row for row in rows if (row.get("loop") or "closed") == loop] for rows in mine] for loop in LOOPS}
    return {loop: [rows for rows in found if rows] for loop, found in by_loop.items()}


def _is_measured(ms: Any) -> bool:
    return isinstance(ms, (int, float)) and math.isfinite(ms)


def _claims(a: Document, b: Document, cases: Mapping[str, list[str]], figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    judged = [
        ("fixed", *_fixed(a, b, cases)),
        ("all pass", *_all_pass(a, b, cases)),
        ("nothing got worse", *_not_worse(a, b, cases, figures)),
        ("the WebSocket works", *_websocket_works(b)),
        ("performance met", *_performance_met(b)),
    ]
    if damaged := [*not_verified(a, b), *never_sealed(a, b)]:
        judged = [(claim, False, "; ".join([*damaged, *([] if granted else [because])])) for claim, granted, because in judged]
    return [{"claim": claim, "granted": granted, "because": because} for claim, granted, because in judged]


def _fixed(a: Document, b: Document, cases: Mapping[str, list[str]]) -> tuple[bool, str]:
    fixed = cases["fixed"]
    if not fixed:
        return False, "no case that failed before passes now"
    changed = [f"{file} was changed, so that it may be another case" for file in rewritten(a, b, fixed)]
    lacking = [*not_alike(a, b), *changed, *_without_evidence(b, fixed), *_unknown_revisions(a, b), *_no_negative_control(b)]
    if lacking:
        return False, "; ".join(lacking)
    revisions = " and ".join(", ".join(_revisions(document)) for document in (a, b))
    return (
        True,
        f"{_some(fixed)} failed before and pass now with evidence: same inputs, revisions {revisions}, bad credentials "
        "still refused",
    )


def _all_pass(a: Document, b: Document, cases: Mapping[str, list[str]]) -> tuple[bool, str]:
    new = by_id(b.get("suite"))
    if not new:
        return False, "no case was collected"
    lacking = [f"{_some(cases['removed'])} no longer stand in the suite"] if cases["removed"] else []
    failing = [case for case, outcomes in new.items() if set(outcomes) != {"passed"}]
    lacking += [f"{_some(failing)} did not pass"] if failing else []
    lacking += [*not_alike(a, b), *_without_evidence(b, new), *_withdrawn(b, "all cases pass")]
    return (
        (False, "; ".join(lacking))
        if lacking
        else (True, f"each of the {len(new)} cases passes with evidence, none was taken away")
    )


def _not_worse(a: Document, b: Document, cases: Mapping[str, list[str]], figures: list[dict[str, Any]]) -> tuple[bool, str]:
    if not by_id(a.get("suite")) or not by_id(b.get("suite")):
        return False, "a round without cases cannot show it"
    parts = {"fail newly": cases["new_failures"], "are flaky": cases["flaky"], "were taken away": cases["removed"]}
    lacking = [f"{_some(found)} {what}" for what, found in parts.items() if found]
    lacking += [f"{figure['name']} is {figure['verdict']}" for figure in figures if figure["verdict"] in {"worse", "undecided"}]
    lacking += not_alike(a, b)
    return (
        (False, "; ".join(lacking))
        if lacking
        else (True, "no case fails newly, and no figure leaves room for a relevant change for the worse")
    )


def _websocket_works(b: Document) -> tuple[bool, str]:
    diagnosis = b.get("diagnosis")
    if diagnosis is None:
        return False, "the handshake was not investigated"
    if diagnosis["verdict"] != "healthy":
        return False, f"the diagnosis says {diagnosis['verdict']}"
    accepted = accepted_controls(diagnosis)
    sessions = (b.get("report") or {}).get("sessions") or {}
    lacking = [sessions["text"]] if sessions.get("all_closed") else []
    if lacking := [*lacking, *_withdrawn(b, "the configured handshake is accepted")]:
        return False, "; ".join(lacking)
    if not accepted:
        return False, "no accepted handshake with the configured credential was observed"
    return True, f"the configured handshake was accepted: {', '.join(accepted[:5])}"


def _performance_met(b: Document) -> tuple[bool, str]:
    found = (b.get("performance") or {}).get("figures") or []
    if not found:
        return False, "nothing was measured"
    short = [
        f"{figure['name']} is {figure['verdict']} (n = {figure['n']})"
        for figure in found
        if figure["verdict"] != "met" or not figure["n"]
    ]
    short += _withdrawn(b, "all objectives are met")
    asserted = _not_measured(b)
    short += [f"{figure['name']} is {asserted[figure['name']]}" for figure in found if figure["n"] and figure["name"] in asserted]
    return (False, "; ".join(short)) if short else (True, "; ".join(f"{figure['name']}: n = {figure['n']}" for figure in found))


def _not_measured(document: Document) -> dict[str, str]:
    """The figures of a round that its ledger does not call measured, each with why."""
    entries = document.get("ledger") or ()
    return {entry["figure"]: f"{entry['label']}: {entry['because']}" for entry in entries if entry["label"] != "measured"}


def _without_evidence(b: Document, wanted: Iterable[str]) -> list[str]:
    wanted = set(wanted)
    cases = [
        case for case in (b.get("suite") or {}).get("cases") or () if case_id(case) in wanted and case["outcome"] == "passed"
    ]
    empty = [case_id(case) for case in cases if case.get("worth") not in EVIDENCE]
    return [f"{_some(empty)} pass without evidence"] if empty else []


def _revisions(document: Document) -> list[str]:
    """The revisions that logs or answers name."""
    logged = ((document.get("logs") or {}).get("seen") or {}).get("revisions") or ()
    answered = ((document.get("report") or {}).get("answer") or {}).get("revisions") or ()
    return sorted({str(revision) for revision in (*logged, *answered)})


def _unknown_revisions(a: Document, b: Document) -> list[str]:
    unknown = [name_of(document) for document in (a, b) if not _revisions(document)]
    if unknown:
        return [f"the revision that answered is not known of {' and '.join(unknown)}"]
    before, after = _revisions(a), _revisions(b)
    if set(before) == set(after):
        return [f"the revision is the same as before: {', '.join(after)}"]
    # A new one beside all of the old: which of them a case met is not known.
    return [f"the revision of before still answers: {', '.join(before)}"] if set(before) <= set(after) else []


def _no_negative_control(b: Document) -> list[str]:
    """What is missing of bad credentials that are refused, and are accepted nowhere."""
    passed = [case for case in (b.get("suite") or {}).get("cases") or () if case["outcome"] == "passed"]
    diagnosis = b.get("diagnosis") or {}
    bad = [one for one in diagnosis.get("observations") or () if is_bad_credential(one)]
    let_in = [one["id"] for one in bad if one["kind"] == "handshake" and is_opened(one)]
    if let_in or (diagnosis.get("healthy") or {}).get("without_credential") == "accepted":
        shown = f" ({', '.join(let_in)})" if let_in else ""
        return [f"a handshake without a good credential was accepted{shown}"]
    # A pass that rests on evidence and saw such a status is a case that demanded the refusal.
    refused = any(case.get("worth") in EVIDENCE and REFUSALS & set(case.get("statuses") or ()) for case in passed)
    refused = refused or any(case.get("worth") == "rejection" for case in passed)
    return [] if refused or any(is_refused(one) for one in bad) else ["no bad credential was seen refused"]


def _withdrawn(document: Document, claim: str) -> list[str]:
    found = withdrawn(document, claim)
    return [found] if found else []


def _some(cases: Sequence[str]) -> str:
    shown = ", ".join(cases[:3])
    return f"{len(cases)} case{'s' if len(cases) != 1 else ''} ({shown}{', …' if len(cases) > 3 else ''})"
