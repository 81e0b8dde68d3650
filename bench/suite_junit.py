"""Reading another runner's results, beside lxml alone."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.table import Row, compared
from lib.suite.junit import reading

SUITES, CASES, PAIRS = 1_120, 100, 5
FAILURE = '<failure message="AssertionError: expected 200, got 403">{}E   AssertionError: expected 200, got 403</failure>'


def run() -> list[Row]:
    """112,000 cases of pytest, one in twenty failed, one in ten with output: user time, not the clock's."""
    from lxml import etree

    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "junit.xml")
        path.write_text(_document())
        content = path.read_bytes()

        def rows() -> object:
            cases = etree.fromstring(content).iter("testcase")
            return [(dict(case.items()), [(child.tag, dict(child.items()), child.text) for child in case]) for case in cases]

        return [
            compared(
                f"{SUITES * CASES:,} JUnit cases", lambda: _cpu_s(lambda: reading.read(str(path))), lambda: _cpu_s(rows),
                unit="s", goal="≤ 3", peer_name="lxml into rows", n=PAIRS,
            ),
            compared(
                f"{SUITES * CASES:,} JUnit cases", lambda: _cpu_s(lambda: reading.read(str(path))),
                lambda: _cpu_s(lambda: etree.fromstring(content)), unit="s", peer_name="lxml parsing alone", n=PAIRS,
            ),
        ]  # fmt: skip


def _document() -> str:
    suites = []
    for suite in range(SUITES):
        cases = [
            f'<testcase classname="tests.module_{suite}" name="test_{case}" time="0.1"{_inside(case)}' for case in range(CASES)
        ]
        suites.append(f'<testsuite name="pytest" hostname="h">{"".join(cases)}</testsuite>')
    return f"<testsuites>{''.join(suites)}</testsuites>"


def _inside(case: int) -> str:
    if case % 20 == 0:
        return f">{FAILURE.format('    a line of context' + chr(10))}</testcase>"
    return f">{'<system-out>a line of output</system-out>'}</testcase>" if case % 10 == 1 else "/>"


def _cpu_s(action: Callable[[], object]) -> float:
    started = time.process_time()
    action()
    return time.process_time() - started
