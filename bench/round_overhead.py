"""What a round costs beyond waiting for its target, beside stock papermill on the same notebooks; and how soon commands
answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.table import Row, compared
from lib.environment import embedded
from lib.environment.opening import open_parameters
from lib.parameters import loading as params
from lib.records import rounds_on_disk

REPETITIONS = 5
TIMEOUT_S = 300
WAITS = re.compile(r"await here\.|here\.logs\(")
"""A cell that asks the network: its time is the target's, not ours."""
SMALL: dict[str, Any] = {
    "suite.sabotage": False,
    "suite.args": ["-k", "startup_resilience"],
    "budget.handshakes": 12,
    "performance.samples": 3,
}
"""Little waiting, since it is taken out of the comparison anyway; every notebook and every cell runs."""

STOCK = """
import json, sys
import papermill
given = json.loads(sys.argv[1])
for path in given["notebooks"]:
    name = path.rpartition("/")[2]
    papermill.execute_notebook(path, given["out"] + "/" + name, parameters=given["parameters"], cwd=path.rpartition("/")[0],
                               kernel_name="python3", progress_bar=False)
"""


def run() -> list[Row]:
    """The round and two commands; what the suite costs is `suite_overhead`."""
    with _target() as target:
        overhead = compared(
            "a round of five notebooks, less the cells that wait for the network",
            lambda: _ours(target), lambda: _stock(target),
            unit="s", goal="≤ 0.35", peer_name="papermill in one process", n=REPETITIONS,
        )  # fmt: skip
        return [overhead, _help(), _whys(target)]


@dataclass(frozen=True)
class Target:
    """The one system that both sides ask: overrides that join it, and variables with its keys."""

    overrides: Mapping[str, Any]
    environment: Mapping[str, str]


@contextmanager
def _target() -> Iterator[Target]:
    system = embedded.start(["secret-mismatch", "user-unknown"])
    given = system.addresses
    logs = {"source": "cloud", "endpoint": given["logs_endpoint"], "project": given["project"], "filter": given["filter"]}
    joined = {f"target.{key}": given[key] for key in ("rest_url", "ws_url")} | {
        f"logs.{key}": value for key, value in logs.items()
    }
    before = params.set_variables(given.get("environment") or {})
    # Bytecode is for both sides, or each stock kernel would compile lib anew.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    try:
        yield Target(joined, environment)
    finally:
        params.set_variables(before)
        system.stop()


def _ours(target: Target) -> float:
    with tempfile.TemporaryDirectory() as out:
        spent_s, _ = _command(target, "round", "--out", out, *_options({**target.overrides, **SMALL}))
        return spent_s - _waited_s(Path(out) / "round-01")


def _stock(target: Target) -> float:
    with tempfile.TemporaryDirectory() as out:
        here = open_parameters(params.load("embedded", {**target.overrides, **SMALL}))
        record = rounds_on_disk.claim(Path(out), 1, environment=here.environment, resume=False, secrets=here.secrets)
        given = {
            "notebooks": [str(path) for path in sorted((params.ROOT / "notebooks").glob("*.ipynb"))],
            "out": str(record.folder),
            "parameters": {"environment": "embedded", "round_number": 1},
        }
        environment = {**target.environment, "INVESTIGATION": here.recording(record).handed_on()}
        begun_s = time.perf_counter()
        command = [sys.executable, "-c", STOCK, json.dumps(given)]
        subprocess.run(command, cwd=params.ROOT, env=environment, check=True, capture_output=True, timeout=TIMEOUT_S)
        spent_s = time.perf_counter() - begun_s
        record.release()
        return spent_s - _waited_s(record.folder)


def _waited_s(folder: Path) -> float:
    cells = [cell for path in folder.glob("*.ipynb") for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    waiting = [cell for cell in cells if cell["cell_type"] == "code" and WAITS.search("".join(cell["source"]))]
    assert len(waiting) >= 5, "every notebook but the last asks the network"
    return float(sum(cell["metadata"]["papermill"]["duration"] for cell in waiting))


def _help() -> Row:
    command = [sys.executable, "-m", "lib", "--help"]
    return compared(
        "python -m lib --help, in seconds", lambda: _timed(command), lambda: 1.0, unit="s", goal="≤ 0.25", peer_name="one second"
    )


def _whys(target: Target) -> Row:
    def beyond_asking() -> float:
        spent_s, said = _command(target, "whys", "--json", "-", *_options({**target.overrides, "budget.handshakes": 40}))
        return spent_s - float(said["spent"]["seconds"])

    what = "python -m lib whys beyond the diagnosis itself, in seconds"
    return compared(what, beyond_asking, lambda: 1.0, unit="s", goal="≤ 2", peer_name="one second")


def _command(target: Target, *arguments: str) -> tuple[float, Any]:
    """Seconds and the JSON document, if one was asked for, of a command that came to a finding."""
    begun_s = time.perf_counter()
    command = [sys.executable, "-m", "lib", *arguments]
    done = subprocess.run(
        command, cwd=params.ROOT, env=target.environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    spent_s = time.perf_counter() - begun_s
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stderr[-2000:])
    return spent_s, json.loads(done.stdout) if "--json" in arguments else None


def _timed(command: list[str]) -> float:
    begun_s = time.perf_counter()
    subprocess.run(command, cwd=params.ROOT, capture_output=True, check=True, timeout=TIMEOUT_S)
    return time.perf_counter() - begun_s


def _options(overrides: Mapping[str, Any]) -> list[str]:
    return [word for key, value in overrides.items() for word in ("-p", key, json.dumps(value))]
