"""What all tests share: what is no test of ours, and the option by which CI refuses skips."""

from __future__ import annotations

import pytest

collect_ignore = ["suites"]  # started by tests/suite/, against targets of their own


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
