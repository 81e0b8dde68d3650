"""Which causes words name: plain statements, not offers of several explanations."""

from __future__ import annotations

import pytest

from lib.whys.evidence.words import named_in


@pytest.mark.parametrize("words", ["Token invalid or expired", "invalid/expired token: jwt expired or revoked", "", "Forbidden"])
def test_a_line_that_has_not_looked_names_nothing(words: str) -> None:
    """What offers several explanations, or none, is no statement."""
    assert named_in(words) == ()


def test_one_plain_line_among_others_is_enough() -> None:
    """Lines are read one by one."""
    assert named_in("possibly expired\nJsonWebTokenError: invalid signature") == ("secret-mismatch",)
