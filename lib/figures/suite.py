"""Notebook 01: what ran, what failed together, what a pass is worth, and what shows that the run was real.

Every function takes the suite's document (contract, section 6) or the run that offers it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.figures import suite_traffic
from lib.figures.display.table import Prose, Table
from lib.figures.environment import opened

MAX_ALIKE = 8
"""So many cases with the same doubt have a row each."""

__all__ = [
    "answer",
    "answers",
    "doubts",
    "failures",
    "modules",
    "opened",
    "servers",
    "traffic",
    "unexercised",
    "verdicts",
    "worked",
    "worths",
]

WORTHS = {
    "positive": "red against a server that refuses: something good was seen to happen",
    "rejection": "green against a server that refuses everything, red against an empty 200: refusing is all that it demands",
    "any-answer": "green against refusing and against an empty 200: it would pass whatever the server said",
    "no-traffic": "nothing was sent between the case's own start and end: it says nothing about the target",
    "in-process": "it asked an application inside its own process: it says nothing of the deployed target",
    "replayed": "its answers were recorded or stubbed: it says nothing of the deployed target",
}
OTHERS = {
    "rejection": "on rejection",
    "any-answer": "on any answer",
    "no-traffic": "without traffic",
    "in-process": "in process",
    "replayed": "on replayed answers",
}
PASSED, RED = "passed", frozenset({"failed", "error"})


def document_of(run: Any) -> Mapping[str, Any]:
    """The suite's document, from a run or as it is."""
    return run if isinstance(run, Mapping) else run.as_json("")


def answer(run: Any) -> Prose:
    """The headline: how many cases give positive evidence, then the usual counts, then what nobody may conclude from them."""
    document = document_of(run)
    cases = document["cases"]
    if not getattr(run, "given", True):
        return Prose(
            ["No suite was given: suite.path is null, so nothing was run, and nothing is said of cases."], heading="Answer"
        )
    if not cases:
        return Prose(
            ["No case was collected: this run says nothing, and that is an error of the run, not health."], heading="Answer"
        )
    worth = Counter(case["worth"] for case in cases if case["worth"])
    outcomes = Counter(case["outcome"] for case in cases)
    red = sorted({case["module"] for case in cases if case["outcome"] in RED})
    total = len(document["modules"])
    counts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    headline = f"{worth['positive']} of {len(cases)} cases give positive evidence"
    if outcomes[PASSED] and not worth:
        headline = f"{outcomes[PASSED]} of {len(cases)} cases passed; what a pass is worth was not judged in this run"
    sentences = [
        f"{headline} ({counts}; {document['seconds']:.1f} s).",
        f"{total - len(red)} of {total} modules passed." + (f" These did not: {', '.join(red)}." if red else ""),
    ]
    sockets = authenticated(run)
    silent = [module for module, state in sockets.items() if state == "never tried"]
    if silent:
        sentences.append(f"Say nothing of the authenticated WebSocket, because they never tried it: {', '.join(silent)}.")
    refused = [f"{module}: {state}" for module, state in sockets.items() if state.startswith("refused")]
    if refused:
        sentences.append(f"The authenticated WebSocket never opened in {'; '.join(refused)}. Notebook 02 asks why.")
    return Prose(sentences, heading="Answer")


def authenticated(run: Any) -> dict[str, str]:
    """For each module what became of the authenticated WebSocket: opened, refused with what, or never tried.

    A handshake without a credential is not it. From a document alone, which does not name its handshakes, only *never tried* is
    certain.
    """
    document = document_of(run)
    found = {module["module"]: "never tried" for module in document["modules"]}
    if isinstance(run, Mapping):
        tried = {case["module"] for case in document["cases"] if case["traffic"]["handshakes"]}
        return found | dict.fromkeys(tried, "a WebSocket was tried")
    asked: dict[str, list[Any]] = defaultdict(list)
    for exchange in run.exchanges:
        if exchange.kind == "handshake" and exchange.credential:
            asked[exchange.label.partition("::")[0]].append(exchange.status)
    for module, statuses in asked.items():
        answers = ", ".join(sorted({str(status or "no answer") for status in statuses if status != 101}))
        found[module] = ("opened" + (f", also {answers}" if answers else "")) if 101 in statuses else f"refused ({answers})"
    return found


