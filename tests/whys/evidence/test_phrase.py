"""What a phrase is."""

from __future__ import annotations

from lib.whys.evidence.phrase import phrases


def test_a_group_of_phrases_shares_its_causes():
    """Pairs of words and example become phrases of one cause, tried anywhere in a sentence."""
    first, second = phrases("token-expired", (r"\bexpired\b", "it expired"), (r"\btoo old\b", "it is too old"))
    assert (first.causes, second.causes) == (("token-expired",), ("token-expired",))
    assert first.pattern.search("the token expired")
    assert not second.pattern.search("the token expired")
