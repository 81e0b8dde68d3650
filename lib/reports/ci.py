"""A round for machines and their users: JUnit XML of three suites, a summary in Markdown, annotations of failing cases (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from lib.redaction.visible import visible
from lib.reports.differences import FAILING
from lib.reports.sentences import Document

MAX_ANNOTATIONS = 50
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#])")


def junit(cases: str | None, report: Document) -> str:
    """The suite's own JUnit XML (None where no suite ran) with the diagnosis and the objectives as suites of their own."""
    root = ElementTree.fromstring(cases) if cases else ElementTree.Element("testsuites")  # noqa: S314  (our own writer's)
    named = {suite.get("name") for suite in root}
    for name, results in (("suite", []), ("diagnosis", _diagnosis(report)), ("objectives", _objectives(report))):
        if name not in named:
            _add_suite(root, name, results)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def summary(report: Document | None, *, page: str) -> str:
    """What a pipeline shows of a round, as Markdown; whatever a server said stays text."""
    if report is None:
        return f"## This round left no report\n\nIts record: `{page}`\n"
    found = report["answer"]
    lines = [f"## {_text(report['environment'])}, round {report['round']}: {_text(found['badge'])}", ""]
    lines += [f"- **Asked:** {_text(found['asked']['text'])}", f"- **Came back:** {_text(found['came_back']['text'])}"]
    lines += [f"- **It is:** {_text(one['text'])}" for one in found["it_is"]]
    lines += [f"- **Decided by:** {_text(found['pair']['text'])}"] if found["pair"] else []
    lines += [f"- **Changed:** {_text(found['since']['text'])}"] if found["since"] else []
    lines += [f"- **Suite:** {_text(report['headline'].partition(';')[0])}", ""]
    lines += [f"{turn}. {_text(one['action'])}" for turn, one in enumerate(found["next"], start=1)]
    figures = report["performance"]["figures"]
    if figures:
        lines += ["", "| figure | p50 (ms) | objective | verdict |", "|:--|--:|:--|:--|"]
        lines += [
            f"| {_text(one['name'])} | {'–' if one['p50_ms'] is None else one['p50_ms']} | {_text(one['objective_ms'])} "
            f"| {one['verdict']} |"
            for one in figures
        ]
    return "\n".join([*lines, "", f"Record: `{page}`", ""])


def workflow_errors(suite: Document | None, place: Callable[[Document], tuple[str, int] | None]) -> list[str]:
    """GitHub's workflow commands for failing cases; `place` knows a case's file and line, None where it has none."""
    failing = [case for case in (suite or {}).get("cases") or () if case["outcome"] in FAILING]
    return [_annotation(case, place(case)) for case in failing[:MAX_ANNOTATIONS]]


def _annotation(case: Document, at: tuple[str, int] | None) -> str:
    where = f" file={_escaped(at[0], property_=True)},line={at[1]}," if at else " "
    title = _escaped(f"{case['module']}::{case['name']}", property_=True)
    return f"::error{where}title={title}::{_escaped(str(case.get('signature') or case['outcome']))}"


def _escaped(text: str, *, property_: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text


def _diagnosis(report: Document) -> list[tuple[str, str | None, str]]:
    found, name = report.get("diagnosis"), "the configured handshake is accepted"
    if found is None:
        return [(name, "skipped", "the handshake was not investigated in this round")]
    if found["verdict"] == "healthy":
        return [(name, None, "")]
    said = "\n".join(one["text"] for one in (report["answer"]["came_back"], *report["answer"]["it_is"], *_actions(report)))
    kind = "error" if found["verdict"] == "unreachable" else "failure"
    return [(name, kind, f"{report['answer']['badge']}\n{said}")]


def _actions(report: Document) -> list[Mapping[str, Any]]:
    return [{"text": f"Next: {one['action']}"} for one in report["answer"]["next"]]


def _objectives(report: Document) -> list[tuple[str, str | None, str]]:
    return [(figure["name"], _kind(figure), str(figure["because"])) for figure in report["performance"]["figures"]]


def _kind(figure: Document) -> str | None:
    if figure["verdict"] == "not-measured":
        return "skipped" if figure.get("optional") else "failure"
    return {"met": None, "missed": "failure"}.get(figure["verdict"], "skipped")


def _add_suite(root: ElementTree.Element, name: str, results: Sequence[tuple[str, str | None, str]]) -> None:
    kinds = [kind for _, kind, _ in results]
    counts = {"tests": len(kinds), "failures": kinds.count("failure"), "errors": kinds.count("error")}
    counts["skipped"] = kinds.count("skipped")
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **{key: str(n) for key, n in counts.items()}, "time": "0"})
    for case, kind, said in results:
        element = ElementTree.SubElement(suite, "testcase", {"classname": name, "name": case, "time": "0"})
        if kind:
            clean = visible(said)
            ElementTree.SubElement(element, kind, {"message": clean.partition("\n")[0]}).text = clean


def _text(value: Any) -> str:
    return _MARKDOWN.sub(r"\\\1", visible(" ".join(str(value).split())))
