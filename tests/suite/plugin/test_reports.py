"""Sabotage leaves no trace."""

from __future__ import annotations

from types import SimpleNamespace

from lib.suite.plugin import reports


def test_reports_that_were_asked_for_are_not_written():
    """What is set is switched off, what is not there stays so."""
    options = SimpleNamespace(xmlpath="report.xml", allure_report_dir="out", cov_source=["."], verbose=1)
    reports.write_none(options)
    assert vars(options) == {"xmlpath": None, "allure_report_dir": None, "cov_source": [], "verbose": 1}


def items(*names):
    """Cases of one module whose mark says that they are run again, and a mark that says something else."""
    module = SimpleNamespace(own_markers=[SimpleNamespace(name="flaky"), SimpleNamespace(name="slow")])
    made = [SimpleNamespace(nodeid=name, own_markers=[], listchain=lambda: [module]) for name in names]
    for item in made:
        item.add_marker = lambda mark, to=item: to.own_markers.append(mark.mark)
    return made, module


def test_no_case_is_run_again_that_passed_at_once():
    """The marks of the plug-ins that repeat cases go, the others stay; who needed three attempts has three."""
    (once, thrice), module = items("once", "thrice")
    reports.run_as_often([once, thrice], {"thrice": 3}, SimpleNamespace(hasplugin=lambda name: name == "rerunfailures"))
    assert [mark.name for mark in module.own_markers] == ["slow"]
    assert once.own_markers == []
    assert [(mark.name, mark.kwargs) for mark in thrice.own_markers] == [("flaky", {"reruns": 2})]
