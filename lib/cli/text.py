"""What the verbs print for people: documents of the contract in, plain text out, the answer first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lib.parameters.errors import in_line
from lib.reports.sentences import named
from lib.whys import sentences, tally
from lib.whys.catalogue.index import CATALOGUE, meaning

Document = Mapping[str, Any]
MAX_NAMED = 5
"""So many cases are named for one reason; the document names all."""


def diagnosis_text(document: Document, *, verbose: bool = False) -> str:
    """A token whose time was over, what works, verdict, causes or what is left open, what to do next; verbose: what each
    observation excluded."""
    if stood := sentences.before(document):
        return "\n".join([headline(document), f"  {stood}", _spent(document)])
    works = sentences.works_with(document)
    lines = [said for said, _ in sentences.ran_out(document)]
    watched = sentences.watched(document)
    lines += [watched] if watched else []
    lines += [*([works] if works else []), headline(document)]
    symptom = document["symptom"]
    if symptom:
        lines.append(f"  symptom: {symptom['description']}")
    lines += [f"  {said} [{', '.join(by)}]" for said, by in tally.remarks(document)]
    lines += [f"  {said}" for said in sentences.unread(document)]
    for cause in document["causes"]:
        name = sentences.cause_name(document, cause["id"])
        lines.append(f"  {name} ({cause['layer']}, {cause['strength']}): {meaning(cause['id'])}")
        lines += [f"    evidence: {cause['because']} [{', '.join(cause['evidence'])}]", f"    remedy: {cause['remedy']}"]
        if cause["strength"] == "stated" and not works and (given := _proving(cause["id"])):
            lines.append(f"    to prove it: run it again with -p {given}")
    if document["verdict"] == "narrowed":
        lines += [f"    {said}" for said in sentences.explained_by(document)]
    lines += _left_open(document)
    lines += [f"  {said}" for said in sentences.healthy(document)]
    if further := sentences.next_step(document):
        lines.append(f"  next: {further}")
    lines += [f"  {said}" for said in sentences.offline(document)]
    if document["excluded"]:
        lines.append(f"  excluded: {len(document['excluded'])} causes, each by observations of this run (--json - names them)")
    for name, causes, left in sentences.belief(document) if verbose else ():
        lines.append(f"    {name} excluded {', '.join(causes)}; {left} left")
    return "\n".join([*lines, _spent(document)])


def _proving(cause: str) -> str:
    """The parameter that takes the right value, empty where none does."""
    given = CATALOGUE[cause].set_to_split if cause in CATALOGUE else ""
    return given if re.match(r"(?:alternatives|token|target|session)\.", given) else ""


def _spent(document: Document) -> str:
    spent = document["spent"]
    text = f"  spent: {spent['handshakes']} handshakes, {spent['rest_requests']} REST requests, {spent['seconds']:.1f} s"
    return "; ".join(filter(None, (text, sentences.budget_spent(document))))


def _left_open(document: Document) -> list[str]:
    """The candidates: each that something speaks for with what that is, the others counted by layer."""
    leads = document.get("leads") or ()
    told: dict[tuple[str, str], list[str]] = {}
    for lead in leads:
        told.setdefault((lead["because"], ", ".join(lead["evidence"])), []).append(lead["id"] or "in words")
    lines = [f"  {', '.join(names)}: {because} [{evidence}]" for (because, evidence), names in told.items()]
    led = {lead["id"] for lead in leads}
    silent = [name for name in document["candidates"] if name not in led]
    if lines and document["candidates"]:
        lines.insert(0, "  what speaks for a cause, which is no proof:")
    if silent:
        by_layer: dict[str, list[str]] = {}
        for name in silent:
            by_layer.setdefault(CATALOGUE[name].layer if name in CATALOGUE else "other", []).append(name)
        few = len(silent) <= MAX_NAMED
        groups = (f"{where}: {', '.join(names) if few else len(names)}" for where, names in by_layer.items())
        lines.append(f"  left open{', and nothing speaks for them' if lines else ''}: {'; '.join(groups)}")
    return lines


def repeat_text(found: Mapping[str, Any]) -> str:
    """Handshakes to be repeated by hand, in a shell at the project's root."""
    lines = []
    for name, written in found.items():
        lines += [f"  by hand, {name}:", *(f"    {line}" for line in (*written.before, written.curl, written.websocat))]
        lines.append(f"    {written.python}")
    return "\n".join(lines)


