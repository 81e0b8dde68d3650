"""The REST door against servers that answer, refuse and misbehave: each outcome is a value with its rung."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest

from lib.clients.rest import Rest
from lib.facts import Exchange, Request, plain
from tests.raw_servers import Handler, answering, endless, raw, reset, self_signed, tunnel

CANARY = "canary-7f3a90e1b2c4d5"


@pytest.fixture(autouse=True)
def _no_proxy_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's own proxies would answer instead of the test's."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def rest() -> AsyncIterator[Rest]:
    """One client, closed after the test."""
    door = Rest()
    yield door
    await door.close()


async def ask(rest: Rest, server: str, **request: object) -> Exchange:
    """One request with a short timeout."""
    return await rest.ask(Request(**{"url": f"http://{server}/api", "timeout_s": 1.0, **request}))


async def test_an_answer_is_told_with_status_headers_body_and_phases(rest: Rest):
    """Any status is an answer: rung http, no error, lower-case header names in order."""
    async with raw(
        answering(b"HTTP/1.1 401 Unauthorized\r\nX-B: 1\r\nX-A: 2\r\nContent-Length: 13\r\n\r\ntoken expired")
    ) as server:
        exchange = await ask(rest, server)
    assert (exchange.kind, exchange.rung, exchange.status, exchange.error) == ("rest", "http", 401, None)
    assert (exchange.headers[:2], exchange.body_excerpt, exchange.peer) == ((("x-b", "1"), ("x-a", "2")), "token expired", server)
    assert exchange.phases.dns_ms is not None
    assert exchange.phases.connect_ms > 0


async def test_a_redirect_is_an_answer_and_not_followed(rest: Rest):
    """Where a redirect leads is told, not tried."""
    async with raw(answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\r\n")) as server:
        exchange = await ask(rest, server)
    assert (exchange.status, exchange.header("location")) == (302, "http://127.0.0.1:1/login")


async def test_the_request_carries_what_was_given_each_once(rest: Rest):
    """Method, body, Host, Origin, Authorization and traceparent arrive as given."""
    seen: list[str] = []

    async def note(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(head.decode() + (await reader.readexactly(2)).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with raw(note) as server:
        request = {
            "method": "POST",
            "body": b"{}",
            "headers": (("Authorization", "Bearer x"),),
            "host_header": "api.example",
            "origin": "https://app",
        }
        exchange = await ask(rest, server, **request)
    head, _, body = seen[0].partition("\r\n\r\n")
    names = [line.split(":")[0].lower() for line in head.split("\r\n")[1:]]
    assert head.startswith("POST /api HTTP/1.1\r\n")
    assert {"Host: api.example", "Origin: https://app", "Authorization: Bearer x"} <= set(head.split("\r\n"))
    assert (body, len(names)) == ("{}", len(set(names)))
    assert f"traceparent: 00-{exchange.trace_id}-" in head


async def test_connections_are_kept_between_requests(rest: Rest):
    """The second request needs no second connection."""
    heads: list[bytes] = []

    async def twice(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(head)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")

    async with raw(twice) as server:
        first, second = await ask(rest, server), await ask(rest, server)
    assert len(heads) == 2
    assert (first.phases.connect_ms is None, second.phases.connect_ms is None) == (False, True)


@pytest.mark.parametrize(
    "handler",
    [endless(b"HTTP/1.1 503 S\r\n\r\n", b"x" * 65536), endless(b"HTTP/1.1 503 S\r\nContent-Length: 99999\r\n\r\n", b"x", 0.01)],
    ids=["fast", "slow"],
)
async def test_an_endless_body_costs_neither_the_status_nor_the_time(rest: Rest, handler: Handler):
    """Status and headers are kept; the body is cut off in time and size."""
    start = perf_counter()
    async with raw(handler) as server:
        exchange = await ask(rest, server)
    assert (exchange.rung, exchange.status, exchange.error) == ("http", 503, None)
    assert 0 < len(exchange.body_excerpt) <= 2000
    assert perf_counter() - start < 1.5


UNUSABLE: dict[str, tuple[Handler, str]] = {
    "garbage": (answering(b"\x00\x01 nonsense\r\n\r\n"), "the answer is not HTTP: it begins with '\\x00\\x01 nonsense"),
    "another service": (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "not HTTP: it begins with the greeting of an SSH server"),
    "a page without a head": (answering(b"<html>"), "not HTTP: it begins with '<html>'"),
    "an upgrade nobody asked for": (answering(b"HTTP/1.1 101 S\r\n\r\n"), "a 101 to a request that asks for no upgrade"),
    "a header that is none": (answering(b"HTTP/1.1 200 OK\r\nX \x1b: y\r\n\r\n"), "one of its headers is none"),
    "closed": (answering(), "no usable HTTP answer: closed by the other side"),
    "half a head": (answering(b"HTTP/1.1 200 OK\r\nX"), "no usable HTTP answer: "),
    "reset": (reset, "reset by the other side"),
    "silence": (answering(stay_s=5), "no answer within 1 s"),
    "endless headers": (endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 1000 + b"\r\n"), "no usable HTTP answer"),
    "slow endless headers": (endless(b"HTTP/1.1 200 OK\r\n", b"X-A: y\r\n", 0.05), "no answer within 1 s"),
}


@pytest.mark.parametrize("case", UNUSABLE)
async def test_what_is_no_http_answer_has_rung_http_and_a_sentence(rest: Rest, case: str):
    """Garbage, silence, resets and endless headers end within the timeout, in one sentence."""
    handler, told = UNUSABLE[case]
    start = perf_counter()
    async with raw(handler) as server:
        exchange = await ask(rest, server)
    assert (exchange.rung, exchange.status) == ("http", None)
    assert told in exchange.error
    assert perf_counter() - start < 1.5


async def test_a_body_that_breaks_off_is_told_beside_the_status(rest: Rest):
    """The answer counts; that its body is not whole is said."""
    async with raw(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")) as server:
        exchange = await ask(rest, server)
    assert (exchange.status, exchange.body_excerpt) == (200, "abc")
    assert exchange.error.startswith("the body broke off")


async def test_a_name_that_does_not_resolve_has_rung_dns(rest: Rest):
    """DNS is told apart from TCP."""
    exchange = await ask(rest, "no-such-host.invalid")
    assert (exchange.rung, exchange.phases.connect_ms) == ("dns", None)
    assert "could not be resolved" in exchange.error


async def test_nobody_listening_has_rung_tcp(rest: Rest):
    """A refused connection ends at TCP, with the system's word for it."""
    exchange = await ask(rest, "127.0.0.1:1")
    assert (exchange.rung, exchange.error) == ("tcp", "no TCP connection: connection refused (ECONNREFUSED)")


