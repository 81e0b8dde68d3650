"""Async cases of a suite that chooses it run at the same time, and are told apart."""

from __future__ import annotations

import textwrap
from pathlib import Path

from lib.suite.pytest_run import run_once

CONFTEST = "import pytest\nfrom lib.suite.plugin import concurrent\ndef pytest_configure(config): concurrent.install(config)\n"
CONFTEST += "@pytest.fixture(scope='session')\ndef base(): import os; return os.environ['REST']\n"


def run(settings, target, source):
    made = settings("", env={"REST": target.rest})
    Path(made.path, "conftest.py").write_text(CONFTEST)
    Path(made.path, "test_it.py").write_text(textwrap.dedent(source))
    return run_once(made, investigation={})


def test_they_take_as_long_as_the_slowest_and_keep_their_own(settings, target):
    """Ten cases of 0.4 s take far less than 4 s; each has its own requests and its own duration."""
    once = run(
        settings,
        target,
        """
        import asyncio, httpx, pytest
        async def case(base, n):
            async with httpx.AsyncClient(base_url=base) as client:
                for _ in range(n):
                    await client.get('/health')
                    await asyncio.sleep(0.4 / n)
        """
        + "\n".join(f"\n        async def test_{n}(base): await case(base, {n})" for n in range(1, 11)),
    )
    cases = {case.name: case for case in once.cases.values()}
    assert {name: case.traffic.rest_requests for name, case in cases.items()} == {f"test_{n}": n for n in range(1, 11)}
    assert all(0.4 <= case.seconds < 3 for case in cases.values())
    assert sum(case.seconds for case in cases.values()) > 1.2 * once.seconds


def test_a_failure_stays_with_its_case(settings, target):
    """One case fails, one passes, sync cases run as ever."""
    once = run(
        settings,
        target,
        """
        import asyncio
        async def test_a(): await asyncio.sleep(0.05); assert 1 == 2
        async def test_b(base): await asyncio.sleep(0.1); assert base
        def test_c(base): assert base
        """,
    )
    assert {case.name: case.outcome for case in once.cases.values()} == {
        "test_a": "failed",
        "test_b": "passed",
        "test_c": "passed",
    }


def test_fixtures_of_a_case_are_refused(settings, target):
    """Cases that run at once share session fixtures only; another is named."""
    once = run(settings, target, "async def test_a(base): pass\nasync def test_b(tmp_path): pass\n")
    assert "tmp_path" in str([case.message for case in once.cases.values()])
