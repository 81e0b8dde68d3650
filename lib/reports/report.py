"""What a round says: every sentence computed from what the notebooks left, each naming what it rests on (pure).

What was not measured says so with n = 0; what cannot be told is an open question. The sections are those of the report that
an engineer used to write by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.facts import Exchange
from lib.reports import cases, claims, evidence
from lib.reports.answer import answer, probe_in_words, shown_factors
from lib.reports.differences import FAILING, accepted_controls, case_id
from lib.reports.gathered import gathered, logs_refused, to_gather
from lib.reports.sentences import Document, as_sentence, cases_of, causes_named, named, say
from lib.whys import tally
from lib.whys.sentences import accepted, before, most_speaks_for

CASE_KEYS = ("module", "name", "nodeid", "outcome", "worth", "runs")
"""What a report keeps of each case, for the round after it to compare with."""


TO_REACH = {
    "dns": "Correct the name, or let this machine's resolver know it (VPN, private zone).",
    "tcp": "Let something listen at that address and port: start it, correct the port, open the firewall or VPN between.",
    "tls": "Make TLS work at that port, or correct the scheme.",
    None: "Make the target reachable, or correct its addresses.",
}
"""What to do where no HTTP answer came, by the stage in which the handshake ended."""


def round_report(
    *,
    parameters: Document,
    round_number: int,
    suite: Document | None = None,
    diagnosis: Document | None = None,
    logs: Document | None = None,
    performance: Document | None = None,
    ledger: Sequence[Document] = (),
    exchanges: Sequence[Exchange] = (),
    earlier: Document | None = None,
    notebooks: Sequence[Document] = (),
) -> dict[str, Any]:
    """The document report.json. `parameters` are plain, with references; `earlier` is the report of the round before.

    `ledger` says of each figure whether it was measured; `performance` states none that was not.
    """
    environment = str(parameters["environment"])
    ws_url = (parameters.get("target") or {}).get("ws_url")
    modules = cases.module_rows(suite, exchanges, ws_url)
    known = _Known(suite, diagnosis, logs, performance, exchanges, ws_url, given=_suite_given(parameters))
    report = {
        "schema": 1,
        "environment": environment,
        "round": round_number,
        "headline": headline(suite, diagnosis),
        "verdict": diagnosis["verdict"] if diagnosis else None,
        "summary": _summary(known, modules),
        "counts": cases.counts(suite),
        "modules": modules,
        "failures": cases.failures(suite, exchanges),
        "worked": cases.worked(suite, exchanges, performance, ws_url),
        "gathered": gathered(parameters, diagnosis, logs),
        "authentication": evidence.authentication(parameters, diagnosis, exchanges),
        "services": evidence.services(environment, exchanges, suite),
        "sessions": evidence.sessions(exchanges, ws_url, None if diagnosis else suite),
        "performance": {**_performance(performance), "ledger": [dict(entry) for entry in ledger]},
        "logs": _logs(logs),
        "next_steps": _next_steps(known, evidence.areas(diagnosis)),
        "impact": cases.impact(parameters.get("features") or {}, modules, suite),
        "claims": claims.claims(suite, diagnosis, performance),
        "notebooks": [dict(step) for step in notebooks],
        "inputs": claims.inputs(parameters),
        "cases": [{key: case[key] for key in CASE_KEYS if key in case} for case in cases_of(suite)],
        "diagnosis": {key: value for key, value in diagnosis.items() if key != "observations"} if diagnosis else None,
    }
    report["actions"] = _actions(known, report)
    report["changes"] = claims.changes(earlier, report)
    report["retracted"] = claims.retracted(earlier, report)
    report["answer"] = answer(report, parameters, diagnosis=diagnosis, exchanges=exchanges, logs=logs)
    return report


def findings(report: Document | None) -> bool:
    """Whether a report gives exit status 1: cases that fail or never came to run, or none, a cause or several left open, an
    objective that is unmet, or sessions that the server closed, every one of them."""
    if report is None:
        return False
    ran_empty = report["counts"]["cases"] == 0 and report["summary"]["suite"] == "empty"
    failing = any(case["outcome"] in FAILING | {"untested"} for case in report["cases"])
    unmet = any(is_unmet(figure) for figure in report["performance"]["figures"])
    closed = bool((report.get("sessions") or {}).get("all_closed"))
    return failing or ran_empty or unmet or closed or report["verdict"] not in {None, "healthy", "unreachable"}


def is_unmet(figure: Document) -> bool:
    """Whether a figure is a finding: its objective missed, undecided where some failed, or not measured though not optional."""
    missing = figure["verdict"] == "not-measured" and not figure.get("optional")
    return figure["verdict"] == "missed" or missing or (figure["verdict"] == "undecided" and bool(figure.get("failed")))


def headline(suite: Document | None, diagnosis: Document | None) -> str:
    """The answer in one line: what the suite's passes are worth, then the verdict; without a suite the verdict comes first."""
    if suite is None:
        said = verdict_in_words(diagnosis)
        return f"{said[:1].upper()}{said[1:]}; the suite was not run"
    found = cases.counts(suite)
    tally = f"{found['positive']} of {found['cases']} cases give positive evidence" if found["cases"] else "no case was collected"
    if found["cases"] and not set(found["worths"]) - {"not judged"}:
        tally = f"{found['outcomes'].get('passed', 0)} of {found['cases']} cases passed, what that is worth was not judged"
    return f"{tally}; {verdict_in_words(diagnosis)}"


