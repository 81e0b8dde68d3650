"""Sabotage leaves no trace."""

from __future__ import annotations

from types import SimpleNamespace

from lib.suite.plugin import reports


def test_reports_that_were_asked_for_are_not_written():
    """What is set is switched off, what is not there stays so."""
    options = SimpleNamespace(xmlpath="report.xml", allure_report_dir="out", cov_source=["."], verbose=1)
    reports.write_none(options)
    assert vars(options) == {"xmlpath": None, "allure_report_dir": None, "cov_source": [], "verbose": 1}


def test_no_case_is_run_again():
    """The marks of the plug-ins that repeat cases go, the others stay."""
    node = SimpleNamespace(own_markers=[SimpleNamespace(name="flaky"), SimpleNamespace(name="slow")])
    reports.run_each_once([SimpleNamespace(listchain=lambda: [node])])
    assert [mark.name for mark in node.own_markers] == ["slow"]
