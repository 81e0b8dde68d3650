"""Performance: every number was measured, and says how well."""

from __future__ import annotations

from lib.performance.measurement import Measurement, not_measured
from lib.performance.sampler import measure

__all__ = ["Measurement", "measure", "not_measured"]
