"""What axe-core finds on a record's page and on the page of all rounds: nothing serious, in either scheme."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Browser

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]
OF_WHAT_WAS_FOLDED = ["scrollable-region-focusable", "image-alt", "link-name", "button-name", "label"]
"""The rest, contrast above all, is the same as in what is seen at first, and would take minutes on a busy machine."""
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations'], ...arguments[0]}).then(found => done(
  found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).map(one => one.id)));
"""


def serious(browse: Browser, path: Path, scheme: str, axe: str, *, width: int = 1300, unfolded: bool = False) -> list[str]:
    """The rules that a page breaks seriously, as it is first seen or with its folds open."""
    page = browse(path, width=width, scheme=scheme)
    if unfolded:
        page.execute_script("document.querySelectorAll('details:not(.card):not(.code)').forEach(one => one.open = true)")
    # The page's own policy permits no foreign script, so axe comes in as the browser's debugger does.
    page.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
    page.set_script_timeout(120)
    return page.execute_async_script(RUN, {"runOnly": OF_WHAT_WAS_FOLDED} if unfolded else {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "../index.html"])
def test_nothing_serious_is_found(browse: Browser, record: Path, axe: str, name: str, scheme: str) -> None:
    """Contrast, names, roles, keyboard: neither the record nor the overview breaks a serious rule."""
    assert serious(browse, record / name, scheme, axe) == []


def test_nothing_serious_is_found_where_folds_are_open(browse: Browser, record: Path, axe: str) -> None:
    """Notebooks as well, on a telephone, where tables scroll within themselves and want the keyboard."""
    assert serious(browse, record / "index.html", "dark", axe, width=390, unfolded=True) == []


def test_a_picture_without_words_would_be_found(browse: Browser, tmp_path: Path, axe: str) -> None:
    """The same look at a page with a fault, so that the tests above can fail."""
    path = tmp_path / "index.html"
    path.write_text(
        '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><img src="data:image/gif;base64,R0lGOD"></main>'
    )
    assert serious(browse, path, "light", axe) == ["image-alt"]
