"""The report's sections as notebook 05 shows them: nothing left out, nothing added."""

from __future__ import annotations

import pytest

from lib.figures import report as show
from lib.reports.report import round_report
from tests import sample_round as sample

SECTIONS = [getattr(show, name) for name in show.__all__ if name != "opened"]


def report(**given):
    whole = {"suite": sample.suite(), "diagnosis": sample.diagnosis(), "logs": sample.logs(), "performance": sample.performance()}
    exchanges = [sample.exchange("e1"), sample.exchange("e2", kind="rest", status=200, rung="http", url="http://h/api/health")]
    return round_report(**{"parameters": sample.parameters(), "round_number": 1, "exchanges": exchanges, **whole, **given})


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_section_shows_everywhere(section):
    """Each section has HTML, Markdown and text, of a full report and of one of which nothing is known."""
    empty = round_report(parameters={"environment": "staging"}, round_number=2)
    for document in (report(), empty):
        shown = section(document)
        assert shown._repr_html_()
        assert shown._repr_markdown_().strip()
        assert repr(shown).strip()


def test_the_answer_carries_its_evidence():
    """Headline and causes come with the observations that they rest on."""
    said = repr(show.answer(report()))
    assert "3 of 7 cases give positive evidence; proved: secret-mismatch and user-unknown." in said
    assert "[whys-4, whys-5]" in said


def test_a_module_says_what_it_did_with_the_socket():
    """The table of modules has the column that keeps passing from being misread."""
    assert "never tried" in repr(show.modules(report()))


def test_what_was_not_measured_says_so():
    """A figure without samples shows no number."""
    shown = repr(show.performance(report()))
    line = next(line for line in shown.splitlines() if line.startswith("websocket_latency_ms"))
    assert "not measured" in line
    assert line.split()[1:5] == ["–", "–", "100", "0"]


def test_areas_show_state_and_evidence():
    """Each area of investigation is a row with its state."""
    shown = repr(show.next_steps(report()))
    assert "User permissions" in shown
    assert "confirmed" in shown


def test_long_evidence_says_how_much_is_left_out():
    """A list of ids that was cut says how many more there are."""
    cases = [sample.case("m", f"test_{n}", "skipped") for n in range(20)]
    assert "and 12 more]" in repr(show.next_steps(report(suite=sample.suite(*cases))))


def test_changes_name_the_round_before():
    """The second round's section says since when, and which claims fell."""
    first = report(suite=sample.suite(sample.case("m", "a")))
    second = report(round_number=2, earlier=first, suite=sample.suite(sample.case("m", "a", "failed")))
    shown = repr(show.changes(second))
    assert "Changes since round 1" in shown
    assert "all cases pass" in shown


def test_what_is_excluded_by_the_same_is_told_together():
    """One row for each set of observations, with all causes that it excludes."""
    excluded = [{"id": "clock-skew", "by": ["h4"]}, {"id": "origin-refused", "by": ["h3"]}, {"id": "claim-missing", "by": ["h4"]}]
    found = report() | {"authentication": {"sentences": [], "tokens": [], "excluded": excluded}}
    rows = {tuple(row["by"]): row["causes"] for row in show.authentication(found).parts[-1].rows}
    assert rows == {("h4",): ["clock-skew", "claim-missing"], ("h3",): ["origin-refused"]}