def headline(document: Document) -> str:
    """The verdict and what it names; what stood before a handshake that was not sent."""
    if sentences.before(document):
        return "the handshake was not sent, for want of a token"
    names = " + ".join(sentences.cause_name(document, cause["id"]) for cause in document["causes"])
    return {
        "healthy": f"healthy: {sentences.accepted(document)}{tally.but(document)}",
        "unreachable": "unreachable: neither the handshake nor the health route got an HTTP answer",
        "ambiguous": f"ambiguous: {tally.opening(document)}the evidence leaves {len(document['candidates'])} causes open"
        f"{sentences.most_speaks_for(document)}",
        "narrowed": f"narrowed: the change is proved, {len(document['candidates']) or 'none'} of the known causes explain it",
    }.get(document["verdict"], f"{document['verdict']}: {names}{_in_words(document)}")


def _in_words(document: Document) -> str:
    """What a cause means, where it is one, and what the server itself says where that is what states it."""
    if len(document["causes"]) != 1:
        return ""
    (cause,) = document["causes"]
    quoted = re.match(r"the server says: (.{3,160}?)(?:, and no observation|; |$)", cause.get("because", ""))
    return f", {meaning(cause['id'])}" + (f"; the server itself says {quoted[1]}" if quoted else "")


def suite_text(document: Document) -> str:
    """What the cases show of the target, then the usual counts, what failed, and why passes are worth no more."""
    cases, modules = document["cases"], document["modules"]
    outcomes = _counts(case["outcome"] for case in cases)
    passes = [case for case in cases if case["outcome"] == "passed"]
    worths = _counts(case["worth"] or "not judged" for case in passes)
    lines = [_suite_headline(cases, worths)]
    lines.append("  " + ", ".join(f"{number} {name}" for name, number in outcomes.items()) + f" in {document['seconds']:.2f} s")
    if worths and set(worths) != {"not judged"}:
        lines.append("  worth of the passes: " + ", ".join(f"{number} {name}" for name, number in worths.items()))
    for module in modules:
        mark = "FAILED" if module["failed"] else "passed" if module["passed"] else "nothing passed"
        lines.append(
            f"  {module['module']:<42} {mark}  {module['passed']} passed, {module['failed']} failed  "
            f"[{', '.join(module['channels'])}]"
        )
    for case in cases:
        if case["outcome"] in {"failed", "error"}:
            lines.append(f"  {case['outcome']}: {case['module']}::{case['name']}: {case['signature']}")
    return "\n".join([*lines, *_doubts(passes), *_reasons(passes), *(f"  note: {note}" for note in document["notes"])])


def _suite_headline(cases: Sequence[Document], worths: Mapping[str, int]) -> str:
    passed = sum(worths.values())
    beside = worths.get("in-process", 0) + worths.get("replayed", 0)
    if worths and set(worths) == {"not judged"}:
        return f"{passed} of {len(cases)} cases passed; what a pass is worth was not judged"
    if beside and not worths.get("positive"):
        what = {"in-process": "asked an application inside its own process", "replayed": "got recorded or stubbed answers"}
        told = " and ".join(f"{worths[worth]} {words}" for worth, words in what.items() if worths.get(worth))
        return f"{passed} of {len(cases)} cases passed: {told}; that says nothing of the deployed target"
    return f"{worths.get('positive', 0)} of {len(cases)} cases give positive evidence"


def _doubts(passes: Sequence[Document]) -> list[str]:
    """What speaks against a worth, each doubt once with the cases that it is about."""
    groups: dict[str, list[str]] = {}
    for case in passes:
        for doubt in case["doubts"]:
            groups.setdefault(doubt, []).append(f"{case['module']}::{case['name']}")
    return [f"  doubt ({len(names)}): {doubt}: {_some(names)}" for doubt, names in groups.items()]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{', '.join(names[:MAX_NAMED])}{more}"


