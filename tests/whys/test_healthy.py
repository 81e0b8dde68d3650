"""Healthy is a claim: how long it was watched, who else is let in, what a browser would do; what ends later is a finding."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request as Upgrade
from websockets.http11 import Response

from lib.facts import UNANSWERED
from lib.whys import Diagnosis
from tests.raw_servers import raw, then
from tests.whys.foreign import bearer, claims_of, whys

Session = Callable[[ServerConnection], Coroutine[Any, Any, None]]


async def stays(connection: ServerConnection) -> None:
    """Listens for as long as the client wants."""
    await connection.wait_closed()


def ends(after_s: float, code: int, reason: str = "") -> Session:
    """A session that the server closes after a while."""

    async def session(connection: ServerConnection) -> None:
        await asyncio.sleep(after_s)
        await connection.close(code, reason)

    return session


async def diagnosed(session: Session, *, only_known: bool = True, watch_s: float = 1.2, **groups: Any) -> Diagnosis:
    """The diagnosis of a server with this session, which lets in good tokens alone or everybody."""

    def check(connection: ServerConnection, request: Upgrade) -> Response | None:
        return connection.respond(401, "") if only_known and not claims_of(bearer(request)) else None

    async with serve(session, "127.0.0.1", 0, process_request=check) as server:
        port = server.sockets[0].getsockname()[1]
        return await whys(port, **{"target": {"watch_s": watch_s}, **groups})


async def test_healthy_says_what_it_rests_on() -> None:
    """Watched for so long, refused without a credential, a page cannot send the header, and what was not looked for."""
    diagnosis = await diagnosed(stays)
    healthy = diagnosis.as_json()["healthy"]
    assert diagnosis.verdict == "healthy"
    assert (healthy["watched_s"], healthy["without_credential"]) == (1.2, "refused")
    assert healthy["browser"].startswith("differs because it cannot send the Authorization header")
    assert "idle-closed" in healthy["not_tried"]


@pytest.mark.parametrize(("name", "differs"), [("Cookie", None), ("X-Api-Key", "it cannot send the X-Api-Key header")])
async def test_a_page_sends_cookies_and_no_other_header(name: str, differs: str | None) -> None:
    """Where a cookie carries the credential a browser that is logged in gets the same; another header is named."""

    def check(connection: ServerConnection, request: Upgrade) -> Response | None:
        return None if request.headers.get(name) == "let-me-in-please" else connection.respond(401, "")

    async with serve(stays, "127.0.0.1", 0, process_request=check) as server:
        port = server.sockets[0].getsockname()[1]
        given = {"target": {"watch_s": 0.3}, "headers": {name: "env:BYPASS"}, "token": {"secret": None}}
        diagnosis = await whys(port, **given)
    healthy = diagnosis.as_json()["healthy"]
    assert (healthy["without_credential"], healthy["browser"] == "same") == ("refused", differs is None)
    assert (differs or "same") in healthy["browser"]


async def test_a_server_that_lets_everybody_in_is_said_to() -> None:
    """The handshake without a credential is accepted as well."""
    diagnosis = await diagnosed(stays, only_known=False)
    assert diagnosis.as_json()["healthy"]["without_credential"] == "accepted"


@pytest.mark.parametrize(("after_s", "code", "named"), [(0.6, 1008, "closed-after-accept"), (1.0, 1011, "crash-after-accept")])
async def test_what_ends_after_it_was_accepted_is_a_finding(after_s: float, code: int, named: str) -> None:
    """A session that the server closes late is not healthy, and is asked for twice."""
    diagnosis = await diagnosed(ends(after_s, code, "not for you"))
    (cause,) = diagnosis.causes
    assert (diagnosis.verdict, cause.id, diagnosis.healthy) == ("inferred", named, None)
    assert cause.because.startswith("2 of 2 sessions")
    assert diagnosis.symptom is not None
    assert diagnosis.symptom["close_code"] == code


async def test_one_that_was_watched_for_less_says_so() -> None:
    """What ends after the watch is not seen, and the claim is as long as the watch."""
    diagnosis = await diagnosed(ends(3, 1008), watch_s=0.7)
    assert diagnosis.as_json()["healthy"]["watched_s"] == 0.7


async def test_a_server_that_sends_very_much_and_listens_to_nothing_is_not_healthy() -> None:
    """Open is no evidence that the session works: what is seen is told as a lead, and nothing is named."""
    async with raw(then(b"\x89\x00" * 1000)) as authority:
        diagnosis = await whys(int(authority.rpartition(":")[2]), target={"watch_s": 0.6, "timeout_s": 1}, budget={"seconds": 4})
    assert (diagnosis.verdict, diagnosis.healthy, diagnosis.causes) == ("ambiguous", None, ())
    assert diagnosis.leads[0].because.startswith(UNANSWERED)
    assert diagnosis.symptom is not None
    assert diagnosis.symptom["rung"] == "session"
