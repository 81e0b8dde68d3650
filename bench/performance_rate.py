"""How many requests a second one process can start and time, beside Locust's fast user, each on one core and the server on the
other."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.servers import served
from bench.table import Row, compared
from lib.clients.rest import Rest
from lib.facts import utc_now
from lib.handshake import Handshake
from lib.performance.loops import Plan, open_loop
from lib.performance.operations.request import TimedRequest

SAMPLES, USERS, SECONDS = 6000, 32, 4
LOCUSTFILE = """
from locust import FastHttpUser, task

class Asking(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/")
"""


def run() -> list[Row]:
    """The open loop as fast as it goes, and Locust as fast as it goes."""
    with served("immediate") as (port, _):
        url = f"http://127.0.0.1:{port}"
        ours, locust = (lambda: asyncio.run(_ours(url))), (lambda: _locust(url))
        return [
            compared("requests a second from one process", ours, locust, unit="/s", peer_name=f"Locust, {USERS} FastHttpUsers")
        ]


async def _ours(url: str) -> float:
    handshake = Handshake(url="", rest_url=url, use_environment_proxy=False)
    operation = TimedRequest(handshake=handshake, path="/", rest_factory=Rest, clock=utc_now)
    started_s = time.perf_counter()
    taken = await open_loop(
        operation, ("api_response_ms",), Plan(samples=SAMPLES, warmup=0, seconds=60, rate_per_s=1_000_000), clock=utc_now
    )
    took_s = time.perf_counter() - started_s
    await operation.close()
    return sum(sample.ms is not None for sample in taken.samples) / took_s


def _locust(url: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "users.py"
        file.write_text(LOCUSTFILE)
        options = [
            "-f",
            str(file),
            "--headless",
            "--host",
            url,
            "-u",
            str(USERS),
            "-r",
            str(USERS),
            "-t",
            f"{SECONDS}s",
            "--json",
            "--skip-log",
        ]
        done = subprocess.run([sys.executable, "-m", "locust", *options], capture_output=True, text=True, timeout=60, check=True)
    (stats,) = json.loads(done.stdout)
    return float(stats["num_requests"] / (stats["last_request_timestamp"] - stats["start_time"]))
