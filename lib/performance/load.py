"""Load from more than one process: Locust, headless, in child processes; its samples land beside the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lib.facts import Sample
from lib.handshake import Handshake
from lib.params_model import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What a load run brought. `requests_per_s` counts what was answered; `failures` samples that were not."""

    users: int
    workers: int
    duration_s: float
    samples: tuple[Sample, ...]
    requests_per_s: float
    failures: int


async def run(parameters: Parameters, handshake: Handshake, *, progress: Callable[[str], None]) -> LoadResult:
    """Runs the load that the parameters ask for."""
    raise NotImplementedError
