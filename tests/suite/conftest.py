"""A real target, and suites written on the spot."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.parameters import loading as params
from lib.parameters.model import SuiteSettings
from lib.suite.pytest_run import Once, run_once
from lib.suite.run import SuiteRun, run_suite
from tests.suite.target_server import Addresses, target_server


@pytest.fixture(scope="session")
def target() -> Iterator[Addresses]:
    """REST and WebSocket, listening."""
    with target_server() as addresses:
        yield addresses


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., SuiteSettings]:
    """`settings(source, **changes)`: the settings of a suite of one file test_it.py, in a folder of its own."""

    def make(source: str, **changes: Any) -> SuiteSettings:
        folder = tmp_path / "it"
        folder.mkdir(exist_ok=True)
        folder.joinpath("pytest.ini").write_text("[pytest]\n")
        folder.joinpath("test_it.py").write_text(textwrap.dedent(source))
        default = params.load("embedded").suite
        return default.model_copy(update={"path": str(folder), "timeout_s": 60.0, "sabotage": False, **changes})

    return make


@pytest.fixture
def run(settings: Callable[..., SuiteSettings], target: Addresses) -> Callable[..., Once]:
    """`run(source, **changes)`: that suite run once, REST and WS of the target in its environment."""

    def once(source: str, **changes: Any) -> Once:
        changes.setdefault("env", {})
        changes["env"] = {"REST": target.rest, "WS": target.ws, **changes["env"]}
        return run_once(settings(source, **changes), investigation={})

    return once


def investigation_for(addresses: Addresses, **more: Any) -> dict[str, Any]:
    """What a suite is handed on whose target these addresses are."""
    given = {"environment": "truth", "target.rest_url": addresses.rest, "target.ws_url": addresses.ws, **more}
    given |= {"target.allow_hosts": None, "alternatives.hosts": []}
    return {"parameters": params.load("embedded", given).model_dump(mode="json", by_alias=True)}


@pytest.fixture
def judged(settings: Callable[..., SuiteSettings], target: Addresses) -> Callable[..., SuiteRun]:
    """`judged(source, **changes)`: that suite run with sabotage."""

    def whole(source: str, **changes: Any) -> SuiteRun:
        changes = {"sabotage": True, "env": {"REST": target.rest, "WS": target.ws}, **changes}
        return run_suite(settings(source, **changes), investigation=investigation_for(target))

    return whole
