"""The built-in staging system's own log: every exchange beside its entries, none beside another's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.environment import embedded
from lib.facts import Exchange, utc_now
from lib.handshake import configured, rest_request, websocket_request
from lib.logs import LogReport, investigate_logs
from lib.logs.sources.opening import open_source
from lib.parameters import loading as params
from lib.parameters.model import Parameters

SEEN = {
    "secret-mismatch": (None, True, True, "JWT validation failed: Signature verification failed"),
    "user-unknown": (None, True, True, "not found"),
    "origin-refused": (None, True, True, "origin"),
    "edge-policy": (True, False, False, None),
}
"""For each cause: seen by edge, platform and application, and words of the reason where the log gives one."""


@contextmanager
def system(cause: str) -> Iterator[tuple[Parameters, dict]]:
    """A running built-in system that has this cause, and the parameters to reach it."""
    running = embedded.start([cause])
    try:
        addresses = running.addresses
        overrides = {"target.rest_url": addresses["rest_url"], "target.ws_url": addresses["ws_url"], "embedded.faults": []}
        yield params.load("embedded", overrides), addresses
    finally:
        running.stop()


async def exchanged(parameters: Parameters, *, beside: int) -> list[Exchange]:
    """A control and five handshakes, while unrelated clients knock at the same door."""
    handshake, doors = configured(parameters), WebSockets()
    rest = Rest()

    async def stranger() -> None:
        for _ in range(3):
            await doors.knock(websocket_request(handshake, now=utc_now()), of="probe", label="stranger")

    others = [asyncio.create_task(stranger()) for _ in range(beside)]
    control = await rest.ask(
        rest_request(handshake, parameters.target.health_path, now=utc_now(), with_credential=False), of="control", label="health"
    )
    ours = [await doors.knock(websocket_request(handshake, now=utc_now()), of="probe", label="ours") for _ in range(5)]
    await asyncio.gather(*others)
    await rest.close()
    return [control, *ours]


def reported(cause: str, *, beside: int) -> tuple[list[Exchange], LogReport]:
    """What the logs say of that system's refusals."""
    with system(cause) as (parameters, addresses):
        exchanges = asyncio.run(exchanged(parameters, beside=beside))
        logging = {"endpoint": addresses["logs_endpoint"], "project": addresses["project"], "filter": addresses["filter"]}
        source = open_source(parameters.logs, project_root=Path(), **logging)
        return exchanges, investigate_logs(parameters.logs, source, exchanges, now=utc_now())


@pytest.mark.parametrize("cause", SEEN)
def test_each_exchange_is_beside_its_own_entries(cause: str) -> None:
    """All traced exchanges are joined, none wrongly though fifty clients knock beside, and the layer that refused shows."""
    exchanges, report = reported(cause, beside=50)
    by_id = {entry.insert_id: entry for entry in report.reading.entries}
    edge, platform, application, words = SEEN[cause]
    for exchange, pair in zip(exchanges, report.pairs, strict=True):
        assert pair.how == "trace"
        assert {by_id[insert_id].trace_id for insert_id in pair.insert_ids} == {exchange.trace_id}
    for pair in report.pairs[1:]:
        assert (pair.seen_by["platform"], pair.seen_by["application"]) == (platform, application)
        assert edge is None or pair.seen_by["edge"] is edge
        told = " ".join(by_id[insert_id].text for insert_id in pair.insert_ids).lower()
        assert words is None or words.lower() in told
