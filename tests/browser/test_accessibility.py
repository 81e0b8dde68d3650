"""What axe-core finds on a record's page and on the page of all rounds: nothing serious, in either scheme."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.page.page import write_page
from lib.records.record import Record
from lib.reports.observed import KINDS, observed
from lib.reports.report import round_report
from tests import sample_round as sample
from tests.browser.conftest import Browser

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]
VERDICTS = ["proved", "stated", "inferred", "narrowed", "ambiguous", "unreachable", "healthy", None]
OF_WHAT_WAS_FOLDED = ["scrollable-region-focusable", "image-alt", "link-name", "button-name", "label"]
"""The rest, contrast above all, is the same as in what is seen at first, and would take minutes on a busy machine."""
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations'], ...arguments[0]}).then(found => done(
  found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).map(one => one.id)));
"""


def serious(
    browse: Browser,
    path: Path,
    scheme: str,
    axe: str,
    *,
    width: int = 1300,
    unfolded: bool = False,
    rules: list[str] | None = None,
) -> list[str]:
    """The rules that a page breaks seriously, as it is first seen or with its folds open; all rules, or those that are named."""
    page = browse(path, width=width, scheme=scheme)
    if unfolded:
        page.execute_script("document.querySelectorAll('details:not(.card):not(.code)').forEach(one => one.open = true)")
    # The page's own policy permits no foreign script, so axe comes in as the browser's debugger does.
    page.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
    page.set_script_timeout(120)
    return page.execute_async_script(RUN, {"runOnly": rules} if rules else {})


def page_of(verdict: str | None, folder: Path) -> Path:
    """The page of a made-up round of this verdict, None for one that was not investigated; without notebooks."""
    record = Record(folder)
    found = sample.diagnosis(verdict) if verdict else None
    documents = {"suite": sample.suite(), "diagnosis": found, "performance": sample.performance()}
    report = round_report(parameters=sample.parameters(), round_number=2, logs=sample.logs(), earlier=None, **documents)
    evidence = observed(**documents, exchanges=[sample.exchange("x1")], entries=[], cited=["x1"])
    return write_page(record, report=report, evidence=evidence, groups=KINDS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "../index.html"])
def test_nothing_serious_is_found(browse: Browser, record: Path, axe: str, name: str, scheme: str) -> None:
    """Contrast, names, roles, keyboard: neither the record nor the overview breaks a serious rule."""
    assert serious(browse, record / name, scheme, axe) == []


def test_nothing_serious_is_found_where_folds_are_open(browse: Browser, record: Path, axe: str) -> None:
    """Notebooks as well, on a telephone, where tables scroll within themselves and want the keyboard."""
    assert serious(browse, record / "index.html", "dark", axe, width=390, unfolded=True, rules=OF_WHAT_WAS_FOLDED) == []


@pytest.mark.parametrize("verdict", VERDICTS)
def test_no_verdict_brings_anything_serious(browse: Browser, axe: str, tmp_path: Path, verdict: str | None) -> None:
    """Whatever a round found: on a desk in the light, and on a telephone in the dark with areas and evidence open."""
    path = page_of(verdict, tmp_path / "round-02")
    assert serious(browse, path, "light", axe) == []
    assert serious(browse, path, "dark", axe, width=390, unfolded=True) == []


def test_a_picture_without_words_would_be_found(browse: Browser, tmp_path: Path, axe: str) -> None:
    """The same look at a page with a fault, so that the tests above can fail."""
    path = tmp_path / "index.html"
    path.write_text(
        '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><img src="data:image/gif;base64,R0lGOD"></main>'
    )
    assert serious(browse, path, "light", axe) == ["image-alt"]
