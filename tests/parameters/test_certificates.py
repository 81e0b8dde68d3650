"""The files of `target.tls` are held against each other before anything is sent; what does not fit is one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lib.facts import Tls
from lib.parameters import loading as params
from lib.parameters.certificates import usable
from lib.parameters.loading import BadInput
from lib.parameters.model import Parameters
from tests.pki import Pki


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def given(**tls: str | Path | None) -> Parameters:
    """Parameters with these files."""
    return params.load("staging", {f"target.tls.{name}": path and f"file:{path}" for name, path in tls.items()})


def test_files_that_fit_are_taken_with_their_paths(pki: Pki):
    """A certificate and its key, apart or in one file, and an authority."""
    client = pki.client()
    both = pki.folder / "both.pem"
    both.write_bytes(client.certificate.read_bytes() + client.key.read_bytes())
    apart = given(ca=pki.root.certificate, certificate=client.certificate, key=client.key)
    expected = Tls(ca=str(pki.root.certificate), certificate=str(client.certificate), key=str(client.key))
    assert usable(apart.target.tls) == expected
    assert usable(given(certificate=both).target.tls) == Tls(certificate=str(both))


def _written(pki: Pki, name: str, content: bytes) -> Path:
    path = pki.folder / name
    path.write_bytes(content)
    return path


REFUSED: dict[str, tuple[Callable[[Pki], dict[str, Path]], str]] = {
    "a key of another": (
        lambda pki: {"certificate": pki.client().certificate, "key": pki.client().key},
        r"^target\.tls\.key: the private key in file:.* does not belong to the first certificate",
    ),
    "the authority first": (
        lambda pki: {"certificate": pki.root.certificate, "key": pki.client().key},
        r"does not belong to the first certificate.*the client's own certificate first",
    ),
    "an encrypted key": (
        lambda pki: {"certificate": (client := pki.client()).certificate, "key": pki.encrypted(client)},
        r"^target\.tls\.key: the private key in .* is encrypted; accepted: .*without a passphrase",
    ),
    "no key at all": (lambda pki: {"certificate": pki.client().certificate}, r"^target\.tls\.certificate: .*but certificate"),
    "no file": (
        lambda pki: {"ca": pki.folder / "none.pem"},
        r"^target\.tls\.ca: .*none\.pem cannot be read \(no such file or directory\)",
    ),
    "a folder": (lambda pki: {"ca": pki.folder}, r"cannot be read \(no regular file\)"),
    "a key for an authority": (lambda pki: {"ca": pki.root.key}, r"^target\.tls\.ca: .*but private key"),
    "DER": (
        lambda pki: {"ca": _written(pki, "root.der", pki.root.own.public_bytes(Encoding.DER))},
        r"is binary \(DER or PKCS #12\), not PEM; accepted: .*openssl",
    ),
    "a text": (lambda pki: {"ca": _written(pki, "notes", b"the root is in the safe\n")}, r"it is no PEM file"),
    "a damaged one": (
        lambda pki: {"ca": _written(pki, "cut.pem", pki.root.certificate.read_bytes().replace(b"M", b"-", 3))},
        r"^target\.tls\.ca: a certificate in .* is damaged",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_bad_input(name: str, pki: Pki):
    """Each is refused by its key, with what would be accepted, and nothing of a key's content."""
    files, words = REFUSED[name]
    with pytest.raises(BadInput, match=words) as refused:
        usable(given(**files(pki)).target.tls)
    assert "PRIVATE KEY-----" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ca": "/etc/ssl/ca.pem"}, r"target\.tls\.ca .*file:PATH"),
        ({"ca": "env:CA"}, r"target\.tls\.ca .*file:PATH"),
        ({"key": "file:client.key"}, r"target\.tls\.certificate .*although target\.tls\.key is"),
        ({"verify": "no"}, r"target\.tls\.verify .*"),
        ({"cacert": "file:ca.pem"}, r"target\.tls\.cacert .*one of ca, certificate, key, verify"),
    ],
)
def test_the_group_takes_references_to_files(settings: dict[str, object], words: str):
    """A bare path, another kind of reference, a key without its certificate and other names are refused."""
    with pytest.raises(BadInput, match=words):
        params.load("staging", {f"target.tls.{name}": value for name, value in settings.items()})


def test_a_private_key_is_among_what_is_redacted(pki: Pki):
    """Whether it stands by itself or in the certificate's file."""
    client = pki.client()
    both = _written(pki, "one.pem", client.certificate.read_bytes() + client.key.read_bytes())
    key = client.key.read_text().strip()
    for tls in ({"certificate": both}, {"certificate": client.certificate, "key": client.key}):
        assert key in {secret.strip() for secret in params.known_secrets(given(**tls), environ={})}


def test_authorities_behind_a_pipe_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """OpenSSL would wait for whoever writes to it, and no deadline of ours could end that; trusting nobody is allowed."""
    os.mkfifo(tmp_path / "pipe.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pipe.pem"))
    with pytest.raises(BadInput, match=r"SSL_CERT_FILE: .*pipe\.pem is no regular file"):
        usable(given().target.tls)
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    assert usable(given().target.tls) == Tls()


@pytest.mark.parametrize("value", [None, ""])
def test_without_authorities_of_ones_own_those_of_the_system_are_taken(value: str | None, monkeypatch: pytest.MonkeyPatch):
    """The variable is unset on most machines, and empty where somebody took it back."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    if value is not None:
        monkeypatch.setenv("SSL_CERT_FILE", value)
    assert usable(given().target.tls) == Tls()
