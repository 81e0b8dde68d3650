"""What is asked while a session is watched."""

from __future__ import annotations

from dataclasses import replace

from lib.facts import Observation
from lib.whys.probes import Driver
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.watching import ended, watch
from tests.whys.world import World, context


def asked(inquiry: Inquiry, answer: Observation) -> list[str]:
    """The requests of a watch whose sessions all end like this, in order."""
    world, names = World([]), []
    driver = Driver(watch(inquiry))
    while (batch := driver.batch) is not None:
        name = batch.asks[0].request
        names.append(name)
        driver.answer([answer] if name == "watched" else world.take(batch))
    return names


STAYED = Observation(id="h9", kind="handshake", factors={}, rung="session", status=101, finding={"watched_s": 7.0})


def test_a_session_is_watched_beside_other_questions() -> None:
    """The handshake without a credential is asked between the beginning and the end of the watch."""
    assert asked(Inquiry(context()), STAYED) == ["watch", "handshake", "watched"]


def test_an_origin_is_tried_where_none_is_sent() -> None:
    """What a browser would force on the handshake is asked for."""
    inquiry = Inquiry(replace(context(), origin=None))
    asked(inquiry, STAYED)
    assert inquiry.log.latest(origin="http://api.example") is not None


def test_a_session_that_ended_is_watched_for_again() -> None:
    """One end may be chance; the second is asked for."""
    over = replace(STAYED, close_code=1008)
    assert ended(over)
    assert asked(Inquiry(context()), over)[-2:] == ["watch", "watched"]
