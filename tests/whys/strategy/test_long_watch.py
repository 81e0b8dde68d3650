"""A watch for a rare refusal, over real doors: what it counts, and what it says of a rate that it did not see."""

from __future__ import annotations

import pytest

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.handshake import configured
from lib.whys import Diagnosis, diagnose, investigate
from lib.whys.evidence.offline import prepare
from lib.whys.strategy.long_watch import apart_s, duration
from tests.whys.foreign import KEY, plain_websockets, settings


async def watched(port: int, seconds: float) -> Diagnosis:
    """What a watch of so many seconds says of what listens on this port."""
    parameters = settings(port, budget={"handshakes": 600})
    rest, environ = Rest(), {"KEY": KEY}
    handshake = configured(parameters, environ=environ)
    try:
        found = await investigate(
            parameters, handshake=handshake, rest=rest, ws=WebSockets(), environ=environ, watch_for_s=seconds
        )
    finally:
        await rest.close()
    context, _, _ = prepare(parameters, handshake, environ=environ, has_logs=False, at=found.observations[-2].at)
    again = diagnose(found.observations, context)
    assert (again.verdict, again.leads) == (found.verdict, found.leads)
    return found


async def test_what_is_always_accepted_bounds_the_rate() -> None:
    """Nothing refused: the end is healthy, and says which rate would have been seen."""
    async with plain_websockets(lambda request: None) as port:
        found = await watched(port, 2.5)
    seen = [one for one in found.observations if one.kind == "handshake"]
    said = found.observations[-1].body_excerpt
    assert found.verdict == "healthy"
    assert all(one.accepted for one in seen)
    assert f"{len(seen)} handshakes in" in said
    assert ("would have been seen with 95 %" in said) == (len(seen) >= 3)


async def test_a_rare_refusal_is_counted_and_names_nothing() -> None:
    """One refusal among several acceptances leaves causes open, and says when it came and that little can be told of it."""
    count = 0

    def second(request: object) -> tuple[int, str] | None:
        nonlocal count
        count += 1
        return (403, "") if count == 2 else None

    async with plain_websockets(second) as port:
        found = await watched(port, 2)
    assert found.verdict == "ambiguous"
    assert not found.causes
    assert "mixed-revisions" in found.candidates
    assert [lead.evidence for lead in found.leads if lead.id is None] == [("h2",), ("h2",)]
    assert "of one refusal alone little can be told" in found.leads[1].because


async def test_what_is_refused_each_time_is_no_rare_refusal() -> None:
    """Three refusals and nothing else end a watch of ten minutes at once, so that it can be diagnosed."""
    async with plain_websockets(lambda request: (403, "")) as port:
        found = await watched(port, 600)
    assert found.never_accepted
    assert found.spent["handshakes"] == 3


@pytest.mark.parametrize(
    ("seconds", "handshakes", "spacing_ms", "apart"),
    [(7200, 120, 0, 4.8), (60, 120, 0, 0.5), (60, 30, 0, 2.0), (60, 120, 3000, 3.0)],
)
def test_a_watch_is_sparse(seconds: float, handshakes: int, spacing_ms: float, apart: float) -> None:
    """The budget is one a minute, the spacing is kept, and no more is sent than shows a refusal in 500."""
    assert apart_s(seconds, handshakes=handshakes, spacing_ms=spacing_ms) == apart


def test_durations_are_written_for_people() -> None:
    """Hours, minutes and seconds, without those that are none."""
    assert [duration(seconds) for seconds in (7200, 5400, 45, 0.2)] == ["2 h", "1 h 30 min", "45 s", "0 s"]
