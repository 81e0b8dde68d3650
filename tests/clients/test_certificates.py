"""A certificate that is refused is told by what the server really sent: which one it is about, and what is wrong with it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.clients.websocket import WebSockets
from lib.facts import Exchange, Request, Tls
from lib.whys.evidence.server_answer import Answer, Sent
from lib.whys.evidence.server_words import said_by
from tests.pki import DAY, Pki, Signed
from tests.raw_servers import echo, serving


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


async def refused(presented: Path, key: Path, trust: Tls) -> Exchange:
    """What comes of a handshake with a server that presents these certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(presented, key)
    async with serving(echo, ssl=context) as server:
        request = Request(url=f"wss://{server}/", tls=trust, timeout_s=5, use_environment_proxy=False)
        return await WebSockets().knock(request, stay_s=0.05)


def _of(signed: Signed) -> tuple[Path, Path]:
    return signed.chain, signed.key


Case = tuple[Callable[[Pki], tuple[Path, Path]], str]
CASES: dict[str, Case] = {
    "unknown authority": (
        lambda pki: _of(Pki(pki.folder, "Elsewhere").server()),
        "unknown authority: the chain ends at 'Example Root', which is not among",
    ),
    "an authority of the same name": (
        lambda pki: _of(Pki(pki.folder).server()),
        "'Example Root' is among the authorities of target.tls.ca, but with another key",
    ),
    "missing intermediate": (
        lambda pki: ((one := pki.server()).certificate, one.key),
        "missing intermediate: the server sent its own certificate alone, issued by 'Example Issuing CA'",
    ),
    "self-signed": (lambda pki: _of(pki.sign("edge", None, hosts=["127.0.0.1"])), "'edge' vouches for itself"),
    "a hostile name": (
        lambda pki: _of(pki.sign("\x1b[2J<b>\n", None, hosts=["127.0.0.1"])),
        r"'\x1b[2J<b>\n' vouches for itself",
    ),
    "name": (lambda pki: _of(pki.server("other.example", "10.0.0.1")), "it is for other.example, 10.0.0.1"),
    "expired": (lambda pki: _of(pki.server(valid=(-2 * DAY, -DAY))), "certificate has expired (it was valid until 20"),
    "not yet": (lambda pki: _of(pki.server(valid=(DAY, 2 * DAY))), "it was made for the time from 20"),
    "expired above": (
        lambda pki: _of(
            pki.sign(
                "edge",
                pki.sign("Old Issuing CA", pki.root, is_authority=True, valid=(-2 * DAY, -DAY)),
                hosts=["127.0.0.1"],
            )
        ),
        "that of 'Old Issuing CA' above it was valid until 20",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_wrong_is_said_in_the_words_of_the_chain(name: str, pki: Pki):
    """Authority, intermediate, name and date are told apart; each is plainly a certificate that the client refuses."""
    presented, words = CASES[name]
    exchange = await refused(*presented(pki), Tls(ca=str(pki.root.certificate)))
    assert (exchange.rung, words in (exchange.error or "")) == ("tls", True), exchange.error
    assert said_by(Answer(violation=exchange.error or ""), Sent()).stated == "certificate-refused", exchange.error


async def test_a_certificate_alone_that_nothing_places_is_told_both_ways(tmp_path: Path):
    """Whether its issuer is an intermediate or an authority cannot be seen where nothing says so; where to fetch it says so."""
    pki = Pki(tmp_path, organisation="")
    for differing, words in (
        ({}, "unknown authority, or missing intermediate"),
        ({"fetched_from": "http://ca.example/i"}, "to fetch"),
    ):
        alone = pki.server(**differing)
        exchange = await refused(alone.certificate, alone.key, Tls(ca=str(pki.root.certificate)))
        assert words in exchange.error, exchange.error
        assert ("unknown authority" in exchange.error) == (not differing)


async def test_authorities_that_cannot_be_read_are_told(pki: Pki, monkeypatch: pytest.MonkeyPatch):
    """SSL_CERT_FILE is what is trusted without target.tls.ca; one that names nothing trusts nobody, and that is the reason."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.folder / "nowhere.pem"))
    exchange = await refused(*_of(pki.server()), Tls())
    assert "which is not among those of SSL_CERT_FILE, which names no file of certificates" in exchange.error, exchange.error
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.root.certificate))
    accepted = await refused(*_of(pki.server()), Tls())
    assert accepted.status == 101, accepted.error
