"""A headless Chromium for what only a browser can tell; skipped by name where it is not installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from lib.parameters.loading import ROOT

ROUND_TIMEOUT_S = 240
Browser = Callable[..., Chrome]


def program(name: str) -> str:
    """Where a program lies; skips where it is missing."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def opened(*, offline: bool) -> Chrome:
    """A new browser, whose resolver knows no host if it is offline."""
    options = ChromeOptions()
    options.binary_location = program("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"):
        options.add_argument(argument)
    if offline:
        options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # The driver's path is named, so that selenium downloads none.
    return Chrome(options=options, service=Service(executable_path=program("chromedriver")))


@pytest.fixture(scope="module")
def shared_browser() -> Iterator[Chrome]:
    """One browser without a network for a module's tests."""
    browser = opened(offline=True)
    yield browser
    browser.quit()


@pytest.fixture
def browse(shared_browser: Chrome) -> Browser:
    """Opens a file in a window of a size, light or dark, with the logs of earlier pages emptied."""

    def browse(path: Path, width: int = 1300, height: int = 900, scheme: str = "light") -> Chrome:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        shared_browser.get("about:blank")
        shared_browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        shared_browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        for kind in ("browser", "performance"):
            shared_browser.get_log(kind)
        shared_browser.get(path.as_uri())
        return shared_browser

    return browse


def network_events(browser: Chrome, name: str) -> list[dict[str, Any]]:
    """What the browser's network noted under a name, such as requestWillBeSent or loadingFailed."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [message["params"] for message in messages if message["method"] == f"Network.{name}"]


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole Round 1, without the sabotage runs, which take most of its time."""
    program("chromium")
    out = tmp_path_factory.mktemp("outputs")
    quick = ("-p", "suite.sabotage", "false", "-p", "performance.samples", "10")
    command = [sys.executable, "-m", "lib", "round", "--out", str(out), *quick]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=ROUND_TIMEOUT_S, check=False)
    assert done.returncode == 1, done.stderr
    return out / "round-01"


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's own code, installed once from its lock file."""
    folder = Path(__file__).parent / "axe"
    code = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not code.is_file():
        command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=folder, check=True, timeout=120)
    return code.read_text(encoding="utf-8")
