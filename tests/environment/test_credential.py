"""A token that is got: what is asked with it, and what is said where there is none."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import pytest

from lib import handshake as hs
from lib.clients.credentials.got import NoToken
from lib.environment.credential import UNTIL, VARIABLE, Credential
from lib.environment.investigation import Investigation
from lib.facts import rfc3339, utc_now
from lib.parameters import loading as params
from tests.clients.credentials.conftest import Issuer
from tests.clients.credentials.conftest import issuer as issuer
from tests.whys.foreign import KEY, bearer, claims_of, plain_websockets, settings

MINTING = "import jwt, time; print(jwt.encode({'sub': 'ada', 'exp': int(time.time()) + 60}, 'KEY'))".replace("KEY", KEY)


def investigation(port: int, *argv: str) -> Investigation:
    """One whose token a command prints."""
    given = settings(port, token={"secret": None, "command": list(argv)}, target={"watch_s": 0.6})
    return Investigation(parameters=given)


async def test_what_a_command_prints_is_what_the_handshake_carries() -> None:
    """The diagnosis says where the token comes from, and what would need one to be minted is not asked."""
    async with plain_websockets(lambda request: None if claims_of(bearer(request)) else (403, "no")) as port:
        here, told = investigation(port, sys.executable, "-c", MINTING), []
        found = await here.whys(told.append)
        asked = await here.probe(path="/live")
    said = " ".join(seen.body_excerpt for seen in found.observations if seen.kind == "offline")
    assert (found.verdict, asked.exchange.accepted, asked.claims["sub"]) == ("healthy", True, "ada")
    assert told[0].startswith(f"token.command: running {sys.executable}")
    assert "the token of token.command as it stands" in said
    assert here.handshake.token in here.secrets


async def test_without_a_token_nothing_is_sent_and_that_is_said() -> None:
    """No diagnosis, no measurement, no probe by hand: each says that there was no token, and none of them crashes."""
    seen: list[object] = []
    async with plain_websockets(lambda request: seen.append(request)) as port:
        here = investigation(port, "sh", "-c", "echo expired >&2; exit 1")
        found, measured, asked = await here.whys(), await here.performance(), await here.probe()
        repeated = here.repeat(found)
    assert (found.verdict, seen, repeated) == ("unreachable", [], {})
    because = {figure["because"] for figure in measured.as_json("here")["figures"]}
    assert all("expired" in said and "n = 0" in said for said in because)
    assert "expired" in str(asked.exchange.error)


async def test_a_suite_is_lent_the_token() -> None:
    """A suite cannot sign in: it finds the token as an issued one, in a variable that nobody else has."""
    given = settings(1, token={"secret": None, "command": ["echo", "opaque-token-0123"]}, target={"rest_url": None})
    here = Investigation(parameters=given)
    async with here.credential.lent({"parameters": given.model_dump(mode="json", by_alias=True)}, None) as lent:
        parameters = params.validated(lent["parameters"], "lent")
        sent = hs.credential(hs.configured(parameters), now=utc_now())
        assert (sent, parameters.token.command) == ("opaque-token-0123", None)
        assert sent in params.known_secrets(parameters)
    assert VARIABLE not in os.environ


async def test_whoever_refuses_is_asked_once(issuer: Issuer) -> None:
    """An account must not be locked by our trying again: not by the diagnosis, the measurement, nor by hand."""
    issuer.answer = lambda asked: (401, {}, "no such user")
    login = {"request": f"POST {issuer.url}/login", "json": {"user": "ada", "password": "env:PATH"}, "token": "token"}
    async with plain_websockets(lambda request: None) as port:
        here = Investigation(parameters=settings(port, token={"secret": None, "login": login}))
        found, measured, _ = await here.whys(), await here.performance(), await here.probe()
    assert (found.verdict, len(issuer.seen)) == ("ambiguous", 1)
    assert {figure["verdict"] for figure in measured.as_json("here")["figures"]} == {"not-measured"}


async def test_children_of_a_round_hold_the_token_that_it_has_got(monkeypatch: pytest.MonkeyPatch) -> None:
    """They ask nobody as long as it has time left."""
    given = settings(1, token={"secret": None, "command": ["false"]}, target={"rest_url": None})
    monkeypatch.setenv("INVESTIGATION", '{"environment": "staging"}')
    monkeypatch.setenv(VARIABLE, "opaque-token-0123")
    monkeypatch.setenv(UNTIL, rfc3339(utc_now() + timedelta(hours=1)))
    credential = Credential(given)
    async with credential.signed_in(None):
        assert credential.handshake.token == "opaque-token-0123"
    monkeypatch.setenv(UNTIL, rfc3339(utc_now() - timedelta(hours=1)))
    with pytest.raises(NoToken, match="status 1"):
        await Credential(given).sign_in()
