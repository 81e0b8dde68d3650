"""A foreign open-source suite has the same outcomes with the plug-in as without it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from lib.parameters import loading as params
from lib.suite.pytest_run import run_once

WANTED = f"httpx=={httpx.__version__}"
NEEDS = ("trustme", "chardet")
"""What these tests import beside httpx and what is installed here anyway."""
TESTS = ("tests/client", "tests/test_api.py", "tests/test_timeouts.py", "tests/test_exceptions.py", "tests/test_main.py")
ARGUMENTS = ("-p", "no:asyncio", "-p", "no:randomly")
KINDS = {"failure": "failed", "error": "error", "skipped": "skipped"}


def pip(*arguments: str) -> str | None:
    """Runs pip; the last line of its complaint where it did not succeed."""
    done = subprocess.run([sys.executable, "-m", "pip", "-q", *arguments], capture_output=True, text=True, timeout=180)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["pip failed"])[-1]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The source archive of the httpx that is installed, unpacked, and in `needs` what its tests import."""
    folder = tmp_path_factory.mktemp("foreign")
    complaint = pip("download", "--no-deps", "--no-binary", ":all:", "-d", str(folder), WANTED)
    complaint = complaint or pip("install", "--no-deps", "--target", str(folder / "needs"), *NEEDS)
    if complaint:
        pytest.skip(f"{WANTED} and {', '.join(NEEDS)} cannot be fetched, no package index answers: {complaint}")
    with tarfile.open(next(folder.glob("httpx-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.glob("httpx-*") if path.is_dir())


def plain_outcomes(source: Path) -> dict[str, str]:
    """What pytest alone says of each case, by its JUnit name."""
    report = source / "plain.xml"
    environ = {**os.environ, "PYTHONPATH": str(source.parent / "needs")}
    command = [sys.executable, "-m", "pytest", "-q", *ARGUMENTS, f"--junitxml={report}", *TESTS]
    subprocess.run(command, cwd=source, env=environ, capture_output=True, timeout=240)
    root = ElementTree.parse(report).getroot()  # noqa: S314 - pytest wrote it a moment ago
    found = {}
    for case in root.iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        found[name] = next((KINDS[child.tag] for child in case if child.tag in KINDS), "passed")
    return found


def told_outcomes(source: Path):
    """What our runner says of them, under the same names."""
    paths = [str(source / path) for path in TESTS[1:]]
    changes = {"path": str(source / TESTS[0]), "args": [*ARGUMENTS, *paths], "env": {"PYTHONPATH": str(source.parent / "needs")}}
    settings = params.load("embedded").suite.model_copy(update={**changes, "timeout_s": 240.0})
    once = run_once(settings, investigation={})
    return once, {_as_junit_names(nodeid): case.outcome for nodeid, case in once.cases.items()}


def _as_junit_names(nodeid: str) -> str:
    file, _, inside = nodeid.partition(".py::")
    name, bracket, parameters = inside.partition("[")
    return f"{file.replace('/', '.')}.{name.replace('::', '.')}{bracket}{parameters}"


def test_the_tests_of_httpx_run_as_ever(source):
    """Hundreds of cases with threads, two event loops, mocks and real servers: the same outcomes, and their sockets seen.

    Some are decided by the pace of a busy machine, with or without us; what differs because of us differs each time.
    """
    differing = None
    for _ in range(3):
        once, told = told_outcomes(source)
        plain = plain_outcomes(source)
        differ = {name for name in told.keys() | plain.keys() if told.get(name) != plain.get(name)}
        differing = differ if differing is None else differing & differ
        if not differing:
            break
    assert Counter(plain.values())["passed"] > 300
    assert not differing
    assert sum(case.traffic.rest_requests for case in once.cases.values()) > 30
