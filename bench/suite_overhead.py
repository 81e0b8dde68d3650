"""What our plug-in and the three legs cost: a suite of 500 cases with and without them, side by side, medians of five pairs.

`python bench/suite_overhead.py` prints one line a figure and exits 1 where a goal is missed: plug-in <= 2 ms a case, the traffic
and the reading of the source together <= 25 % of the suite's own time (the sabotage runs apart).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lib import params  # noqa: E402
from lib.suite.run import run_suite  # noqa: E402

CASES, PAIRS, SLEEP_S = 500, 5, 0.01
GOAL_MS, GOAL_SHARE = 2.0, 0.25
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


def main() -> int:
    """Measures, prints, judges."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("pytest.ini").write_text("[pytest]\n")
        folder.joinpath("test_it.py").write_text(SOURCE.replace("PORT", str(server.server_port)))
        settings = params.load("embedded").suite.model_copy(update={"path": name, "sabotage": False})
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
        plain_s, plugged_s, whole_s = [], [], []
        for _ in range(PAIRS):
            plain_s.append(timed(lambda: subprocess.run(command, cwd=name, check=True, capture_output=True)))
            plugin = [*command, "-p", "lib.suite.plugin", "--traffic", str(folder / "told.jsonl")]
            plugged_s.append(
                timed(lambda: subprocess.run(plugin, cwd=name, check=True, capture_output=True, env={"PYTHONPATH": str(ROOT)}))
            )
            whole_s.append(timed(lambda: run_suite(settings, investigation={})))
    plain, plugged, whole = (statistics.median(seconds) for seconds in (plain_s, plugged_s, whole_s))
    per_case_ms, share = (plugged - plain) / CASES * 1000, (whole - plain) / plain
    print(f"{CASES} cases, medians of {PAIRS}: pytest alone {plain:.2f} s, with the plug-in {plugged:.2f} s, our whole run {whole:.2f} s")
    print(f"plug-in: {per_case_ms:.2f} ms a case (goal <= {GOAL_MS:g} ms); legs: {share:+.0%} (goal <= {GOAL_SHARE:.0%})")
    return int(per_case_ms > GOAL_MS or share > GOAL_SHARE)


def timed(action) -> float:  # type: ignore[no-untyped-def]
    """How long it takes, in seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