def _reasons(passes: Sequence[Document]) -> list[str]:
    """Why passes are not positive evidence, each reason once with the cases that it is about."""
    groups: dict[tuple[str, str], list[str]] = {}
    for case in passes:
        if case["worth"] != "positive" and case["because"]:
            groups.setdefault((case["worth"] or "not judged", case["because"]), []).append(f"{case['module']}::{case['name']}")
    lines = []
    for (worth, because), names in sorted(groups.items(), key=lambda group: -len(group[1])):
        lines.append(f"  {worth} ({len(names)}): {because}: {_some(names)}")
    return lines


def performance_text(document: Document) -> str:
    """One line a figure, with its n and interval."""
    lines = []
    for figure in document["figures"]:
        interval = (figure["interval_ms"] or {}).get("p50")
        measured = f"p50 {figure['p50_ms']:.1f} ms" if figure["p50_ms"] is not None else "p50 not stated"
        around = f" [{interval[0]:.1f}, {interval[1]:.1f}]" if interval else ""
        what = f"{measured}{around}, n = {figure['n']}" if figure["n"] else "n = 0"
        lines.append(f"{figure['name']:<24} {figure['verdict']:<13} {what}; {figure['because']}")
    floor = document.get("floor_ms")
    lines.append(f"measuring floor: {floor:.2f} ms" if isinstance(floor, (int, float)) else "measuring floor: not measured")
    return "\n".join(lines)


def compare_text(document: Document) -> str:
    """What was compared of two rounds, what changed between them, and which claims that grants."""
    lines = [f"{document['rounds'][0]} and {document['rounds'][1]}: {_compared(document['compared'])}"]
    lines += [f"  note: {remark}" for remark in document["remarks"]]
    cases, causes = ({name.replace("_", " "): found for name, found in document[kind].items()} for kind in ("cases", "causes"))
    for name, found in cases.items():
        lines += [f"  {name}: {len(found)}", *(f"    {case}" for case in found[:20])] if found else []
    lines += [f"  causes {name}: {', '.join(found)}" for name, found in causes.items() if found]
    lines += _refused_otherwise(document)
    looked_at = (("case", cases, document["compared"]["cases"]), ("cause", causes, document["compared"]["diagnoses"]))
    for kind, groups in ((kind, groups) for kind, groups, looked in looked_at if looked):
        none = [name for name, found in groups.items() if not found and name != "passing now"]
        lines += [f"  no {kind}: {', '.join(none)}"] if none else []
    lines += [f"  {figure['name']}: {figure['verdict']}: {figure['because']}" for figure in document["figures"]]
    lines += [f"  no longer measured: {', '.join(document['no_longer_measured'])}"] if document["no_longer_measured"] else []
    lines += [
        f"  claim {'granted' if claim['granted'] else 'not granted'}: {claim['claim']}: {claim['because']}"
        for claim in document["claims"]
    ]
    return "\n".join(lines)


def changed_text(document: Document) -> list[str]:
    """What a comparison of two rounds found, in a line each; what did not change is not among them."""
    cases, causes, (was, now) = document["cases"], document["causes"], document["verdicts"]
    lines = [f"  verdict: {was or 'none'}, then {now or 'none'}"] if was != now else []
    lines += [f"  {name.replace('_', ' ')}: {_n_cases(found)}" for name, found in cases.items() if found]
    lines += [f"  causes {name}: {named(found)}" for name, found in causes.items() if found]
    lines += _refused_otherwise(document)
    lines += [f"  {one['name']}: {one['verdict']}: {one['because']}" for one in document["figures"] if one["verdict"] in _NEWS]
    lines += [f"  undecided: {one['name']}: {one['because']}" for one in document["figures"] if one["verdict"] == "undecided"]
    if cases["passing_now"]:
        lines.append(f"  not called fixed: {document['claims'][0]['because']}")
    return [*lines, *(f"  note: {remark}" for remark in document["remarks"])] or [
        f"  nothing changed; {_compared(document['compared'])}"
    ]


