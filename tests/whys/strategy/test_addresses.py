"""A name with several addresses, each a server of its own on loopback: who refuses is told by its address."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.server import serve

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.handshake import configured
from lib.whys import Diagnosis, investigate
from tests.whys.foreign import KEY, plain_websockets, settings

SECOND = "127.0.0.2"


class Named(WebSockets):
    """The real door, for a name that a resolver knows with two addresses."""

    async def addresses(self, url: str, *, within_s: float) -> tuple[str, ...]:
        """Both addresses."""
        return ("127.0.0.1", SECOND)


@contextlib.asynccontextmanager
async def second(port: int, refusal: tuple[int, str] | None) -> AsyncIterator[None]:
    """Another server at the second address and the same port."""

    async def stay(connection: Any) -> None:
        async for _ in connection:
            pass

    async with serve(stay, SECOND, port, process_request=lambda own, _: own.respond(*refusal) if refusal else None):
        yield


async def asked(first: tuple[int, str] | None, other: tuple[int, str] | None, *, is_there: bool = True) -> Diagnosis:
    """The diagnosis where the two addresses answer so."""
    async with plain_websockets(lambda _: first) as port, second(port, other) if is_there else contextlib.nullcontext():
        parameters, environ, rest = settings(port), {"KEY": KEY}, Rest()
        handshake = configured(parameters, environ=environ)
        try:
            return await investigate(parameters, handshake=handshake, rest=rest, ws=Named(), environ=environ)
        finally:
            await rest.close()


@pytest.mark.parametrize(("first", "other", "bad"), [(None, (403, ""), SECOND), ((403, ""), None, "127.0.0.1")])
async def test_an_address_that_refuses_is_told(first: Any, other: Any, bad: str) -> None:
    """Whichever of the two a client reaches by itself: not healthy, nothing named, and the first lead has the address."""
    found = await asked(first, other)
    assert (found.verdict, found.causes) == ("ambiguous", ())
    assert found.leads[0].id == "mixed-revisions"
    assert f"at {bad} the same handshake is refused (2 of 2, HTTP 403)" in found.leads[0].because
    assert "origin-refused" in found.candidates


async def test_what_the_refusing_address_says_is_heard() -> None:
    """A plain statement of the one address is stated, with the address beside it, and is the symptom."""
    found = await asked(None, (403, "origin not allowed"))
    assert (found.verdict, [cause.id for cause in found.causes]) == ("stated", ["origin-refused"])
    assert found.symptom is not None
    assert f"at {SECOND}" in found.symptom["description"]


async def test_an_address_that_takes_no_connection_is_no_refusal() -> None:
    """Clients go on to the next address by themselves, so that the handshake is healthy all the same."""
    assert (await asked(None, None, is_there=False)).verdict == "healthy"


async def test_addresses_of_one_mind_change_nothing() -> None:
    """Both accept: healthy, and no lead."""
    found = await asked(None, None)
    assert (found.verdict, found.leads) == ("healthy", ())
