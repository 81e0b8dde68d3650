"""lib/performance/floor.py."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from statistics import median

from lib.parameters.loading import ROOT
from lib.performance.floor import floor_ms, machine_ms, worker
from tests.performance.conftest import measured


def is_listening(address):
    with socket.socket() as client:
        return client.connect_ex(address) == 0


@contextmanager
def every_core_burning():
    """Three programs a core that do nothing but compute."""
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


async def test_the_floor_is_a_loopback_round_trip():
    """More than nothing, and far less than anything that is measured."""
    assert 0.005 < await floor_ms() < 5


async def test_no_figure_is_below_the_floor(healthy):
    """The floor is taken in the same run: a ping over WebSocket cannot be faster than an echo on a bare socket."""
    found = await measured(healthy.addresses["rest_url"], healthy.addresses["ws_url"])
    assert found.floor_ms < min(found.values("websocket_latency_ms"))


def test_the_worker_ends_with_whoever_started_it():
    """Also where that one was killed and could tell nobody: it listens no more."""
    code = "import time; from lib.performance.floor import worker\nwith worker() as port: print(port, flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    address = "127.0.0.1", int(process.stdout.readline())
    process.kill()
    process.communicate()
    until_s = time.monotonic() + 30
    while (listens := is_listening(address)) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not listens


async def test_a_busy_machine_is_seen_in_a_piece_of_work():
    """Beside programs that burn every core a fixed piece of work takes longer, and a worker that is not there is no number."""
    with worker() as port:
        quiet = [await machine_ms(port) for _ in range(5)]
        with every_core_burning():
            busy = [await machine_ms(port) for _ in range(5)]
    assert min(quiet) > 0.05
    assert median(busy) > min(quiet)
    assert await machine_ms(port) is None
    assert await machine_ms(None) is None
