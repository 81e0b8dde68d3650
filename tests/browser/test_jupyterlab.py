"""A notebook in a real JupyterLab: opened, run through the menu as an engineer would, and done without an error."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import URLError

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from lib.parameters.loading import ROOT
from tests.browser.conftest import opened
from tests.ports import free_port

NOTEBOOK = "02-five-whys-403.ipynb"
START_TIMEOUT_S, RUN_TIMEOUT_S = 60, 150

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running JupyterLab on a copy of the notebooks, with the token it was given."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    port, token = free_port(), secrets.token_hex(16)
    options = [
        f"--port={port}",
        f"--IdentityProvider.token={token}",
        f"--notebook-dir={folder / 'notebooks'}",
        "--no-browser",
        "--allow-root",
    ]
    options += ["--ServerApp.port_retries=0", "--LabApp.news_url=", "--LabApp.expose_app_in_browser=True"]
    home = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "RUNTIME")} | {
        f"JUPYTERLAB_{name}_DIR": str(folder / name.lower()) for name in ("SETTINGS", "WORKSPACES")
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env={**os.environ, **home}, cwd=folder, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/api?token={token}"), START_TIMEOUT_S)
            yield f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK}?token={token}&reset"
        finally:
            process.terminate()
            process.wait(20)


def answers(url: str) -> bool:
    """Whether a server answers there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def wait_until(true: Callable[[], Any], timeout_s: float) -> None:
    """Returns when something has become true; raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s} s")
        time.sleep(0.2)


def choose(browser: Chrome, *labels: str) -> None:
    """Clicks through the menu bar, e.g. Run, Run All Cells."""
    first, *rest = labels
    find(browser, f"//*[contains(@class,'lm-MenuBar-itemLabel')][text()='{first}']").click()
    for label in rest:
        find(browser, f"//*[contains(@class,'lm-Menu-itemLabel')][text()='{label}']").click()


def find(browser: Chrome, path: str) -> Any:
    """An element that can be clicked, once it is there."""
    return WebDriverWait(browser, 30).until(
        lambda page: next((one for one in page.find_elements(By.XPATH, path) if one.is_displayed()), None)
    )


def cells(browser: Chrome) -> list[dict[str, Any]]:
    """Each cell of code as the notebook in the browser holds it: its source, its number, the kinds of its outputs, and their
    text."""
    return browser.execute_script(
        """
        const panel = window.jupyterapp.shell.currentWidget;
        return [...panel.content.model.cells].filter(cell => cell.type === 'code').map(cell => ({
          source: cell.sharedModel.getSource(), count: cell.executionCount,
          outputs: cell.outputs.toJSON().map(output => output.output_type), text: JSON.stringify(cell.outputs.toJSON()) }));
        """
    )  # type: ignore[no-any-return]


def kernel_status(browser: Chrome) -> str | None:
    """What JupyterLab says of the notebook's kernel; None while there is none."""
    return browser.execute_script(
        "return window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status ?? null;"
    )  # type: ignore[no-any-return]


def show(browser: Chrome, source: str) -> None:
    """Scrolls to the cell that has this source; what is far away the notebook does not keep in the page."""
    browser.execute_script(
        """
        const notebook = window.jupyterapp.shell.currentWidget.content;
        const cells = [...notebook.model.cells];
        notebook.scrollToItem(cells.findIndex(cell => cell.sharedModel.getSource() === arguments[0]), 'start');
        """,
        source,
    )


def test_run_all_cells_ends_with_the_verdict(lab: str) -> None:
    """Run, Run All Cells: every cell ends, none with an error, the verdict with its causes stands there, and figures are
    drawn."""
    browser = opened(offline=False)
    try:
        browser.set_window_size(1300, 900)
        browser.get(lab)
        find(browser, "//*[contains(@class,'jp-Notebook')]//*[contains(@class,'jp-CodeCell')]")
        wait_until(lambda: kernel_status(browser) == "idle", START_TIMEOUT_S)  # what is run before is dropped
        choose(browser, "Run", "Run All Cells")
        wait_until(lambda: all(cell["count"] for cell in cells(browser)), RUN_TIMEOUT_S)
        wait_until(lambda: not browser.find_elements(By.XPATH, "//*[contains(@class,'jp-InputPrompt')][text()='[*]:']"), 30)
        done = cells(browser)
        show(browser, "show.ladder(diagnosis)")
        find(browser, "//*[contains(@class,'js-plotly-plot')]//*[contains(@class,'main-svg')]")
        assert browser.find_elements(By.CSS_SELECTOR, ".modebar-btn") == []
    finally:
        browser.quit()
    assert len(done) > 10
    assert [cell["text"] for cell in done if "error" in cell["outputs"]] == []
    answer = next(cell["text"] for cell in done if "here.whys()" in cell["source"])
    assert "Logged: " in answer
    assert "secret-mismatch" in answer
    assert "user-unknown" in answer
