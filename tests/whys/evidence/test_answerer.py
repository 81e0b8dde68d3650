"""Who answered is told by headers that do not belong to the content."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.evidence.answerer import answerer


def answer(**headers: str) -> Observation:
    """An answer with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Observation(id="h1", kind="handshake", factors={}, rung="upgrade", status=403, headers=named)


def test_what_belongs_to_the_content_tells_nobody_apart() -> None:
    """Another date, type or length is no other party; another server or a header of its own is."""
    assert answerer(answer(date="a", content_type="b", server="x")) == answerer(answer(content_length="1", server="x"))
    assert answerer(answer(server="x")) != answerer(answer(server="y"))
    assert answerer(answer(server="x", via="1.1 edge")) != answerer(answer(server="x"))
