"""Systems that the tool has never seen: what is wrong with them is named, and nothing that is not."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import pytest
from aiohttp import web
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request as Upgrade

from lib.whys import Diagnosis
from tests.whys.foreign import (
    OTHER_KEY,
    aiohttp_application,
    aiohttp_service,
    bearer,
    claims_of,
    cookie,
    edge,
    plain_websockets,
    query,
    raw,
    whys,
)


def named(diagnosis: Diagnosis) -> tuple[str, list[str]]:
    """The verdict, and the causes or candidates."""
    return diagnosis.verdict, [cause.id for cause in diagnosis.causes] or list(diagnosis.candidates)


async def test_a_good_server_is_healthy() -> None:
    """Nothing is found where nothing is wrong, also where the protected REST route refuses."""
    async with plain_websockets(lambda request: None if claims_of(bearer(request)) else (401, "")) as port:
        assert named(await whys(port)) == ("healthy", [])


async def test_another_key_in_words_of_its_own() -> None:
    """A wrong key is proved behind a 401 whose words tell nothing."""
    async with plain_websockets(lambda request: None if claims_of(bearer(request), key=OTHER_KEY) else (401, "nope\n")) as port:
        diagnosis = await whys(port, alternatives={"secrets": ["env:OTHER_KEY"], "users": ["bob"]})
        assert named(diagnosis) == ("proved", ["secret-mismatch"])


async def test_an_audience_behind_json() -> None:
    """aiohttp, JSON refusals, one audience."""

    def check(request: web.Request) -> dict[str, Any] | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return None if claims_of(token, audience="live") else {"error": "denied", "id": random.random()}

    async with aiohttp_service(check) as port:
        diagnosis = await whys(
            port,
            token={"claims": {"aud": "api"}},
            alternatives={"claims": {"aud": ["web", "live"]}, "secrets": ["env:OTHER_KEY"]},
        )
        assert named(diagnosis) == ("proved", ["audience-mismatch"])


async def test_another_carrier_without_a_way_past_an_edge() -> None:
    """Only the query is read: whether an edge takes the header away cannot be told, and is not told."""
    async with plain_websockets(lambda request: None if claims_of(query(request)) else (403, "")) as port:
        diagnosis = await whys(port, alternatives={"carriers": ["cookie", "query"]})
        assert named(diagnosis) == ("narrowed", ["credential-carrier", "edge-strips-credential"])


async def test_an_edge_that_takes_the_header_away() -> None:
    """The direct authority accepts what the edge's does not, and another carrier passes the edge."""

    def strip(head: bytes) -> bytes:
        lines = [line for line in head.split(b"\r\n") if b"pgrade" not in head or not line.lower().startswith(b"authorization")]
        return b"\r\n".join(lines)

    async with (
        plain_websockets(lambda request: None if claims_of(bearer(request)) or claims_of(cookie(request)) else (401, "")) as port,
        edge(port, strip) as front,
    ):
        given = {"carriers": ["cookie"], "hosts": [f"127.0.0.1:{port}"]}
        assert named(await whys(front, alternatives=given)) == ("proved", ["edge-strips-credential"])


async def test_an_edge_that_does_not_pass_the_upgrade() -> None:
    """The application's own answer to a plain GET comes back for a handshake."""

    def no_upgrade(head: bytes) -> bytes:
        return b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith((b"upgrade:", b"connection:")))

    async with (
        plain_websockets(lambda request: None if claims_of(bearer(request)) else (401, "")) as port,
        edge(port, no_upgrade) as front,
    ):
        assert named(await whys(front, alternatives={"hosts": [f"127.0.0.1:{port}"]})) == ("proved", ["edge-blocks-upgrade"])


async def test_an_edge_that_refuses_by_a_rule_of_its_own() -> None:
    """A page that the application never wrote, and no refusal past the edge."""
    page = b"HTTP/1.1 403 Forbidden\r\nServer: gate\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<h1>gate 7</h1>"
    async with (
        plain_websockets(lambda request: None if claims_of(bearer(request)) else (401, "")) as port,
        edge(port, lambda head: None if b"/live" in head else head, refusal=page) as front,
    ):
        found = await whys(front, alternatives={"hosts": [f"127.0.0.1:{port}"]})
        assert found.verdict == "narrowed"
        unsplit = {"edge-policy", "forwarded-refused", "websocket-unsupported", "wrong-scheme", "route-missing"}
        assert set(found.candidates) == unsplit


