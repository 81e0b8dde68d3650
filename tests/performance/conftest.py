"""Real targets for the sampler: the built-in staging system with known delays, and small foreign servers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.environment import embedded
from lib.handshake import configured
from lib.parameters import loading as params
from lib.parameters.model import Parameters
from lib.performance import Measurement, measure

QUICK = {"performance.samples": 8, "performance.warmup": 1, "target.timeout_s": 5}


@contextlib.contextmanager
def embedded_system(faults: tuple[str, ...] = (), **configuration: Any) -> Iterator[embedded.Embedded]:
    """The built-in staging system, for the length of a test."""
    system = embedded.start(faults, configuration=configuration)
    try:
        yield system
    finally:
        system.stop()


@contextlib.contextmanager
def served(app: Starlette) -> Iterator[str]:
    """An application on a free port; its authority."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


def parameters_for(rest_url: str, ws_url: str, **overrides: Any) -> Parameters:
    """Parameters of a quick measurement of this target; dots of the keys are written as two underscores."""
    dotted = {key.replace("__", "."): value for key, value in overrides.items()}
    return params.load("embedded", {"target.rest_url": rest_url, "target.ws_url": ws_url, **QUICK, **dotted})


async def measured(rest_url: str, ws_url: str, **overrides: Any) -> Measurement:
    """What one quick measurement of this target finds."""
    parameters = parameters_for(rest_url, ws_url, **overrides)
    return await measure(parameters, handshake=configured(parameters), rest_factory=Rest, ws=WebSockets())


@pytest.fixture(scope="module")
def healthy() -> Iterator[embedded.Embedded]:
    """The built-in staging system without a fault."""
    with embedded_system() as system:
        yield system
