"""What the audit of the pinned libraries says: weaknesses, none, or that it could not tell."""

from __future__ import annotations

import pytest

from tests.audit import judged

SOUND = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}, {"id": "PYSEC-2", "fix_versions": []}]}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("libraries", "status", "told"),
    [
        ([SOUND], 0, "1 of 1 pinned libraries were looked up; known weaknesses: 0"),
        ([SOUND, WEAK], 1, "b 2: PYSEC-1, mended in 3"),
        ([WEAK, UNKNOWN], 1, "PYSEC-2, mended in no version yet"),
        ([SOUND, UNKNOWN], 3, "so that nothing is known of them: c"),
        ([UNKNOWN], 3, "is no vulnerability database"),
        ([], 3, "0 of 0"),
    ],
)
def test_what_was_not_looked_up_is_not_called_sound(libraries: list[dict[str, object]], status: int, told: str) -> None:
    """Nothing found is good news only of what was looked up."""
    ended, lines = judged({"dependencies": libraries})
    assert (ended, told in "\n".join(lines)) == (status, True), lines
