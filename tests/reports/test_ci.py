"""A round as machines read it: three suites, a summary that stays text, annotations where the failing line is."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from lib.reports.ci import junit, summary, workflow_errors
from lib.reports.report import round_report
from tests import sample_round as sample

CASES = '<testsuites><testsuite name="suite" tests="1" failures="0"><testcase classname="m" name="a"/></testsuite></testsuites>'


def report(**given):
    whole = {"suite": sample.suite(), "diagnosis": sample.diagnosis(), "performance": sample.performance()} | given
    return round_report(parameters=sample.parameters(), round_number=1, **whole)


def suites(text):
    return {suite.get("name"): suite for suite in ElementTree.fromstring(text)}  # noqa: S314  (our own)


def test_there_are_three_suites():
    """The suite's cases stay as they were; the diagnosis and each objective are cases beside them."""
    found = suites(junit(CASES, report()))
    assert list(found) == ["suite", "diagnosis", "objectives"]
    assert found["suite"].find("testcase").get("name") == "a"
    failure = found["diagnosis"].find("testcase/failure")
    assert failure.get("message") == "proved: secret-mismatch + user-unknown"
    assert "Give the WebSocket service the key." in failure.text
    assert [(case.get("name"), [child.tag for child in case]) for case in found["objectives"]] == [
        ("api_response_ms", []),
        ("websocket_latency_ms", ["failure"]),
    ]


@pytest.mark.parametrize(
    ("verdict", "kinds"), [("healthy", []), ("unreachable", ["error"]), ("narrowed", ["failure"]), (None, ["skipped"])]
)
def test_the_diagnosis_is_one_case(verdict, kinds):
    """Only an accepted handshake passes; what was not investigated is skipped, and the suite is there without cases."""
    found = suites(junit(None, report(suite=None, diagnosis=verdict and sample.diagnosis(verdict))))
    assert [child.tag for child in found["diagnosis"].find("testcase")] == kinds
    assert found["suite"].get("tests") == "0"


def test_what_a_server_said_does_not_become_markdown():
    """Pipes, brackets and markup in a summary are shown as they are."""
    hostile = sample.diagnosis(symptom={"rung": "http", "status": 403, "close_code": None, "description": "<b>[x](http://e)|`y`"})
    text = summary(report(diagnosis=hostile), page="outputs/round-01/index.html")
    assert r"\<b\>\[x\](http://e)\|\`y\`" in text
    assert "proved: secret-mismatch + user-unknown" in text


def test_a_failing_case_is_annotated_where_it_stands():
    """File and line where they are known; line breaks and colons cannot begin another command."""
    suite = sample.suite(sample.case("m", "a", "failed", signature="x\n::error::y"), sample.case("m", "b"))
    assert workflow_errors(suite, lambda case: ("tests/m.py", 7)) == [
        "::error file=tests/m.py,line=7,title=m%3A%3Aa::x%0A::error::y"
    ]
    assert workflow_errors(suite, lambda case: None) == ["::error title=m%3A%3Aa::x%0A::error::y"]
