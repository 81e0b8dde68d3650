"""Tokens that run out while a diagnosis goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from lib.facts import Request
from lib.whys.lifetimes import Lifetimes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def token(lives_s: int) -> str:
    """One that runs out so many seconds after `NOW`."""
    return jwt.encode({"exp": int(NOW.timestamp()) + lives_s}, "a-key-of-thirty-two-bytes-or-more-0123")


@pytest.mark.parametrize(("lives_s", "after_s", "ran_out"), [(20, 10, False), (20, 20, True), (20, 45, True), (-5, 45, False)])
def test_one_that_was_good_at_first_runs_out(lives_s: int, after_s: int, ran_out: bool) -> None:
    """One that had never been good has not run out: that it is expired is what is to be found."""
    one, request = token(lives_s), Request(url="ws://a.example/")
    said = Lifetimes([one], at=NOW).ran_out(request, one, at=NOW + timedelta(seconds=after_s))
    assert bool(said) is ran_out
    assert said is None or said.startswith("the token ran out 20 s into the diagnosis")


def test_one_inside_a_header_runs_out_too() -> None:
    """A credential that the parameters' headers give is watched like any other."""
    one = token(20)
    request = Request(url="ws://a.example/", headers=(("Cookie", f"a=b; session={one}"),))
    lifetimes = Lifetimes([one], at=NOW)
    assert lifetimes.ran_out(request, None, at=NOW) is None
    assert lifetimes.ran_out(request, None, at=NOW + timedelta(seconds=30))


def test_one_that_is_minted_as_expired_is_no_surprise() -> None:
    """A token that was made so that it is over is asked with."""
    lifetimes = Lifetimes([], at=NOW)
    assert lifetimes.ran_out(Request(url="ws://a.example/"), token(5), at=NOW + timedelta(seconds=9)) is None
