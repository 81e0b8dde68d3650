"""A token that is got: what is asked with it, and what is said where there is none."""

from __future__ import annotations

import sys

from lib.environment.investigation import Investigation
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
