"""The token that is held, and how it is got anew."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from lib.clients.credentials.got import Got, NoToken
from lib.clients.credentials.source import TokenSource, source_of
from lib.parameters import loading as params
from lib.parameters import secrets


def source(*, lives_s: float | None, fails: int = 0, third: asyncio.Event | None = None) -> tuple[TokenSource, list[str]]:
    """A source of numbered tokens; the second and following requests fail so often."""
    given: list[str] = []

    async def get() -> Got:
        given.append(f"opaque-token-{len(given) + 1}")
        if 1 < len(given) <= 1 + fails:
            raise NoToken("token.login", "out of order")
        if third and len(given) == 3:
            third.set()
        now = datetime.now(UTC)
        return Got(token=given[-1], at=now, good_until=now + timedelta(seconds=lives_s) if lives_s else None)

    return TokenSource(origin="token.login", how="logging in", get=get), given


async def test_a_token_is_got_anew_before_it_runs_out() -> None:
    """While somebody is signed in the token given out always has time left; afterwards nothing is asked any more."""
    one, given = source(lives_s=0.9)
    seen = set()
    async with one.kept(lambda line: None):
        until = asyncio.get_running_loop().time() + 30
        while asyncio.get_running_loop().time() < until and len(seen) < 3:
            seen.add(one.current())
            await asyncio.sleep(0.02)
    assert len(seen) == 3
    count = len(given)
    await asyncio.sleep(0.8)
    assert len(given) == count


async def test_it_is_told_before_the_first_time_and_never_again() -> None:
    """What is done for a token is named once; one without an end is asked for once."""
    one, given = source(lives_s=None)
    told: list[str] = []
    await one.fresh(told.append)
    await one.fresh(told.append)
    assert (told, given, one.due_s) == (["token.login: logging in"], ["opaque-token-1"], None)
    assert "opaque-token-1" in secrets.resolved()


async def test_a_failure_later_on_is_told_and_tried_again() -> None:
    """The token that is held is kept meanwhile."""
    third = asyncio.Event()
    one, _ = source(lives_s=0.3, fails=1, third=third)
    told: list[str] = []
    async with one.kept(told.append):
        async with asyncio.timeout(30):
            await third.wait()
    assert "could not be got anew: token.login: out of order" in told[1]


def test_references_are_read_when_the_source_is_made() -> None:
    """What cannot be read is bad input, before anything is sent; nothing is needed where the token is minted."""
    given = {
        "token.secret": None,
        "token.oauth2": {"url": "https://i.example/t", "client_id": "c", "client_secret": "env:NOT_SET_1"},
    }
    with pytest.raises(params.BadInput, match=r"token\.oauth2\.client_secret.*NOT_SET_1"):
        source_of(params.load("staging", given))
    login = {"request": "POST /login", "json": {"user": [{"password": "env:NOT_SET_2"}]}, "token": "t"}
    with pytest.raises(params.BadInput, match=r"token\.login\.json\.user\.0\.password.*NOT_SET_2"):
        source_of(params.load("staging", {"token.secret": None, "token.login": login}))
    assert source_of(params.load("staging")) is None