async def test_a_path_without_checks_proves_nothing() -> None:
    """Another socket that lets everybody in does not make the configured path a missing one."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/live" and not claims_of(
            request.headers.get("Authorization", "").removeprefix("Bearer "), key=OTHER_KEY
        ):
            return web.Response(status=403)
        if request.path not in {"/live", "/live/test"}:
            return web.Response(status=403)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async with aiohttp_application(answer) as port:
        diagnosis = await whys(port, alternatives={"paths": ["/live/test"]})
        assert diagnosis.verdict == "ambiguous"
        assert {"secret-mismatch", "route-missing"} <= set(diagnosis.candidates)


async def test_a_bypass_header_is_no_cause_where_a_key_is() -> None:
    """A header that switches the check off lifts every refusal; the key that is really wrong is named."""

    def check(request: Upgrade) -> tuple[int, str] | None:
        return None if request.headers.get("X-Test") or claims_of(bearer(request), key=OTHER_KEY) else (403, "")

    async with plain_websockets(check) as port:
        alone = await whys(port, alternatives={"headers": [{"X-Test": "yes"}]})
        assert alone.verdict == "ambiguous"
        assert {"bypass-key", "secret-mismatch"} <= set(alone.candidates)
        both = await whys(port, alternatives={"headers": [{"X-Test": "yes"}], "secrets": ["env:OTHER_KEY"]})
        assert named(both) == ("proved", ["secret-mismatch"])


async def test_a_server_that_fails_on_a_claim() -> None:
    """A handler that fails on a claim: the change is proved, and either the claim is wrong or the handler breaks on it."""

    def check(request: Upgrade) -> tuple[int, str] | None:
        if claims_of(bearer(request), issuer="right"):
            return None
        raise ConnectionResetError

    async with plain_websockets(check) as port:
        diagnosis = await whys(port, token={"claims": {"iss": "wrong"}}, alternatives={"claims": {"iss": ["right"]}})
        assert named(diagnosis) == ("narrowed", ["server-error", "issuer-mismatch"])


async def test_a_close_after_the_101_is_not_acceptance() -> None:
    """Checks after the accept are named by the change that keeps the session open, and else by what happened."""

    async def after(connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        if (claims_of(bearer(request)) or {}).get("tenant") != "blue":
            await connection.close(4403, "forbidden")

    async with plain_websockets(lambda request: None, after=after) as port:
        assert named(await whys(port)) == ("inferred", ["closed-after-accept"])
        assert named(await whys(port, alternatives={"claims": {"tenant": ["blue"]}})) == ("proved", ["claim-missing"])


@pytest.mark.parametrize("seed", range(3))
async def test_a_server_that_refuses_at_random(seed: int) -> None:
    """Half the handshakes are refused whatever they carry: no change is proved."""
    luck = random.Random(seed)
    async with plain_websockets(lambda request: (503, "") if luck.random() < 0.5 else None) as port:
        diagnosis = await whys(
            port, alternatives={"secrets": ["env:OTHER_KEY"], "users": ["bob"], "origins": ["https://a.example"]}
        )
        assert diagnosis.verdict in {"inferred", "ambiguous"}
        assert "mixed-revisions" in named(diagnosis)[1]


async def test_nothing_listens() -> None:
    """Neither the socket nor REST answers: unreachable, and no cause."""
    async with raw(lambda head, writer: asyncio.sleep(0)) as port:
        pass
    assert named(await whys(port)) == ("unreachable", [])


async def test_a_dead_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way ends at the proxy that the environment names: no other cause is spoken for, and the target is not blamed."""
    async with raw(lambda head, writer: asyncio.sleep(0)) as dead:
        pass
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead}")
    async with raw(lambda head, writer: asyncio.sleep(0)) as port:
        past = await whys(port)
        assert (*named(past), past.leads) == ("unreachable", [], ())  # neither way answers: the proxy may be at fault, or not
        assert [why.question for why in past.whys][1] == "Is it the proxy?"
    async with raw(_refuse) as port:  # past the proxy there is an answer, if not yet the one that is wanted
        assert named(await whys(port)) == ("inferred", ["client-proxy"])


async def _refuse(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


async def _hang(head: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def _garbage(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff garbage\r\n\r\n" * 10)


async def _endless(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 403 Forbidden\r\n")
    while True:
        writer.write(b"X-More: more\r\n" * 100)
        await writer.drain()


async def _elsewhere(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("behaviour", [_hang, _garbage, _endless, _elsewhere])
async def test_hostile_targets_end_in_a_diagnosis_within_the_budget(behaviour: Any) -> None:
    """Whatever a target does, the time of the budget holds and nothing is proved."""
    async with raw(behaviour) as port:
        async with asyncio.timeout(8):
            diagnosis = await whys(port, budget={"seconds": 4, "handshakes": 20}, target={"timeout_s": 1})
    assert diagnosis.verdict in {"ambiguous", "unreachable"}
    assert diagnosis.spent["seconds"] <= 5
    assert diagnosis.spent["handshakes"] <= 20


async def test_the_budget_of_handshakes_holds() -> None:
    """Not one handshake more than allowed, at no less than the spacing."""
    async with plain_websockets(lambda request: (403, "")) as port:
        diagnosis = await whys(
            port,
            budget={"handshakes": 7, "spacing_ms": 50},
            alternatives={"secrets": ["env:OTHER_KEY"], "users": ["a", "b", "c", "d"]},
        )
    moments = [seen.at for seen in diagnosis.observations if seen.kind == "handshake"]
    assert len(moments) == 7
    assert all((later - earlier).total_seconds() >= 0.045 for earlier, later in itertools.pairwise(moments))
