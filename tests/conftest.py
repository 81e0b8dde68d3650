"""What all tests share: when each is run, what is no test of ours, and the option by which CI refuses skips."""

from __future__ import annotations

from pathlib import Path

import pytest

collect_ignore = ["suites"]  # started by tests/suite/, against targets of their own

SLOW = (
    "captures/test_session_writing.py",
    "environment/test_embedded.py",
    "environment/test_repeating.py",
    "examples/test_pipelines.py",
    "logs/test_closed_loop.py",
    "logs/test_large_exports.py",
    "performance/test_floor.py",
    "performance/test_load.py",
    "performance/test_loops.py",
    "performance/test_sampler.py",
    "rounds/",
    "staging/test_faults.py",
    "staging/test_main.py",
    "suite/plugin/test_concurrent.py",
    "suite/plugin/test_hooks.py",
    "suite/sabotage/",
    "suite/test_modules.py",
    "suite/test_process.py",
    "suite/test_pytest_run.py",
    "suite/test_run.py",
    "test_canaries.py",
    "test_fuzz.py",
    "test_hostile.py",
    "test_main.py",
    "test_papermill_alone.py",
    "test_reliability.py",
    "test_setup.py",
    "test_signals.py",
    "whys/catalogue/test_addition.py",
    "whys/test_foreign.py",
)
"""Whole rounds, kernels, suites, verbs and programs of their own, and what measures time: `make test`, not `make check`."""

THOROUGH = (
    "browser/",
    "foreign/",
    "logs/correlation/test_engines.py::test_spark_gives_the_same_rows_as_duckdb",
    "suite/test_foreign.py",
    "suite/test_run.py::test_distributed_cases_are_classified_as_in_one_process",
    "suite/test_modules.py::test_each_fault_fails_the_cases_that_depend_on_it_and_no_other",
    "test_closed_loop.py",
    "test_planted.py",
)
"""Browsers, foreign systems, Spark, and each fault against everything: `make test-all` alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by its file, so that where it lies says when it is run."""
    here = Path(__file__).parent
    for item in items:
        place = f"{item.path.relative_to(here).as_posix()}::{item.name.partition('[')[0]}"
        if place.startswith(THOROUGH):
            item.add_marker(pytest.mark.thorough)
        elif place.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--no-skips`: a test that is skipped because this machine lacks something counts as failed."""
    parser.addoption("--no-skips", action="store_true", default=False, help="fail where a test would be skipped")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Turns a skip into a failure that says what was missing, where `--no-skips` is given."""
    report = yield
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not accepted here: {report.longrepr}"
    return report
