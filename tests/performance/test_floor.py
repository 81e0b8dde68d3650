"""lib/performance/floor.py."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from statistics import median

from lib.performance.floor import floor_ms, machine_ms, worker
from tests.performance.conftest import measured


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
