"""The start-up phase: what the application does before it calls itself ready, each step logged as it ends."""

from __future__ import annotations

import asyncio
import time

from ..faults import FIRST_USER
from ..logging.journal import ApplicationLog
from ..store import USERS
from .service import AuthUnavailable, Service
from .tools import TOOLS, Task, ToolFailed

WARM_UP_TEXT = "How much is 6 * 7, and how long does it take?"


async def warm_up(service: Service, log: ApplicationLog) -> None:
    """Passes the phases and marks the application as ready."""
    started_s = time.perf_counter()
    log.text(f"[INFO] Starting {service.revision} with one worker")
    known = sum(service.store.socket_user(user) is not None for user in USERS)
    log.bare(f"Startup phase database: schema ready, {known} socket users")
    try:
        await service.auth.get("/health")
        log.bare("Startup phase services: auth service reachable")
    except AuthUnavailable as error:
        log.bare(f"Startup phase services: auth service not reachable ({error}), continuing", severity="WARNING")
    for name, tool in TOOLS.items():
        try:
            await asyncio.to_thread(tool, Task(WARM_UP_TEXT, "nobody", "nowhere", service.store))
        except ToolFailed as failure:
            log.bare(f"Startup phase tools: {name} failed: {failure}", severity="ERROR")
    log.bare(f"Startup phase tools: {len(TOOLS)} ready")
    if service.socket.limits_connections:
        _leak_connections(service, log)
    service.shared.ready_s = time.monotonic()
    log.bare(f"Startup complete in {(time.perf_counter() - started_s) * 1000:.0f} ms")


def _leak_connections(service: Service, log: ApplicationLog) -> None:
    """Background agents of the first user hold as many sessions as a subject may have, and never let go."""
    for number in range(int(service.options.connection_limit)):
        service.shared.connections[f"ws_background_{number}"] = FIRST_USER
        log.line(f"Background agent session ws_background_{number} registered for {FIRST_USER}", logger="netra.websocket")
