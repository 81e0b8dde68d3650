"""One text of SQL in each engine's own."""

from __future__ import annotations

import pytest

from lib.logs.correlation.correlate import QUERY
from lib.logs.correlation.dialects import DIALECTS, translated


@pytest.mark.parametrize("engine", DIALECTS)
def test_the_query_translates_into_each_dialect(engine: str) -> None:
    """What comes out is one statement that still counts rivals."""
    assert "rivals" in translated(QUERY, engine)
