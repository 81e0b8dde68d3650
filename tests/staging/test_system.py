"""The composition as a whole: the revision that it says it is."""

from __future__ import annotations

import httpx
import pytest

from lib.staging.system import revision_with


def test_a_repair_is_another_and_a_later_revision(start):
    """The header of health changes with the faults, and a system with one fault less counts one higher."""
    broken, repaired = (
        httpx.get(f"{start(*faults).rest_url}/api/health", timeout=5).headers["x-revision"]
        for faults in [("secret-mismatch", "user-unknown"), ("user-unknown",)]
    )
    assert broken < repaired
    assert broken == revision_with(["user-unknown", "secret-mismatch"])


@pytest.mark.parametrize("faults", [["secret-mismatch"], ["algorithm-mismatch"], []])
def test_the_same_faults_are_the_same_revision(faults):
    """Rounds on one and the same system name one revision; no other set of faults of that size shares it."""
    assert revision_with(faults) == revision_with(list(faults))
    assert revision_with(faults) != revision_with(["origin-refused"])
