"""Results are written as JUnit XML that readers accept."""

from __future__ import annotations

from lib.facts import CaseResult
from lib.suite.junit import reading, writing


def test_what_is_written_can_be_read_again(tmp_path):
    """Names, outcomes and times survive; untested becomes skipped, as the format has no word for it."""
    outcomes = ("passed", "failed", "error", "skipped", "untested")
    cases = [
        CaseResult(module="test_m", name=f"test_{outcome}[<&\x00>]", outcome=outcome, seconds=0.5, message="m")
        for outcome in outcomes
    ]
    path = tmp_path / "junit.xml"
    path.write_text(writing.written(cases, seconds=2.5), encoding="utf-8")
    found = reading.read(str(path)).cases.values()
    assert [case.outcome for case in found] == ["passed", "failed", "error", "skipped", "skipped"]
    assert {case.module for case in found} == {"test_m"}


def test_the_worth_is_a_property():
    """A reader of the file can see what a pass is worth."""
    text = writing.written([CaseResult(module="m", name="n", outcome="passed", seconds=0.0, worth="any-answer")], seconds=0.0)
    assert '<property name="worth" value="any-answer" />' in text
