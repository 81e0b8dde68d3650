"""The way to a server: TCP, TLS and the proxies of the environment, each failure at its rung."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.facts import Exchange, Request
from tests.ports import closed_port
from tests.raw_servers import answering, echo, raw, self_signed, serving, tunnel

CANARY = "canary-7f3a90e1b2c4d5"


@pytest.fixture(autouse=True)
def _no_proxy_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's own proxies would answer instead of the test's."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ws_proxy", "wss_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def knock(url: str, **request: object) -> Exchange:
    """One handshake with a short timeout."""
    return await WebSockets().knock(Request(**{"url": url, "timeout_s": 1.0, **request}), stay_s=0.05)


async def test_nobody_listening_has_rung_tcp():
    """A refused connection ends at TCP."""
    with closed_port() as port:
        exchange = await knock(f"ws://127.0.0.1:{port}/")
    assert (exchange.rung, exchange.status) == ("tcp", None)
    assert "connection refused" in exchange.error


async def test_a_name_with_several_addresses_reaches_the_one_that_listens():
    """`localhost` may be IPv6 first; the server that listens on IPv4 alone is found."""
    async with serving(echo) as server:
        exchange = await knock(f"ws://localhost:{server.split(':')[1]}/")
    assert (exchange.accepted, exchange.peer) == (True, server)


async def test_a_server_without_tls_behind_wss_has_rung_tls():
    """Speaking TLS to a plain server is told in a plain sentence."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    exchange = await knock(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    server.close()
    assert (exchange.rung, exchange.error) == ("tls", "the server does not speak TLS on this port")


