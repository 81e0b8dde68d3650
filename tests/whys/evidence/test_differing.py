"""What differed when refusals came: told where chance would hardly sort it so, and never otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lib.facts import Observation
from lib.whys.evidence.differing import chance, differing
from lib.whys.evidence.observations import ObservationLog
from tests.whys.world import context

BEGAN = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def said(of: Any, refused: Any, count: int = 300) -> list[str]:
    """The leads of a watch in which handshake n had the headers and findings that `of` says."""
    log = ObservationLog(context())
    for n in range(count):
        fails, told = refused(n), of(n)
        log.add([
            Observation(
                id=f"h{n + 1}", kind="handshake", factors={}, rung="upgrade" if fails else "session",
                status=403 if fails else 101,
                headers=told.get("headers", {}), finding=told.get("finding", {}), at=BEGAN + timedelta(seconds=4.8 * n),
            )
        ])  # fmt: skip
    return [lead.because for lead in differing(log)]


def test_an_address_that_refuses_is_named() -> None:
    """Three refusals from one address of ten are no chance."""
    found = said(lambda n: {"finding": {"peer": f"10.0.0.{n % 10}:443"}}, lambda n: n in (17, 77, 207))
    assert len(found) == 2
    assert "'10.0.0.7:443' in 3 of 3 refusals" in found[1]
    assert "elsewhere 0 of 270" in found[1]


def test_an_instance_in_a_header_is_named() -> None:
    """A header that says who answered is compared; one that says how long the answer is is not."""
    found = said(
        lambda n: {"headers": {"x-served-by": f"pod-{n % 20}", "content-length": "0" if n % 20 else "9"}},
        lambda n: n in (20, 100, 180),
    )
    assert len(found) == 2
    assert "the header x-served-by was 'pod-0'" in found[1]


def test_an_old_token_is_named() -> None:
    """Refusals that begin with a token's age say from which age on."""
    found = said(lambda n: {"finding": {"token_age_s": int(4.8 * n) % 600}}, lambda n: int(4.8 * n) % 600 >= 590)
    assert any("the token's age in seconds was 59" in one and "or more" in one for one in found)


def test_what_may_be_chance_is_not_told() -> None:
    """One refusal at one of two addresses says nothing: what was compared is named, and no difference."""
    found = said(lambda n: {"finding": {"peer": f"10.0.0.{n % 2}:443"}}, lambda n: n == 100)
    assert len(found) == 2
    assert "sorted no better than by chance" in found[1]
    assert "of one refusal alone" in found[1]


def test_refusals_in_one_stretch_are_told_as_one() -> None:
    """A stretch of refusals is told by its first moment and as a stretch."""
    found = said(lambda n: {}, lambda n: 100 <= n < 106)
    assert "03:08:00Z" in found[0]
    assert "one stretch of 6 in a row" in found[0]
    assert "6 × 403" in found[0]


def test_chance_is_that_of_drawing_blindly() -> None:
    """The tail of drawing without putting back, by hand: 2 of 2 from 3 marked among 10."""
    assert abs(chance(2, of=2, marked=3, among=10) - 3 / 45) < 1e-12
