"""Performance: every number was measured, and says how well."""

from __future__ import annotations

from lib.performance.measurement import Measurement
from lib.performance.sampler import measure

__all__ = ["Measurement", "measure"]