def _refused_otherwise(document: Document) -> list[str]:
    """How the refusal itself changed, and what it leaves open; nothing where one of the rounds was not diagnosed."""
    if not all(document["verdicts"]):
        return []
    before, after = (_symptom(one) for one in document["symptoms"])
    old, new = document["candidates"]
    lines = [f"  symptom: {before}, then {after}"] if before != after else []
    apart = {"newly open": [one for one in new if one not in old], "no longer open": [one for one in old if one not in new]}
    return lines + [f"  candidates {what}: {named(found)}" for what, found in apart.items() if found]


def _symptom(symptom: Document | None) -> str:
    if symptom is None:
        return "none"
    codes = {"status": symptom["status"], "close code": symptom["close_code"]}
    noted = [str(symptom["rung"]), *(f"{what} {code}" for what, code in codes.items() if code is not None)]
    return f"{symptom['description']} ({', '.join(noted)})"


def _n_cases(cases: Sequence[str]) -> str:
    return f"{len(cases)} case{'' if len(cases) == 1 else 's'}"


_NEWS = frozenset({"better", "worse"})


def _compared(found: Document) -> str:
    cases = f"{found['cases']} case{'' if found['cases'] == 1 else 's'} that both ran" if found["cases"] else "no case"
    diagnoses = "the diagnoses of both" if found["diagnoses"] else "no diagnosis"
    return f"compared are {cases}, {diagnoses}, {', '.join(found['figures']) or 'no figure'}"


def verify_text(document: Document, *, finished: bool = True) -> str:
    """Whether a record is as it was sealed, and whether the round came to its end."""
    end = "" if finished else "\n  the round is unfinished; `round --resume` goes on with it"
    if document["ok"]:
        return f"the record is as it was sealed (chain: {document['chain']}){end}"
    parts = [f"{name}: {', '.join(map(in_line, document[name]))}" for name in ("changed", "added", "missing") if document[name]]
    return f"the record does not verify (chain: {document['chain']})" + "".join(f"\n  {part}" for part in parts) + end


def round_text(done: Any) -> str:
    """The verdict of a round and where its record is."""
    report = done.report or {}
    lines = [str(report.get("headline") or "this round left no report")]
    lines += [f"  {said['text']}" for said in (report.get("answer") or {}).get("unread") or ()]
    lines += [
        f"  {step.notebook}: {step.state}{f' ({step.error})' if step.error else ''}"
        for step in done.steps
        if step.state == "crashed"
    ]
    if done.why:
        lines.append(f"  it could not be finished: {done.why}")
    page, here = done.folder / "index.html", Path.cwd()
    lines.append(f"record: {page.relative_to(here) if page.is_relative_to(here) else page}")
    return "\n".join(lines)


def serve_text(addresses: Document, faults: Sequence[str]) -> str:
    """The addresses of a running built-in system, and what to ask it first: a request, a login, a diagnosis."""
    names = ("rest_url", "ws_url", "auth_url", "logs_endpoint")
    lines = [f"{name:<14} {addresses[name]}" for name in names if name in addresses]
    joined = f"-p target.rest_url {addresses['rest_url']} -p target.ws_url {addresses['ws_url']} -p logs.source none"
    lines += [
        f"faults         {', '.join(faults) or 'none'}",
        f"look           curl {addresses['rest_url']}/health",
        f'log in         curl -X POST -H "X-E2E-Bypass-Key: $EMBEDDED_BYPASS_KEY" {addresses["auth_url"]}/auth/e2e/test-auth',
        f"diagnose       python -m lib whys {joined}",
        "Both need keys that you know: export EMBEDDED_BYPASS_KEY and EMBEDDED_JWT_SECRET before serve; unset, they are made up.",
        "end with Ctrl-C",
    ]
    return "\n".join(lines)


def _counts(values: Any) -> dict[str, int]:
    counted: dict[str, int] = {}
    for value in values:
        counted[value] = counted.get(value, 0) + 1
    return counted
