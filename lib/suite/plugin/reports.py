"""Sabotage leaves no trace: what a suite would report stays unwritten, no case is run again that passed at once.

Standard library and pytest only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

_SILENT: dict[str, Any] = {
    "xmlpath": None,
    "htmlpath": None,
    "allure_report_dir": None,
    "json_report": False,
    "json_report_file": "none",
    "report_log": None,
    "log_file": None,
    "csv_path": None,
    "cov_source": [],
    "no_cov": True,
    "cov_report": {},
    "benchmark_json": None,
    "benchmark_save": None,
    "benchmark_autosave": False,
    "update_snapshots": False,
    "inline_snapshot": "disable",
    "force_regen": False,
    "regen_all": False,
    "md_report_output": None,
    "ctrf": None,
    "nunit_xmlpath": None,
    "template": None,
    "report": [],
    "excel_report": None,
    "rp_enabled": False,
    "testrail": False,
    "vcr_record": "none",
    "record_mode": "none",
    "pastebin": None,
    "reruns": None,
    "retries": None,
    "force_flaky": False,
}
"""Options of pytest and its plug-ins under which they write or repeat, and the value with which they do not."""
_RERUNS = frozenset({"flaky"})


def write_none(options: Any) -> None:
    """Switches off every report that these options ask for; options that are not there stay so."""
    for name, value in _SILENT.items():
        if getattr(options, name, None):
            setattr(options, name, value)


def run_as_often(items: Iterable[Any], attempts: Mapping[str, int], plugins: Any) -> None:
    """Takes the marks away for which a case is run again; those that needed several attempts (by node id) get as many."""
    marks = {"rerunfailures": "reruns", "pytest-retry": "retries", "pytest_retry": "retries"}
    word = next((word for plugin, word in marks.items() if plugins.hasplugin(plugin)), None)
    chosen = list(items)
    for item in chosen:
        for node in item.listchain():
            node.own_markers[:] = [mark for mark in node.own_markers if mark.name not in _RERUNS]
    for item in chosen:
        if word and attempts.get(item.nodeid, 1) > 1:
            item.add_marker(pytest.mark.flaky(**{word: attempts[item.nodeid] - 1}))
