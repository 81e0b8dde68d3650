"""A token by a login: out of its JSON, or out of a cookie."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lib.clients.credentials.got import Got, NoToken
from lib.clients.credentials.login import Login, login_token
from lib.clients.rest import Rest
from tests.clients.credentials.conftest import Issuer, Reply


async def log_in(issuer: Issuer, **more: Any) -> Got:
    """What comes of logging in once."""
    sent = {"mail": "a@b.example", "password": "c4nary-word"}
    given = {"method": "POST", "url": f"{issuer.url}/login", "json": sent, "place": "token", "secrets": ("c4nary-word",)}
    door = Rest()
    try:
        return await login_token(Login(**given | {"timeout_s": 5} | more), door=door, clock=lambda: datetime.now(UTC))
    finally:
        await door.close()


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("token", {"token": "opaque-1"}),
        ("data.tokens[1].value", {"data": {"tokens": [0, {"value": "opaque-1"}]}}),
        ("$.data.tokens.1.value", {"data": {"tokens": [0, {"value": "Bearer opaque-1"}]}}),
        ("$", "opaque-1"),
    ],
)
async def test_the_token_is_found_by_its_path(issuer: Issuer, place: str, body: Any) -> None:
    """Names and places, with dots or brackets; the request is the JSON with its headers."""
    issuer.answer = lambda asked: (200, {"Content-Type": "application/json"}, json.dumps(body))
    assert (await log_in(issuer, place=place, headers=(("X-Tenant", "acme"),))).token == "opaque-1"
    (seen,) = issuer.seen
    assert (json.loads(seen.body)["password"], seen.headers["x-tenant"]) == ("c4nary-word", "acme")
    assert seen.headers["content-type"] == "application/json"


async def test_a_body_that_is_the_token(issuer: Issuer) -> None:
    """`$` takes it whole, JSON or not."""
    issuer.answer = lambda asked: (200, {"Content-Type": "text/plain"}, "opaque-1\n")
    assert (await log_in(issuer, place="$")).token == "opaque-1"


async def test_a_cookie_is_the_token_also_where_the_login_leads_on(issuer: Issuer) -> None:
    """A form's login answers with a redirect; the cookie that it sets is what counts, and how long it lives."""
    issuer.answer = lambda asked: (
        302,
        {"Location": "https://elsewhere.example/", "Set-Cookie": "sid=opaque-1; Path=/; Partitioned; Max-Age=20; HttpOnly"},
        "",
    )
    found = await log_in(issuer, place="cookie:sid")
    assert found.token == "opaque-1"
    assert (found.good_until - found.at).total_seconds() == 20


async def test_a_header_is_the_token(issuer: Issuer) -> None:
    """Some write it into the answer's own Authorization header."""
    issuer.answer = lambda asked: (201, {"Authorization": "Bearer opaque-1"}, "{}")
    assert (await log_in(issuer, place="header:Authorization")).token == "opaque-1"


@pytest.mark.parametrize(
    ("reply", "place", "said", "refused"),
    [
        ((200, {}, '{"errors": [{"message": "no c4nary-word"}], "data": null}'), "data.login.token", "saying: no secret:", True),
        ((200, {}, '{"error": "locked", "token": null}'), "token", "null at token, not a text, saying: locked", True),
        ((200, {}, '{"message": "enter the code that we sent"}'), "token", "saying: enter the code", False),
        ((200, {}, "{}"), "header:X-Token", "without the header X-Token", False),
        ((401, {}, '{"detail": "No such user or password: c4nary-word"}'), "token", "401, saying: .*No such user", True),
        ((422, {}, ""), "token", "422, with an empty body", True),
        (
            (200, {}, '{"ok": false, "secret": "c4nary-word"}'),
            "data.token",
            "no data among ok, secret",
            False,
        ),
        ((200, {}, '{"token": {"a": "c4nary-word"}}'), "token", "with a map at token", False),
        ((200, {}, '{"token": "c4nary-word and so on"}'), "token", "with a text with blanks", False),
        ((200, {"Set-Cookie": "other=c4nary-word"}, ""), "cookie:sid", r"without the cookie sid \(cookies set: other\)", False),
        ((302, {"Location": "https://elsewhere.example/"}, ""), "token", "redirect to https://elsewhere.example/", False),
    ],
)
async def test_what_is_no_token_is_said(issuer: Issuer, reply: Reply, place: str, said: str, refused: bool) -> None:
    """A refusal has its own words; a place where no token stands is told with the names that stand there, never the values."""
    issuer.answer = lambda asked: reply
    with pytest.raises(NoToken, match=said) as failed:
        await log_in(issuer, place=place)
    assert failed.value.refused is refused
    assert "c4nary" not in f"{failed.value} {failed.value.exchange}"
