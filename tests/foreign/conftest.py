"""Foreign systems for a test, and the command run on them."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.foreign.diagnosis import Answer, diagnose, parameters_for
from tests.foreign.systems import HERE, Started, System, needed

Ask = Callable[..., Answer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Started]:
    """Starts foreign systems; they end with the test."""
    started = Started(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Asks the command about a system, with these groups of parameters, and counts what the system itself received."""

    def ask(system: System, *, truth: tuple[str, ...], secrets: dict[str, str] | None = None, **groups: Any) -> Answer:
        before = len(system.seen("handshake"))
        answer = diagnose(parameters_for(system.authority, **groups), tmp_path, truth=truth, secrets=secrets)
        received = len(system.seen("handshake")) - before
        assert received <= answer.spent["handshakes"] <= answer.parameters["budget"]["handshakes"], (received, answer)
        return answer

    return ask


@pytest.fixture(scope="session")
def node_modules() -> None:
    """The package `ws` beside the Node server, installed once from its lock file."""
    needed("node")
    npm = needed("npm")
    with (HERE / "node" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HERE / "node" / "node_modules" / "ws" / "package.json").exists():
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=HERE / "node", capture_output=True, text=True, timeout=120)
            if done.returncode:
                pytest.skip(f"the npm package ws could not be installed: {done.stderr[-300:]}")
