"""Which addresses are the target's."""

from __future__ import annotations

import pytest

from lib.suite.results import Asked
from lib.suite.targets import targets_of


@pytest.mark.parametrize(
    ("host", "is_target"),
    [
        ("127.0.0.1:8000", True),
        ("localhost:8000", True),
        ("::1:8000", True),
        ("::ffff:127.0.0.1:8000", True),
        ("LOCALHOST:8000", True),
        ("127.0.0.1:8001", False),
        ("api.example.invalid:443", True),
        ("api.example.invalid:80", False),
        ("other.invalid:443", False),
    ],
)
def test_a_target_is_known_by_name_and_by_address(host, is_target):
    """The port counts, the spelling does not; a name that nobody resolves is known by itself."""
    targets = targets_of(["http://localhost:8000", "wss://api.example.invalid/ws"])
    assert targets.among(Asked(hosts=("10.0.0.1:53", host))) is is_target


def test_nobody_asked_is_no_target():
    """Without hosts there is nothing to know."""
    assert not targets_of(["http://localhost:8000"]).among(Asked())
