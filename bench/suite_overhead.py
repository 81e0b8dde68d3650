"""What watching a suite costs, and what running its cases at once saves."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.table import Row, compared
from lib.environment import embedded
from lib.parameters import loading as params
from lib.suite.run import SuiteRun, run_suite

CASES, PAIRS, SLEEP_S, PLUGIN_GOAL_MS = 500, 5, 0.01, 2.0
ONE_BY_ONE = ["-p", "no:at-once", "-o", "asyncio_mode=auto"]
SOURCE = f"""
import http.client, time, pytest
@pytest.mark.parametrize("number", range({CASES}))
def test_asks(number):
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()
    time.sleep({SLEEP_S})
"""


class Answer(BaseHTTPRequestHandler):
    """200 to everything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def run() -> list[Row]:
    """500 small cases with and without us, then our ten modules at once and one by one."""
    return [*_watching(), *_at_once()]


def _watching() -> list[Row]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        Path(name, "pytest.ini").write_text("[pytest]\n")
        Path(name, "test_it.py").write_text(SOURCE.replace("PORT", str(server.server_port)))
        settings = params.load("embedded").suite.model_copy(update={"path": name, "sabotage": False})
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
        plugged = [*command, "-p", "lib.suite.plugin", "--traffic", str(Path(name, "told.jsonl"))]

        def pytest_alone() -> float:
            return _seconds(lambda: _finish(command, name))

        legs = compared(
            f"a suite of {CASES} cases, all three legs but sabotage", lambda: _seconds(lambda: run_suite(settings,
            investigation={})),
            pytest_alone, unit="s", goal="≤ 1.25", peer_name="pytest alone", n=PAIRS,
        )  # fmt: skip
        extra_ms = [(_seconds(lambda: _finish(plugged, name)) - pytest_alone()) / CASES * 1000 for _ in range(PAIRS)]
    server.shutdown()
    cost_ms = statistics.median(extra_ms)
    return [legs, _against("the plug-in's overhead a case", cost_ms, PLUGIN_GOAL_MS, "ms", "allowed", goal="≤ 1")]


def _at_once() -> list[Row]:
    system = embedded.start([])
    try:
        parameters = params.load("embedded", {f"target.{name}": system.addresses[name] for name in ("rest_url", "ws_url")})
        handed_on = {"parameters": parameters.model_dump(mode="json", by_alias=True), "addresses": system.addresses}

        def modules(args: list[str]) -> SuiteRun:
            settings = parameters.suite.model_copy(update={"sabotage": False, "args": args})
            found = run_suite(settings, investigation=handed_on)
            assert found.healthy, [case for case in found.cases if case.outcome != "passed"]
            return found

        compared_to_one_by_one = compared(
            "our ten modules, at once", lambda: modules([]).seconds, lambda: modules(ONE_BY_ONE).seconds,
            unit="s", goal="≤ 0.5", peer_name="one by one with pytest-asyncio", n=PAIRS,
        )  # fmt: skip
        runs = sorted((modules([]) for _ in range(PAIRS)), key=lambda found: found.seconds / _slowest_s(found))
        middle = runs[PAIRS // 2]
        return [
            compared_to_one_by_one,
            _against("our ten modules, whole run", middle.seconds, _slowest_s(middle), "s", "slowest case", goal="≤ 1.5"),
        ]
    finally:
        system.stop()


def _slowest_s(found: SuiteRun) -> float:
    return max(case.seconds for case in found.cases)


def _against(what: str, ours: float, peer: float, unit: str, peer_name: str, goal: str = "") -> Row:
    return Row(
        what=what, ours=f"{ours:.3g} {unit}", peer=f"{peer:.3g} {unit} ({peer_name})", ratio=ours / peer, goal=goal, n=PAIRS
    )


def _finish(command: list[str], folder: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(params.ROOT)}
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environ)


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