def verdict_in_words(diagnosis: Document | None) -> str:
    """The diagnosis in one clause."""
    if diagnosis is None:
        return "the handshake was not investigated"
    if said := before(diagnosis):
        return f"the handshake was not sent, {said}"
    return {
        "healthy": f"healthy: {accepted(diagnosis)}{tally.but(diagnosis)}",
        "unreachable": "unreachable: no permitted address gave an HTTP answer",
        "ambiguous": f"ambiguous: {tally.opening(diagnosis)}the evidence leaves {named(diagnosis['candidates'])} open"
        f"{most_speaks_for(diagnosis)}",
        "narrowed": f"narrowed: {_changed(diagnosis)}opens it, which {_any_of(diagnosis['candidates'])} would explain",
    }.get(diagnosis["verdict"], causes_named(diagnosis["causes"], diagnosis["verdict"], " and "))


def _any_of(ids: Sequence[str]) -> str:
    return named(ids).replace(", ", " or ")


def _suite_given(parameters: Document) -> bool:
    settings = parameters.get("suite")
    return settings is None or bool(settings.get("path") or settings.get("junit"))


def _changed(diagnosis: Document) -> str:
    changes = (diagnosis.get("works_with") or {}).get("changes") or {}
    return f"another {' and '.join(changes)} " if changes else "a change "


class _Known:
    """The four documents of a round, any of them absent, and its exchanges."""

    def __init__(
        self,
        suite: Document | None,
        diagnosis: Document | None,
        logs: Document | None,
        performance: Document | None,
        exchanges: Sequence[Exchange],
        ws_url: str | None,
        *,
        given: bool,
    ):
        self.suite, self.diagnosis, self.logs, self.performance, self.given = suite, diagnosis, logs, performance, given
        self.exchanges, self.ws_url = exchanges, ws_url


def _summary(known: _Known, modules: Sequence[Document]) -> dict[str, Any]:
    found = cases.counts(known.suite)
    sentences = []
    if known.suite is None:
        state = "not run"
        why = "The suite was not run in this round." if known.given else "No suite was given (suite.path): no case was run."
        sentences.append(say(why))
    elif not found["cases"]:
        state = "empty"
        sentences.append(say("The suite collected no case at all: that is an error, not a pass."))
    else:
        state = "run"
        counted = ", ".join(f"{n} {outcome}" for outcome, n in found["outcomes"].items())
        sentences.append(say(f"{found['cases']} cases in {len(modules)} modules took {known.suite['seconds']:.2f} s: {counted}."))
        worths = ", ".join(f"{n} {worth}" for worth, n in found["worths"].items())
        sentences.append(say(f"What the passes are worth: {worths or 'nothing passed'}."))
        red = [row["module"] for row in modules if row["status"] != "passed"]
        sentences.append(say(f"{len(modules) - len(red)} of {len(modules)} modules passed{'; the others:' if red else '.'}", red))
        caution = cases.without_socket(modules)
        sentences += [caution] if caution else []
    shown = [one for cause in (known.diagnosis or {}).get("causes", ()) for one in cause["evidence"]]
    shown = shown or accepted_controls(known.diagnosis)
    sentences.append(say(f"The handshake: {verdict_in_words(known.diagnosis)}.", shown))
    sessions = evidence.sessions(known.exchanges, known.ws_url, None if known.diagnosis else known.suite)
    sentences += [say(sessions["text"], sessions["evidence"])] if sessions and sessions["all_closed"] else []
    sentences += [_performance(known.performance)["sentence"], _logs(known.logs)["sentence"]]
    return {"suite": state, "sentences": sentences}