def modules(run: Any) -> Table:
    """The report's table: one row a module, and beside the counts what its passes are worth and which channels it used."""
    document, sockets = document_of(run), authenticated(run)
    by_module = defaultdict(list)
    for case in document["cases"]:
        by_module[case["module"]].append(case)
    rows = []
    for number, module in enumerate(document["modules"], start=1):
        cases = by_module[module["module"]]
        worth = Counter(case["worth"] for case in cases)
        row = {
            "#": str(number),
            "module": module["module"],
            "status": _status(cases),
            "passed": module["passed"],
            "failed": module["failed"],
        }
        row |= {"positive": worth["positive"], "other": _others(worth, module["passed"]), "channels": module["channels"]}
        rows.append(row | {"socket": sockets[module["module"]]})
    columns = {
        "#": "#",
        "module": "module",
        "status": "status",
        "passed": "passed",
        "failed": "failed",
        "positive": "positive evidence",
    }
    columns |= {"other": "other passes", "channels": "channels", "socket": "authenticated WebSocket"}
    return Table(rows, columns, caption=f"{len(rows)} modules, {len(document['cases'])} cases", empty="No module was collected.")


def failures(run: Any) -> Table:
    """What failed, grouped by the failure's first line with what varies taken out."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in document_of(run)["cases"]:
        if case["outcome"] in RED:
            groups[case["signature"] or "no message"].append(case)
    rows = [
        {
            "n": len(cases),
            "signature": signature,
            "statuses": _statuses(cases),
            "cases": [f"{case['module']}::{case['name']}" for case in cases],
        }
        for signature, cases in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    ]
    headings = {"n": "cases", "signature": "signature", "statuses": "statuses seen on the wire", "cases": "which"}
    return Table(rows, headings, caption="Failures by signature", empty="No case failed.")


def worths(run: Any) -> Table:
    """What the passes are worth, with the meaning of each class."""
    cases = document_of(run)["cases"]
    counted = Counter(case["worth"] for case in cases if case["outcome"] == PASSED)
    rows = [{"n": counted.get(name, 0), "worth": name, "means": means} for name, means in WORTHS.items()]
    if counted.get(None):
        rows.append({"n": counted[None], "worth": "not judged", "means": "passed, and its worth was not established in this run"})
    for outcome, means in (
        ("failed", "red against the target"),
        ("error", "broke before or after its test"),
        ("untested", "could not be tested"),
    ):
        if number := sum(case["outcome"] == outcome for case in cases):
            rows.append({"n": number, "worth": outcome, "means": means})
    if skipped := sum(case["outcome"] == "skipped" for case in cases):
        rows.append({"n": skipped, "worth": "skipped", "means": "not run: neither a pass nor a failure"})
    return Table(
        rows, {"n": "cases", "worth": "class", "means": "what that means"}, caption=f"{len(cases)} cases by what they are worth"
    )


def worked(run: Any) -> Table:
    """The passes that show something: per module, what was seen on the wire while they passed."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in document_of(run)["cases"]:
        if case["worth"] == "positive":
            groups[case["module"]].append(case)
    rows = [
        {"module": module, "n": len(cases), "statuses": _statuses(cases)} | _traffic(cases) for module, cases in groups.items()
    ]
    columns = {
        "module": "module",
        "n": "cases",
        "statuses": "statuses",
        "rest_requests": "REST requests",
        "handshakes": "handshakes",
    }
    columns |= {"frames": "frames", "bytes_out": "bytes sent", "bytes_in": "bytes received"}
    return Table(rows, columns, caption="What worked: cases with positive evidence", empty="No case gave positive evidence.")


def verdicts(run: Any) -> Table:
    """Each status on the wire with the verdicts of the cases that saw it; the last column names what was judged two ways."""
    seen: dict[int, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: {"green": [], "red": []})
    for case in document_of(run)["cases"]:
        verdict = "green" if case["outcome"] == PASSED else "red" if case["outcome"] in RED else None
        for status in sorted(set(case["statuses"])) if verdict else ():
            seen[status][verdict].append(case)
    rows = [
        {"status": str(status), "green": len(cases["green"]), "red": len(cases["red"]), "both": _disagreement(status, cases)}
        for status, cases in sorted(seen.items())
    ]
    columns = {"status": "status", "green": "seen by passing cases", "red": "seen by failing cases", "both": "judged both ways?"}
    return Table(rows, columns, caption="One status, one verdict?", empty="No case saw a status.")


