"""What a client trusts and presents reaches each of its connections, and what a server says of a client's certificate is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.clients import tls
from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.facts import Exchange, Request, Tls
from lib.whys.evidence.server_answer import Answer, Sent
from lib.whys.evidence.server_words import said_by
from tests.pki import Pki
from tests.raw_servers import answering, echo, raw, serving


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


def server_of(pki: Pki, *, wants: Pki | None = None, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A server's context that wants a client certificate of this authority, where one is given."""
    own, context = pki.server(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.chain, own.key)
    context.maximum_version = newest
    if wants:
        context.load_verify_locations(wants.root.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextlib.contextmanager
def demanding(context: ssl.SSLContext) -> Iterator[str]:
    """The authority of a server that, as most do and asyncio's does not, sends the alert with which it ends TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(4096)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


async def asked(server: str, tls: Tls, *, use_environment_proxy: bool = False) -> list[Exchange]:
    """The handshake's and REST's exchange with a server."""
    rest = Rest()
    given = {"tls": tls, "timeout_s": 5, "use_environment_proxy": use_environment_proxy}
    try:
        return [
            await WebSockets().knock(Request(url=f"wss://{server}/", **given), stay_s=0.05),
            await rest.ask(Request(url=f"https://{server}/", **given)),
        ]
    finally:
        await rest.close()


async def test_a_client_presents_its_certificate(pki: Pki):
    """Both doors get their answer from a server that wants one of its own authority."""
    client = pki.client()
    tls = Tls(ca=str(pki.root.certificate), certificate=str(client.certificate), key=str(client.key))
    async with serving(echo, ssl=server_of(pki, wants=pki)) as server:
        assert [exchange.status for exchange in await asked(server, tls)] == [101, 426]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_of_another_authority_is_told_with_its_names(newest: ssl.TLSVersion, pki: Pki, tmp_path: Path):
    """Whose certificate it was and what alert came, whether within the handshake or, as of TLS 1.3, after it."""
    client = Pki(tmp_path, "Elsewhere").client()
    tls = Tls(ca=str(pki.root.certificate), certificate=str(client.certificate), key=str(client.key))
    with demanding(server_of(pki, wants=pki, newest=newest)) as server:
        exchanges = await asked(server, tls)
    for exchange in exchanges:
        assert exchange.rung == "tls", exchange.error
        assert "does not accept the client certificate that was sent ('client', issued by 'Example Root', valid" in exchange.error


async def test_a_missing_certificate_is_told_after_the_handshake(pki: Pki):
    """TLS 1.3 has ended for the client when the server says that it wants a certificate; it is TLS all the same."""
    with demanding(server_of(pki, wants=pki)) as server:
        exchanges = await asked(server, Tls(ca=str(pki.root.certificate)))
    for exchange in exchanges:
        assert exchange.rung == "tls", exchange.error
        assert "for want of a client certificate, as the TLS alert 'certificate required' says" in exchange.error


async def test_a_handshake_failure_is_told_with_what_it_may_be_and_states_nothing(pki: Pki):
    """Before TLS 1.3 a server without a word for it ends so where a certificate is missing, and where no cipher is shared."""
    with demanding(server_of(pki, wants=pki, newest=ssl.TLSVersion.TLSv1_2)) as server:
        exchanges = await asked(server, Tls(ca=str(pki.root.certificate)))
    for exchange in exchanges:
        assert exchange.rung == "tls"
        assert "handshake failure (nothing in common, or the server may want a client certificate" in exchange.error
        assert said_by(Answer(violation=exchange.error), Sent()).stated is None


async def test_a_port_that_wants_tls_and_is_asked_in_plain_text_is_told(pki: Pki):
    """It ends the connection without a word, over either door; one that speaks none is not called so."""
    with demanding(server_of(pki)) as secured:
        told = [await WebSockets().knock(Request(url=f"ws://{secured}/")), await Rest().ask(Request(url=f"http://{secured}/"))]
    async with raw(answering()) as plain:
        told.append(await WebSockets().knock(Request(url=f"ws://{plain}/")))
    assert [(one.rung, "; the port speaks TLS" in (one.error or "")) for one in told] == [
        ("http", True),
        ("http", True),
        ("http", False),
    ]


async def test_a_port_is_asked_once_more_at_each_address_of_its_name(pki: Pki, monkeypatch: pytest.MonkeyPatch):
    """As with localhost where the first address is that of IPv6 and nobody listens there."""
    really = socket.getaddrinfo

    def two(host: str, *given: object, flags: int = 0, **named: object) -> list[object]:
        if host != "two.example" or flags & socket.AI_NUMERICHOST:
            return really(host, *given, flags=flags, **named)
        return [found for one in ("127.0.0.2", "127.0.0.1") for found in really(one, *given, flags=flags, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with demanding(server_of(pki, wants=pki)) as server:
        port = int(server.rpartition(":")[2])
        assert await tls.is_spoken("two.example", port)
        told = await tls.unread_alert(ConnectionResetError(), "two.example", port, Tls(verify=False))
    assert "for want of a client certificate" in (told or "")


async def test_any_certificate_is_taken_where_none_is_looked_at(pki: Pki):
    """`verify` False takes what nobody signed for another name."""
    async with serving(echo, ssl=server_of(pki)) as server:
        refused, taken = await asked(server, Tls()), await asked(server, Tls(verify=False))
    assert [exchange.rung for exchange in refused] == ["tls", "tls"]
    assert [exchange.status for exchange in taken] == [101, 426]


async def test_a_file_that_has_changed_is_read_again(pki: Pki, tmp_path: Path):
    """Who puts the right authority into place need not start anew."""
    ca = tmp_path / "ca.pem"
    async with serving(echo, ssl=server_of(pki)) as server:
        ca.write_bytes(Pki(tmp_path, "Elsewhere").root.certificate.read_bytes())
        refused, _ = await asked(server, Tls(ca=str(ca)))
        ca.write_bytes(pki.root.certificate.read_bytes())
        os.utime(ca, ns=(1, 1))
        taken, _ = await asked(server, Tls(ca=str(ca)))
    assert (refused.rung, taken.status) == ("tls", 101)


async def test_a_proxy_is_shown_no_certificate_of_ours(pki: Pki, monkeypatch: pytest.MonkeyPatch):
    """What target.tls holds is the target's: a proxy is trusted by SSL_CERT_FILE, and what it asks for it does not get."""
    shown: list[object] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown.append(writer.get_extra_info("peercert"))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    context, client = server_of(pki, wants=pki), pki.client()
    context.verify_mode = ssl.CERT_OPTIONAL
    proxy = await asyncio.start_server(refuse, "127.0.0.1", 0, ssl=context)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", f"https://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.root.certificate))
    tls = Tls(certificate=str(client.certificate), key=str(client.key))
    exchanges = await asked("staging.example.test", tls, use_environment_proxy=True)
    proxy.close()
    assert [exchange.status for exchange in exchanges] == [403, 403], exchanges
    assert shown == [None, None]
