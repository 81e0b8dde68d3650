"""JUnit XML written from case results."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from lib.facts import CaseResult
from lib.redaction.visible import visible

_ELEMENTS = {"failed": "failure", "error": "error", "skipped": "skipped", "untested": "skipped"}


def written(cases: Sequence[CaseResult], *, seconds: float, name: str = "suite") -> str:
    """The cases as one test suite; what a pass is worth stands among a case's properties."""
    outcomes = [case.outcome for case in cases]
    counts = {"tests": len(cases), "failures": outcomes.count("failed"), "errors": outcomes.count("error")}
    counts["skipped"] = outcomes.count("skipped") + outcomes.count("untested")
    attributes = {"name": name, **{key: str(value) for key, value in counts.items()}, "time": f"{seconds:.3f}"}
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", attributes)
    for case in cases:
        _add(suite, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(suite: ElementTree.Element, case: CaseResult) -> None:
    attributes = {"classname": visible(case.module), "name": visible(case.name), "time": f"{case.seconds:.6f}"}
    element = ElementTree.SubElement(suite, "testcase", attributes)
    if case.worth is not None:
        properties = ElementTree.SubElement(element, "properties")
        ElementTree.SubElement(properties, "property", {"name": "worth", "value": case.worth})
    if kind := _ELEMENTS.get(case.outcome):
        summary = case.signature or ("could not be tested" if case.outcome == "untested" else "")
        ElementTree.SubElement(element, kind, {"message": visible(summary)}).text = visible(case.message or "")
