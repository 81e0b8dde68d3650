"""The real export, and Logging servers that end with their test."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.logs.logging_server import LoggingServer

EXPORT = Path(__file__).parent / "cloud-run-503.json.gz"


@pytest.fixture
def export() -> str:
    """The real export: 100 entries of 2025-09-15."""
    with gzip.open(EXPORT, "rt", encoding="utf-8") as stream:
        return stream.read()


@pytest.fixture
def serve() -> Iterator[Callable[..., LoggingServer]]:
    """Starts Logging servers on free ports and ends them afterwards."""
    running = []

    def start(entries: list[dict[str, Any]]) -> LoggingServer:
        handler = LoggingServer(entries)
        server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[handler])
        handler.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        running.append(server)
        return handler

    yield start
    for server in running:
        server.stop(0)
