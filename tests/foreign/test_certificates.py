"""nginx and haproxy with a private authority that want a client certificate: healthy when all is right, named when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, Answer
from tests.foreign.systems import Started, System, passing
from tests.pki import DAY, Pki, Signed


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


def nginx(start: Started, pki: Pki, *, presents: Path, key: Path, verify: str = "on") -> System:
    """nginx before Starlette, which speaks TLS on a second port and wants a client certificate of this authority."""
    application = start.python("starlette", demands={"key": KEY})
    listen = f"listen 127.0.0.1:%PORT2% ssl; ssl_certificate {presents}; ssl_certificate_key {key};"
    client = f"ssl_client_certificate {pki.root.certificate}; ssl_verify_client {verify};"
    return start.nginx(f"{listen} {client} location / {{ {passing(application.authority)} }}")


def haproxy(start: Started, pki: Pki, own: Signed) -> System:
    """haproxy before aiohttp, which ends TLS itself where no client certificate comes."""
    application = start.python("aiohttp", demands={"key": KEY})
    both = pki.folder / "haproxy.pem"
    both.write_bytes(own.chain.read_bytes() + own.key.read_bytes())
    bind = f"    bind 127.0.0.1:%PORT2% ssl crt {both} ca-file {pki.root.certificate} verify required"
    return start.haproxy(bind, f"backend application\n    server s0 {application.authority}")


def asked(ask: Ask, system: System, *, truth: tuple[str, ...], host: str = "127.0.0.1", **tls: object) -> Answer:
    """The command's answer about the TLS port with these files."""
    given = {name: f"file:{value}" if isinstance(value, Path) else value for name, value in tls.items()}
    secure = f"{host}:{system.secure_port}"
    target = {"rest_url": f"https://{secure}", "ws_url": f"wss://{secure}/ws", "tls": given}
    return ask(system, truth=truth, target={**target, "timeout_s": 5, "watch_s": 1}, budget={"seconds": 12})


def test_healthy_with_authority_and_certificate(start: Started, ask: Ask, pki: Pki) -> None:
    """The right files are all that it takes."""
    own, client = pki.server(), pki.client()
    edge = nginx(start, pki, presents=own.chain, key=own.key)
    asked(ask, edge, truth=(), ca=pki.root.certificate, certificate=client.certificate, key=client.key).is_healthy()


def test_healthy_where_nothing_is_looked_at(start: Started, ask: Ask, pki: Pki) -> None:
    """With `verify: false` an expired certificate for another name is taken, and that is said before all else."""
    own, client = pki.server("other.example", valid=(-2 * DAY, -DAY)), pki.client()
    edge = nginx(start, pki, presents=own.chain, key=own.key)
    answer = asked(ask, edge, truth=(), verify=False, certificate=client.certificate, key=client.key)
    answer.is_healthy()
    assert "certificate-refused" in answer.healthy["not_tried"]
    assert "target.tls.verify is false" in answer.text


@pytest.mark.parametrize(
    ("sends", "words"),
    [("none", "No required SSL certificate was sent"), ("another authority's", "The SSL certificate error")],
)
def test_nginx_says_what_it_misses(sends: str, words: str, start: Started, ask: Ask, pki: Pki) -> None:
    """nginx takes the handshake and answers 400 to whatever is asked: its words name the client certificate."""
    own, other = pki.server(), Pki(pki.folder, "Elsewhere").client()
    edge = nginx(start, pki, presents=own.chain, key=own.key)
    files = {} if sends == "none" else {"certificate": other.certificate, "key": other.key}
    answer = asked(ask, edge, truth=("client-certificate-missing",), ca=pki.root.certificate, **files)
    assert answer.causes_by_strength == {"client-certificate-missing": "stated"}, answer
    assert words in answer.causes[0]["because"], answer


@pytest.mark.parametrize(
    ("sends", "words"),
    [("none", "'certificate required'"), ("another authority's", "'client', issued by 'Example Root'")],
)
def test_haproxy_ends_tls(sends: str, words: str, start: Started, ask: Ask, pki: Pki) -> None:
    """haproxy says it by an alert, which comes after the handshake and may be overtaken by a reset."""
    edge, other = haproxy(start, pki, pki.server()), Pki(pki.folder, "Elsewhere").client()
    files = {} if sends == "none" else {"certificate": other.certificate, "key": other.key}
    answer = asked(ask, edge, truth=("client-certificate-missing",), ca=pki.root.certificate, **files)
    assert answer.causes_by_strength == {"client-certificate-missing": "stated"}, answer
    assert words in answer.causes[0]["because"], answer


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("name", "it is for other.example"),
        ("intermediate", "missing intermediate: the server sent its own certificate alone, issued by 'Example Issuing CA'"),
        ("date", "it was valid until"),
        ("authority", "unknown authority: the chain ends at 'Example Root'"),
    ],
)
def test_the_servers_certificate_is_refused(wrong: str, words: str, start: Started, ask: Ask, pki: Pki) -> None:
    """Name, intermediate, date and authority are named with what the server really sent."""
    own = {"name": lambda: pki.server("other.example"), "date": lambda: pki.server(valid=(-2 * DAY, -DAY))}.get(
        wrong, pki.server
    )()
    edge = nginx(start, pki, presents=own.certificate if wrong == "intermediate" else own.chain, key=own.key, verify="off")
    trusted = Pki(pki.folder, "Elsewhere").root if wrong == "authority" else pki.root
    answer = asked(ask, edge, truth=("certificate-refused",), ca=trusted.certificate)
    assert (answer.symptom["rung"], answer.causes_by_strength) == ("tls", {"certificate-refused": "stated"}), answer
    assert words in answer.causes[0]["because"], answer