def _performance(performance: Document | None) -> dict[str, Any]:
    if performance is None:
        return {"figures": [], "floor_ms": None, "sentence": say("Performance: not measured (n = 0).")}
    figures = [dict(figure) for figure in performance["figures"]]
    verdicts = [figure["verdict"] for figure in figures]
    counted = ", ".join(
        f"{verdicts.count(name)} {name}" for name in ("met", "missed", "undecided", "not-measured") if name in verdicts
    )
    named = [figure["name"] for figure in figures]
    return {
        "figures": figures,
        "floor_ms": performance.get("floor_ms"),
        "sentence": say(f"Performance: {counted or 'no objective'}.", named),
    }


def _logs(logs: Document | None) -> dict[str, Any]:
    if logs is None:
        return {"seen": None, "incidents": [], "sentence": say("The servers' logs were not read in this round.")}
    seen = logs["seen"]
    if refused := logs_refused(logs):
        return {"seen": seen, "incidents": [], "sentence": say(as_sentence(f"The servers' logs could not be read: {refused}"))}
    real = [incident for incident in logs["incidents"] if not incident["noise"]]
    hit = {True: "the limit was hit, so entries are missing", False: "the limit was not hit"}.get(
        seen["limit_hit"], "whether a limit was hit cannot be told"
    )
    span = (
        f"{seen['entries']} log entries from {seen['first_at']} to {seen['last_at']}"
        if seen["entries"]
        else "No log entry was found, which is not evidence of health"
    )
    text = f"{span}; {hit}; {len(real)} incident{'s' if len(real) != 1 else ''}."
    return {"seen": seen, "incidents": real, "sentence": say(text, [one for incident in real for one in incident["insert_ids"]])}


def _next_steps(known: _Known, areas: list[dict[str, Any]]) -> dict[str, Any]:
    symptom = (known.diagnosis or {}).get("symptom")
    question = (
        f"Why is the handshake refused: {symptom['description']}?"
        if symptom
        else "Which claim of this round is still without evidence?"
    )
    return {"question": question, "areas": areas, "open": list(_open_questions(known, areas))}


def _open_questions(known: _Known, areas: Iterable[Document]) -> Iterable[dict[str, Any]]:
    found = known.diagnosis
    if found is None:
        yield say("Whether the configured handshake is accepted: it was not investigated.")
    elif before(found):
        yield say("Whether the configured handshake is accepted: it was not sent, for want of a token.")
    elif found["verdict"] in {"ambiguous", "narrowed"}:
        candidates = named(found["candidates"], otherwise="the unknown causes")
        yield say(f"Which of {candidates} it is. Next: {probe_in_words(found['next_probe'] or 'no probe is known')}")
    elif found["verdict"] not in {"healthy", "unreachable"}:
        yield from (say(f"{area['area']}: {area['question']}") for area in areas if area["state"] == "open")
    for figure in (known.performance or {}).get("figures", ()):
        if figure["verdict"] in {"undecided", "not-measured"}:
            yield say(f"Whether {figure['name']} meets its objective ({figure['because']}).", [figure["name"]])
    if (known.logs or {}).get("seen", {}).get("limit_hit"):
        yield say("What the log entries beyond the limit say: narrow logs.filter or the time, or raise logs.limit.")
    idle = [
        case_id(case)
        for case in cases_of(known.suite)
        if case["worth"] in {"any-answer", "no-traffic"} or case["outcome"] in {"skipped", "untested"}
    ]
    if idle:
        yield say(
            f"What the cases that gave no evidence would show if they asserted something ({len(idle)} of "
            f"{len(cases_of(known.suite))}).",
            idle,
        )


