"""Gathers what `evidence` names before anything is asked of the target; what cannot be read is told, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lib.clients.database import NotRead
from lib.clients.rest import Rest
from lib.configuration.shape import Configuration
from lib.environment import users
from lib.environment.configured import predictions_of
from lib.facts import Prediction
from lib.handshake import Handshake
from lib.parameters.model import Parameters


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What was found, and the parameters whose evidence could not be read, with why."""

    found: list[Prediction] = field(default_factory=list)
    not_read: dict[str, str] = field(default_factory=dict)


async def gathered(
    parameters: Parameters,
    handshake: Handshake,
    door: Rest,
    configuration: Configuration,
    on_progress: Callable[[str], None] | None = None,
) -> Gathered:
    """What the configuration and the users' records predict."""
    evidence = Gathered(found=predictions_of(configuration, parameters, handshake))
    if configuration.refused:
        evidence.not_read["evidence.configuration"] = "; ".join(configuration.refused)
    try:
        evidence.found.extend(await users.read(parameters, handshake, door))
    except NotRead as refused:
        evidence.not_read["evidence.users"] = refused.why
    for where, why in evidence.not_read.items():
        if on_progress:
            on_progress(f"{where}: the diagnosis goes on without what could not be read: {why}")
    return evidence
