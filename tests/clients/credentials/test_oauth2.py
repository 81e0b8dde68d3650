"""Tokens by OAuth 2.0, from a server that is asked over HTTP."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from lib.clients.credentials.got import Got, NoToken
from lib.clients.credentials.oauth2 import Grant, granted_token
from lib.clients.rest import Rest
from tests.clients.credentials.conftest import Asked, Issuer, Reply


async def ask(grant: Grant) -> Got:
    """What comes of asking once."""
    door = Rest()
    try:
        return await granted_token(grant, door=door, clock=lambda: datetime.now(UTC))
    finally:
        await door.close()


def grant(issuer: Issuer, **more: Any) -> Grant:
    """A client with a secret in which everything must be escaped."""
    return Grant(**{"url": f"{issuer.url}/token", "client_id": "an id", "client_secret": "c4nary:&=%/ü", "timeout_s": 5} | more)


def giving(**fields: Any) -> Reply:
    """A successful answer."""
    return 200, {"Content-Type": "application/json"}, json.dumps({"access_token": "opaque-1", "token_type": "Bearer", **fields})


def refusing(status: int, error: str, description: str = "") -> Reply:
    """A refusal as RFC 6749 writes it."""
    return status, {"Content-Type": "application/json"}, json.dumps({"error": error, "error_description": description})


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({"scope": "a b", "audience": "ws"}, {"grant_type": "client_credentials", "scope": "a b", "audience": "ws"}),
        ({"username": "ada", "password": "p&w"}, {"grant_type": "password", "username": "ada", "password": "p&w"}),
        ({"refresh_token": "r-1"}, {"grant_type": "refresh_token", "refresh_token": "r-1"}),
    ],
)
async def test_each_grant_is_asked_for_as_the_rfc_has_it(issuer: Issuer, given: dict[str, str], form: dict[str, str]) -> None:
    """The form of the grant, the client in the Authorization header, and nothing else."""
    issuer.answer = lambda asked: giving(expires_in="20")
    found = await ask(grant(issuer, **given))
    (seen,) = issuer.seen
    assert dict(parse_qsl(seen.body)) == form
    assert base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")) == b"an+id:c4nary%3A%26%3D%25%2F%C3%BC"
    assert found.token == "opaque-1"
    assert (found.good_until - found.at).total_seconds() == 20


async def test_a_client_that_is_wanted_in_the_body_is_sent_there(issuer: Issuer) -> None:
    """Where the Authorization header is refused, once more in the body, and from then on at once."""

    def answer(asked: Asked) -> Reply:
        return giving() if "client_secret=" in asked.body else refusing(401, "invalid_client")

    issuer.answer, asking = answer, grant(issuer)
    assert [(await ask(asking)).token, (await ask(asking)).token] == ["opaque-1"] * 2
    assert ["authorization" in one.headers for one in issuer.seen] == [True, False, False]


async def test_a_wrong_password_is_sent_once(issuer: Issuer) -> None:
    """An account must not be locked by our second try."""
    issuer.answer = lambda asked: refusing(401, "invalid_grant", "Invalid user credentials")
    with pytest.raises(NoToken, match=r"401, saying: invalid_grant \(Invalid user credentials\)") as refused:
        await ask(grant(issuer, username="ada", password="c4nary-word"))
    assert (len(issuer.seen), refused.value.refused, refused.value.advice) == (1, True, "token.oauth2: username and password")


async def test_a_refresh_token_that_is_exchanged_is_sent_the_next_time(issuer: Issuer) -> None:
    """Issuers that give out each refresh token for one use are asked with the last one."""
    issuer.answer = lambda asked: giving(refresh_token=f"r-{len(issuer.seen) + 1}")
    asking = grant(issuer, refresh_token="r-1")
    await ask(asking)
    await ask(asking)
    assert [dict(parse_qsl(one.body))["refresh_token"] for one in issuer.seen] == ["r-1", "r-2"]


@pytest.mark.parametrize(
    ("reply", "said", "refused"),
    [
        (refusing(400, "invalid_scope", "c4nary:&=%/ü is not one"), "invalid_scope", True),
        ((503, {}, "try later, c4nary:&=%/ü"), "503, saying: try later", True),
        (refusing(200, "bad_verification_code"), "bad_verification_code", True),
        ((200, {}, "<html>c4nary:&=%/ü"), "200 with no JSON", False),
        ((200, {}, '{"id_token": "c4nary:&=%/ü"}'), "without an access_token", False),
        ((200, {}, '{"access_token": null, "x": "c4nary:&=%/ü"}'), "the word none for an access_token", False),
        ((200, {}, "x" * 70_000), "more than 64 KiB", False),
        (
            (302, {"Location": "https://elsewhere.example/login?c=c4nary:&=%/ü"}, ""),
            "redirect to https://elsewhere.example",
            False,
        ),
        ((307, {"Location": "http://127.0.0.2/token"}, ""), "not followed: nothing was sent there", False),
        ((307, {"Location": "http://[x/"}, ""), "a redirect that is no address", False),
        ((307, {"Location": "http://127.0.0.1:99999/"}, ""), "a redirect that is no address", False),
    ],
)
async def test_what_is_no_token_is_said_in_the_servers_words(issuer: Issuer, reply: Reply, said: str, refused: bool) -> None:
    """A refusal is told from an answer that makes no sense, and none of them holds what was sent."""
    issuer.answer = lambda asked: reply
    with pytest.raises(NoToken, match=said) as failed:
        await ask(grant(issuer))
    assert failed.value.refused is refused
    assert "c4nary" not in f"{failed.value} {failed.value.exchange}"


async def test_nobody_there(issuer: Issuer) -> None:
    """A host that cannot be asked has refused nothing."""
    with pytest.raises(NoToken, match="cannot be asked") as failed:
        await ask(grant(issuer, url="http://127.0.0.1:1/token"))
    assert failed.value.refused is False


async def test_a_redirect_on_the_same_host_is_followed(issuer: Issuer) -> None:
    """A missing slash is no reason to give up."""
    issuer.answer = lambda asked: giving() if asked.path == "/token/" else (308, {"Location": "/token/"}, "")
    assert (await ask(grant(issuer))).token == "opaque-1"