def _actions(known: _Known, report: Document) -> list[dict[str, Any]]:
    found = known.diagnosis or {}
    actions = [
        {"action": cause["remedy"], **say(f"It repairs {cause['id']} ({cause['strength']}).", cause["evidence"])}
        for cause in found.get("causes", ())
    ] or _opening(found)
    if found.get("next_probe"):
        probe = found["next_probe"]
        reads = as_sentence(str(probe.get("reads") or "")) if isinstance(probe, Mapping) else ""
        told = all(one in reads for one in _split_off(found))
        tells = reads if told and reads else f"{reads} It would split {_split(found)}.".strip()
        actions.append({"action": probe_in_words(probe), **say(tells)})
    if said := before(found):
        evidence = [one["id"] for one in found["observations"]]
        actions.append({"action": "Get the login to give out a token.", **say(f"{said[:1].upper()}{said[1:]}.", evidence)})
    elif found.get("verdict") == "unreachable":
        symptom = found.get("symptom") or {}
        said = as_sentence(str(symptom.get("description") or "No permitted address gave an HTTP answer"))
        actions.append({"action": TO_REACH.get(symptom.get("rung"), TO_REACH[None]), **say(said)})
    for step in report["notebooks"]:
        if step.get("state") == "crashed":
            actions.append(
                {"action": f"Repair {step['notebook']}.", **say(f"It crashed in cell {step.get('cell')}: {step.get('error')}")}
            )
    if found.get("verdict") in {"ambiguous", "narrowed"}:
        actions += to_gather(report["gathered"], found.get("next_probe"))
    if report["failures"]:
        after = "Run the failing cases again after the repair of the causes above."
        failing = [case for group in report["failures"] for case in group["cases"]]
        action = after if found.get("causes") else "Look at what the failing cases sent, and what was answered."
        actions.append({"action": action, **say(cases.failures_in_words(report["failures"]), failing)})
    for figure in report["performance"]["figures"]:
        if figure["verdict"] == "missed":
            actions.append({"action": f"Find what makes {figure['name']} slow.", **say(figure["because"], [figure["name"]])})
    for incident in _of_failures(known, report)[:3]:
        text = (
            f"{incident['severity']}, {incident['occurrences']} occurrences from {incident['first_at']} to {incident['last_at']}"
        )
        actions.append({"action": f"Look into: {incident['title']}", **say(text, incident["insert_ids"])})
    return [*actions, *_last_action(known, report, bool(actions))]


def _opening(found: Document) -> list[dict[str, Any]]:
    """The change that is proved to open the handshake, where what explains it is still open."""
    works, pair = found.get("works_with"), found.get("minimal_pair") or {}
    if not works:
        return []
    said = f"With {shown_factors(works['changes'])} the handshake is accepted, whatever the cause is called."
    evidence = [pair["refused"], pair["accepted"]] if pair else []
    return [{"action": f"Until the cause is known, change {' and '.join(works['changes'])}.", **say(said, evidence)}]


def _last_action(known: _Known, report: Document, work: bool) -> list[dict[str, Any]]:
    """What comes after all work, or where a healthy handshake left none: the suite that was not run."""
    if work:
        again = "Run the next round with the same inputs, and compare."
        counts = "the same cases pass with evidence" if report["counts"]["cases"] else "the handshake is accepted"
        return [{"action": again, **say(f"A repair counts when {counts}.")}]
    if (known.diagnosis or {}).get("verdict") == "healthy" and known.suite is None and known.given:
        why = "The handshake alone was asked; whether what runs over it works is not known."
        return [{"action": "Run the whole round, with the suite.", **say(why)}]
    return []


def _split(diagnosis: Document) -> str:
    """What the next probe tells apart: a few names, or how many of those that are open."""
    left, ids = list(diagnosis["candidates"]), _split_off(diagnosis)
    every = f"all {len(ids)} causes that are open"
    return every if set(ids) == set(left) and named(ids) != ", ".join(ids) else named(ids)


def _split_off(diagnosis: Document) -> list[str]:
    probe, left = diagnosis["next_probe"], list(diagnosis["candidates"])
    return list(probe.get("splits") or left) if isinstance(probe, Mapping) else left


def _of_failures(known: _Known, report: Document) -> list[Document]:
    """The incidents of exchanges that went wrong: those of failing cases and refused controls. What passing cases provoke is no
    work."""
    failing = {case_id(case) for case in report["cases"] if case["outcome"] in FAILING}
    wrong = {
        one.id
        for one in known.exchanges
        if one.label in failing or (one.of == "control" and one.kind == "handshake" and one.status != 101)
    }
    told = {entry for pair in (known.logs or {}).get("pairs") or () if pair["exchange"] in wrong for entry in pair["insert_ids"]}
    return [incident for incident in report["logs"]["incidents"] if told & set(incident["insert_ids"])]