async def test_a_certificate_that_nobody_signed_has_rung_tls(rest: Rest, tmp_path: Path):
    """A self-signed certificate is refused with a sentence about the certificate; a client that trusts it gets its answer."""
    certificate, trusting = self_signed(tmp_path)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=certificate)
    port = server.sockets[0].getsockname()[1]
    refused = await ask(rest, "", url=f"https://127.0.0.1:{port}/")
    answered = await ask(rest, "", url=f"https://localhost:{port}/", tls=trusting)
    server.close()
    assert refused.rung == "tls"
    assert "TLS certificate is not accepted: self-signed certificate ('localhost' vouches for itself" in refused.error
    assert (answered.status, answered.phases.tls_ms is not None) == (204, True)


@pytest.mark.parametrize("url", ["http://[::1", "ftp://127.0.0.1/", "http:///x", "http://127.0.0.1:99999/", "nonsense"])
async def test_an_address_that_is_none_ends_in_a_sentence(rest: Rest, url: str):
    """Nothing is raised for what cannot be sent."""
    exchange = await ask(rest, "", url=url)
    assert (exchange.status, exchange.rung in {"dns", "tcp"}) == (None, True)
    assert exchange.error


async def test_a_header_with_a_line_break_is_not_sent(rest: Rest):
    """Nothing is injected into the request."""
    exchange = await ask(rest, "127.0.0.1:1", headers=(("X-Key", "a\nb"),))
    assert exchange.error == "the header 'X-Key' holds a line break; nothing was sent"


async def test_the_environments_proxy_answers_unless_told_not_to(rest: Rest, monkeypatch: pytest.MonkeyPatch):
    """A plain request goes to the proxy, is told so, and goes around it when the request says so."""
    async with (
        raw(answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")) as proxy,
        raw(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server,
    ):
        monkeypatch.setenv("http_proxy", f"http://user:{CANARY}@{proxy}")
        through = await ask(rest, server)
        around = await ask(rest, server, use_environment_proxy=False)
    assert (through.status, around.status, around.via_proxy) == (407, 200, None)
    assert through.via_proxy.startswith("http://secret:")
    assert CANARY not in repr(through)


async def test_a_proxy_that_refuses_the_tunnel_gives_its_status(rest: Rest, monkeypatch: pytest.MonkeyPatch):
    """For https the proxy's refusal of CONNECT is the answer."""
    async with raw(answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{proxy}")
        exchange = await ask(rest, "", url="https://staging.example.test/")
    assert (exchange.rung, exchange.status, exchange.via_proxy) == ("http", 403, f"http://{proxy}")


async def test_many_requests_at_once_each_get_their_own_answer(rest: Rest):
    """One client serves concurrent requests without mixing them."""

    async def mirror(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = head.split(b" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))
        await writer.drain()

    async with raw(mirror) as server:
        exchanges = await asyncio.gather(*(ask(rest, "", url=f"http://{server}/{number}") for number in range(20)))
    assert [exchange.body_excerpt for exchange in exchanges] == [f"/{number}" for number in range(20)]


async def test_no_secret_is_in_what_the_door_returns(rest: Rest):
    """A server that echoes credentials in every place and encoding does not get them into the exchange."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0." + CANARY

    async def parrot(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = json.dumps(
            {"detail": f"bad {token}", "basic": base64.b64encode(f"u:{CANARY}".encode()).decode(), "upper": CANARY.upper()}
        )
        writer.write(f"HTTP/1.1 403 {CANARY}\r\nX-Echo: {CANARY}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()

    headers = (("Authorization", f"Bearer {token}"), ("Cookie", f"sid={CANARY}"))
    async with raw(parrot) as server:
        exchange = await ask(rest, "", url=f"http://{server}/?token={token}", headers=headers, secrets=(token, CANARY))
    told = (repr(exchange) + json.dumps(plain(exchange))).lower()
    assert exchange.status == 403
    assert CANARY not in told
    assert base64.b64encode(CANARY.encode()).decode()[:16].lower() not in told


async def test_a_tunnel_that_lets_through_reaches_the_target(rest: Rest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Over https the request goes end to end through the proxy, which is told."""
    certificate, trusting = self_signed(tmp_path)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=certificate)
    async with raw(tunnel) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{proxy}")
        exchange = await ask(rest, "", url=f"https://localhost:{server.sockets[0].getsockname()[1]}/", tls=trusting)
    server.close()
    assert (exchange.status, exchange.via_proxy, exchange.phases.tls_ms is not None) == (204, f"http://{proxy}", True)