async def test_a_server_that_is_silent_in_the_tls_handshake_has_rung_tls():
    """The timeout tells at which stage it came."""

    async def silent(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async with raw(silent) as server:
        exchange = await knock(f"wss://{server}/", timeout_s=0.2)
    assert (exchange.rung, exchange.error) == ("tls", "no answer within 0.2 s")


async def test_a_certificate_that_nobody_signed_has_rung_tls(tmp_path: Path):
    """A self-signed certificate is refused with a sentence about the certificate."""
    certificate, _ = self_signed(tmp_path)
    async with serving(echo, ssl=certificate) as server:
        exchange = await knock(f"wss://{server}/")
    assert exchange.rung == "tls"
    words = (
        "the server's TLS certificate is not accepted: self-signed certificate ('localhost' vouches for itself, and is not among"
    )
    assert exchange.error.startswith(words)


async def test_a_certificate_for_another_name_has_rung_tls(tmp_path: Path):
    """A trusted certificate counts only for the name that it was made for."""
    certificate, trusting = self_signed(tmp_path)
    async with serving(echo, ssl=certificate) as server:
        exchange = await knock(f"wss://{server}/", tls=trusting)
    assert exchange.rung == "tls"
    assert "certificate is not accepted: IP address mismatch" in exchange.error


async def test_over_tls_each_phase_is_stamped(tmp_path: Path):
    """With a context that trusts the server the session opens, and DNS, TCP, TLS and upgrade have their times."""
    certificate, trusting = self_signed(tmp_path)
    async with serving(echo, ssl=certificate) as server:
        exchange = await knock(f"wss://localhost:{server.split(':')[1]}/", tls=trusting)
    assert exchange.accepted
    assert None not in (exchange.phases.dns_ms, exchange.phases.connect_ms, exchange.phases.tls_ms, exchange.phases.upgrade_ms)


@pytest.mark.parametrize("status", [403, 407, 502])
async def test_a_proxy_that_refuses_is_the_one_that_answered(status: int, monkeypatch: pytest.MonkeyPatch):
    """What the environment's proxy answers to CONNECT is told with `via_proxy`, without its password."""
    async with raw(answering(b"HTTP/1.1 %d No\r\nVia: squid\r\nContent-Length: 2\r\n\r\nno" % status)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:{CANARY}@{proxy}")
        exchange = await knock("ws://staging.example.test/ws")
    assert (exchange.rung, exchange.status, exchange.body_excerpt, exchange.header("via")) == ("upgrade", status, "no", "squid")
    assert exchange.via_proxy.startswith("http://secret:")
    assert CANARY not in repr(exchange)


async def test_a_proxy_that_lets_through_is_told_and_can_be_gone_around(monkeypatch: pytest.MonkeyPatch):
    """The handshake goes through the tunnel; `no_proxy` and the request's switch go around it."""
    async with serving(echo) as server, raw(tunnel) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        through = await knock(f"ws://{server}/")
        around = await knock(f"ws://{server}/", use_environment_proxy=False)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        excepted = await knock(f"ws://{server}/")
    assert [exchange.accepted for exchange in (through, around, excepted)] == [True, True, True]
    assert [exchange.via_proxy for exchange in (through, around, excepted)] == [f"http://{proxy}", None, None]


async def test_tls_goes_through_a_proxy_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Behind CONNECT the certificate checked is the target's."""
    certificate, trusting = self_signed(tmp_path)
    async with serving(echo, ssl=certificate) as server, raw(tunnel) as proxy:
        monkeypatch.setenv("https_proxy", proxy)
        exchange = await knock(f"wss://localhost:{server.split(':')[1]}/", tls=trusting)
    assert (exchange.accepted, exchange.via_proxy, exchange.peer) == (True, f"http://{proxy}", proxy)


async def test_a_proxy_that_nobody_runs_is_named(monkeypatch: pytest.MonkeyPatch):
    """When TCP to the proxy fails, the exchange says that it was the proxy."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    exchange = await knock("ws://staging.example.test/")
    assert (exchange.rung, exchange.via_proxy) == ("tcp", "http://127.0.0.1:1")


async def test_a_proxy_of_another_kind_is_told_not_ignored(monkeypatch: pytest.MonkeyPatch):
    """A SOCKS proxy in the environment ends in a sentence; going around it would be another experiment."""
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    exchange = await knock("ws://staging.example.test/")
    assert (exchange.rung, exchange.via_proxy) == ("tcp", "socks5://127.0.0.1:1080")
    assert "proxy that is no http://" in exchange.error


async def test_no_proxy_may_name_a_port(monkeypatch: pytest.MonkeyPatch):
    """`no_proxy=host:port` goes around the proxy for that port alone."""
    async with serving(echo) as server, serving(echo) as other, raw(tunnel) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        monkeypatch.setenv("no_proxy", server)
        found = [await knock(f"ws://{authority}/") for authority in (server, other)]
    assert [exchange.via_proxy for exchange in found] == [None, f"http://{proxy}"]
    assert all(exchange.accepted for exchange in found)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("http://127.0.0.1:x", "cannot be read"),
        (f"http://u:{CANARY}@h/path", "path is meaningless"),
        ("http://u@h:1", "password"),
    ],
)
async def test_a_proxy_whose_address_is_wrong_is_told_without_it(given: str, told: str, monkeypatch: pytest.MonkeyPatch):
    """Nothing is sent where the proxy's address is no address, and the sentence does not repeat it."""
    monkeypatch.setenv("https_proxy", given)
    exchange = await knock("ws://staging.example.test/")
    assert (exchange.rung, exchange.status) == ("tcp", None)
    assert told in exchange.error
    assert CANARY not in repr(exchange)


async def test_the_tunnel_is_asked_for_with_the_proxys_credentials(monkeypatch: pytest.MonkeyPatch):
    """CONNECT names host and port, and carries user and password as Basic, percent-encoding undone."""
    heads: list[bytes] = []

    async def refusing(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        writer.write(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    async with raw(refusing) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:p%40ss@{proxy}")
        await knock("ws://staging.example.test/ws")
    assert heads[0].startswith(b"CONNECT staging.example.test:80 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in heads[0]


@pytest.mark.parametrize("scheme", ["ws", "wss", "http", "https"])
async def test_a_proxy_that_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str):
    """A wait that ends on the way through it, or may, is told as the proxy's and not as the target's."""

    async def silent(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with raw(silent) as proxy:
        for name in ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy}")
        monkeypatch.setenv("no_proxy", "")
        request = Request(url=f"{scheme}://api.example/ws", timeout_s=0.3)
        rest = Rest()
        exchange = await (rest.ask(request) if scheme.startswith("http") else WebSockets().knock(request))
        await rest.close()
    assert exchange.status is None
    assert "the proxy that the environment names" in exchange.error


@pytest.mark.parametrize("scheme", ["ws", "http", "https"])
async def test_a_proxy_that_speaks_no_tls_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str):
    """An https:// proxy with which TLS does not come about: the target was not asked, and is not blamed."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    for name in ("http_proxy", "https_proxy", "ws_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    request = Request(url=f"{scheme}://api.example/ws", timeout_s=2)
    rest = Rest()
    exchange = await (rest.ask(request) if scheme.startswith("http") else WebSockets().knock(request))
    await rest.close()
    server.close()
    assert exchange.rung == "tls"
    assert exchange.error.startswith("the proxy that the environment names did not help, the target was not asked: ")
