"""Evidence that lies has nothing named that is not there, and the page of what evidence changes is whole."""

from __future__ import annotations

import pytest

from tests.whys.closed_loop import ALL
from tests.whys.corpus import recordings
from tests.whys.told import wrongly

KEPT = recordings("alternatives")


@pytest.mark.parametrize("cause", ALL)
def test_no_lie_is_believed(cause: str) -> None:
    """Claims of every other cause, one at a time, of the right address and without a sign of age, name nothing that is not so."""
    assert list(wrongly(cause, KEPT[cause], kinds=("just so", "a copy"))) == []
