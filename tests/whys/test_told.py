"""Evidence that lies has nothing named that is not there, and the page of what evidence changes is whole."""

from __future__ import annotations

import pytest

from tests.whys.closed_loop import ALL
from tests.whys.corpus import recordings
from tests.whys.told import MAY, OF_CONFIGURATION, OF_USERS, PAGE, UNMARKED, row, wrongly

KEPT = recordings("alternatives")


@pytest.mark.parametrize("cause", ALL)
def test_no_lie_is_believed(cause: str) -> None:
    """Claims of every other cause, one at a time, of the right address and without a sign of age, name nothing that is not so."""
    assert list(wrongly(cause, KEPT[cause], UNMARKED)) == []


LINES = PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("cause", ALL)
def test_the_page_is_what_the_recordings_give(cause: str) -> None:
    """docs/evidence-matrix.md says of each cause what becomes of it today, and how many lies had another one named."""
    (line,) = [line for line in LINES if line.startswith(f"| `{cause}` |")]
    assert line.startswith(row(cause))
    assert line.endswith("| 0 |")


@pytest.mark.parametrize("cause", [cause for cause in (*OF_CONFIGURATION, *OF_USERS) if cause not in MAY])
def test_what_evidence_can_tell_is_named(cause: str) -> None:
    """With alternatives and the truth beside them each cause that a configuration or a user's row plainly tells is named."""
    assert row(cause).split(" | ")[3].startswith("named")