def doubts(run: Any) -> Table:
    """Where the three legs (traffic, sabotage, source) do not agree, and what could not be established; empty is what we want."""
    judged = getattr(run, "judgements", {})
    alike: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for nodeid, one in judged.items():
        if one.doubts or one.worth is None:
            alike[one.worth or "not established", one.because, tuple(one.doubts)].append(nodeid)
    # What is said of all of many cases, as where nothing was sabotaged, is said once.
    rows: list[tuple[Any, ...]] = [
        (name, *said)
        for said, names in alike.items()
        for name in (names if len(names) <= MAX_ALIKE else [f"{len(names)} cases, such as {names[0]}"])
    ]
    rows += [
        (nodeid, one.worth, one.because, "asserts no content") for nodeid, one in judged.items() if one.asserts_content is False
    ]
    rows += [("the run", None, note, None) for note in getattr(run, "notes", ())]
    rows += [
        (nodeid, "flaky", f"{len(run.runs[nodeid])} runs: {', '.join(run.runs[nodeid])}", None)
        for nodeid in getattr(run, "flaky", ())
    ]
    return Table(
        rows,
        ["case", "worth", "because", "doubt"],
        caption=f"Doubts (n = {len(rows)})",
        empty="The three legs agree on every case.",
    )


def servers(run: Any) -> Table:
    """Who answered the cases, as they call themselves, and how far their clocks are from ours."""
    return suite_traffic.servers(run.exchanges)


def answers(run: Any) -> Table:
    """How often each answer came, by path."""
    return suite_traffic.answers(run.exchanges)


def traffic(run: Any) -> Table:
    """Bytes, sockets and frames of the cases by what they used."""
    return suite_traffic.traffic(document_of(run))


def unexercised(run: Any, features: Mapping[str, Sequence[str]]) -> Table:
    """The features of the parameters, and whether any case gave positive evidence of them."""
    positive = Counter(case["module"] for case in document_of(run)["cases"] if case["worth"] == "positive")
    passed = Counter(case["module"] for case in document_of(run)["cases"] if case["outcome"] == PASSED and case["worth"] is None)
    failing = Counter(case["module"] for case in document_of(run)["cases"] if case["outcome"] in RED)
    rows = []
    for feature, needed in features.items():
        good, bad = sum(positive[name] for name in needed), sum(failing[name] for name in needed)
        unjudged = sum(passed[name] for name in needed)
        state = "failing" if bad else "shown to work" if good else "passed, worth not judged" if unjudged else "not exercised"
        rows.append(
            {"feature": feature.replace("_", " "), "state": state, "positive": good, "failing": bad, "modules": list(needed)}
        )
    columns = {
        "feature": "feature",
        "state": "state",
        "positive": "positive cases",
        "failing": "failing cases",
        "modules": "modules",
    }
    return Table(
        rows, columns, caption="Features and who exercised them", empty="The parameters name no feature (key: features)."
    )


def _status(cases: Iterable[Mapping[str, Any]]) -> str:
    outcomes = {case["outcome"] for case in cases}
    return "FAILED" if outcomes & RED else "passed" if PASSED in outcomes else "not tested"


def _others(worth: Mapping[str | None, int], passed: int) -> str:
    named = [f"{worth[name]} {words}" for name, words in OTHERS.items() if worth.get(name)]
    unjudged = passed - sum(worth.get(name, 0) for name in WORTHS)
    return ", ".join([*named, *([f"{unjudged} not judged"] if unjudged else [])]) or "none"


def _statuses(cases: Iterable[Mapping[str, Any]]) -> str:
    counted = Counter(status for case in cases for status in case["statuses"])
    return ", ".join(f"{status} × {number}" for status, number in sorted(counted.items())) or "none"


def _traffic(cases: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for case in cases:
        total.update(case["traffic"])
    return dict(total)


def _disagreement(status: int, cases: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    if not (cases["green"] and cases["red"]):
        return "no"
    alike = [case["name"] for case in cases["red"] if set(case["statuses"]) == {status}]
    if not alike:
        return "yes, and each failing case saw another status too"
    return (
        f"YES: with nothing but {status}, {', '.join(alike[:5])} failed; "
        f"{', '.join(case['name'] for case in cases['green'][:5])} passed"
    )
