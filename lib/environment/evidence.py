"""Gathers what `evidence` names before anything is asked of the target; what cannot be read is told, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from lib.clients.database import NotRead
from lib.clients.rest import Rest
from lib.configuration.shape import Configuration
from lib.environment import users
from lib.environment.configured import configuration_within, predictions_of
from lib.facts import Prediction
from lib.handshake import Handshake
from lib.parameters.model import Parameters

CONFIGURATION_SHARE, USERS_SHARE = 0.5, 0.25
"""Of the budget's seconds: the longest that reading either may take, so that the target is asked whatever is silent."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What was found, the parameters whose evidence could not be read, with why, and when the reading began (monotonic)."""

    configuration: Configuration
    began_s: float
    found: list[Prediction]
    not_read: dict[str, str] = field(default_factory=dict)


async def gathered(
    parameters: Parameters,
    handshake: Handshake,
    door: Rest,
    addresses: Mapping[str, Any],
    on_progress: Callable[[str], None] | None = None,
) -> Gathered:
    """What the configuration and the users' records predict; raises `BadInput` for a path where nothing is."""
    began_s, budget_s = monotonic(), parameters.budget.seconds
    configuration = await configuration_within(parameters, addresses, within_s=budget_s * CONFIGURATION_SHARE)
    found = predictions_of(configuration, parameters, handshake)
    evidence = Gathered(configuration=configuration, began_s=began_s, found=found)
    if configuration.refused:
        evidence.not_read["evidence.configuration"] = "; ".join(configuration.refused)
    try:
        evidence.found.extend(await users.read(parameters, handshake, door, within_s=budget_s * USERS_SHARE))
    except NotRead as refused:
        evidence.not_read["evidence.users"] = refused.why
    for where, why in evidence.not_read.items():
        if on_progress:
            on_progress(f"{where}: the diagnosis goes on without what could not be read: {why}")
    return evidence
