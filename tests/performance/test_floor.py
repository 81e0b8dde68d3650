"""lib/performance/floor.py."""

from __future__ import annotations

from lib.performance.floor import floor_ms
from tests.performance.conftest import measured


async def test_the_floor_is_a_loopback_round_trip():
    """More than nothing, and far less than anything that is measured."""
    assert 0.005 < await floor_ms() < 5


async def test_no_figure_is_below_the_floor(healthy):
    """The floor is taken in the same run: a ping over WebSocket cannot be faster than an echo on a bare socket."""
    found = await measured(healthy.addresses["rest_url"], healthy.addresses["ws_url"])
    assert found.floor_ms < min(found.values("websocket_latency_ms"))
