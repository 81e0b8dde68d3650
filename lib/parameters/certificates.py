"""The files behind `target.tls`: read and held against each other before anything is sent, so that what does not fit is told by
its name."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import NoReturn, Protocol

from lib.facts import Tls
from lib.parameters.errors import BadInput
from lib.parameters.secrets import ROOT, expanded, read_regular, why_unreadable

MAX_FILE_BYTES = 4_194_304
"""A system's whole bundle of authorities has a quarter of a MiB."""

USUAL = "SSL_CERT_FILE"
UNVERIFIED = "the target's TLS certificates are not looked at (target.tls.verify is false): what answered may be another server"
"""What is said wherever results are shown that were got so."""

_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")
_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----.*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----", re.DOTALL)
_ENCRYPTED = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED", re.MULTILINE)


class Settings(Protocol):
    """The group `target.tls`: references, and whether the server's certificate is looked at."""

    @property
    def ca(self) -> str | None: ...
    @property
    def certificate(self) -> str | None: ...
    @property
    def key(self) -> str | None: ...
    @property
    def verify(self) -> bool: ...


def usable(settings: Settings, *, root: Path = ROOT) -> Tls:
    """The files that the references name, with absolute paths.

    Raises `BadInput` where one cannot be read, holds something else, is encrypted, or where key and certificate are no pair.
    """
    if settings.ca is not None:
        _check_authorities(settings.ca, root)
    else:
        _check_usual_authorities(os.environ.get(USUAL))
    if settings.certificate is not None:
        _check_pair(settings.certificate, settings.key, root)
    paths = {name: getattr(settings, name) for name in ("ca", "certificate", "key")}
    return Tls(
        **{name: str(_path(reference, name, root)) for name, reference in paths.items() if reference}, verify=settings.verify
    )


def absolute(path: str) -> str:
    """A path as it is meant in the working directory."""
    return str(expanded(path, where="target.tls").absolute())


def keys_in(settings: Settings, *, root: Path = ROOT) -> tuple[str, ...]:
    """The private keys that the files hold, for redaction; none where they cannot be read."""
    found: list[str] = []
    for name in ("certificate", "key"):
        if reference := getattr(settings, name):
            try:
                found += [key.decode("latin-1") for key in _KEY.findall(_read(reference, name, root))]
            except BadInput:
                continue
    return tuple(found)


def _check_authorities(reference: str, root: Path) -> None:
    _pem(reference, "ca", _CERTIFICATE, "certificates of authorities", root)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=_path(reference, "ca", root))
    except ssl.SSLError as error:
        raise _refused("ca", f"a certificate in {reference} is damaged ({_why(error)})", "whole certificates in PEM") from None


def _check_usual_authorities(path: str | None) -> None:
    """OpenSSL would wait for a pipe, and read a device without end; /dev/null is how one trusts nobody."""
    file = Path(path or os.devnull)
    if path and path != os.devnull and (file.is_fifo() or file.is_char_device() or file.is_block_device() or file.is_socket()):
        raise BadInput(USUAL, f"{path} is no regular file", "a file of authorities in PEM")


def _check_pair(certificate: str, key: str | None, root: Path) -> None:
    _pem(certificate, "certificate", _CERTIFICATE, "a certificate", root)
    holder, where = (key, "key") if key else (certificate, "certificate")
    if _ENCRYPTED.search(_pem(holder, where, _KEY, "a private key", root)):
        accepted = "the key without a passphrase (openssl pkey -in ENCRYPTED -out PLAIN), in a file that its owner alone reads"
        raise _refused(where, f"the private key in {holder} is encrypted", accepted)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(
            _path(certificate, "certificate", root), _path(holder, where, root), password=_no_passphrase
        )
    except (ssl.SSLError, ValueError) as error:
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            found = f"the private key in {holder} does not belong to the first certificate in {certificate}"
            raise _refused(
                where, found, "the key that this certificate was made for, the client's own certificate first"
            ) from None
        raise _refused(
            where, f"{certificate} and its key cannot be used ({_why(error)})", "a whole certificate and its key"
        ) from None


def _pem(reference: str, name: str, wanted: re.Pattern[bytes], what: str, root: Path) -> bytes:
    content = _read(reference, name, root)
    if wanted.search(content):
        return content
    if content.startswith(b"\x30") and b"-----BEGIN" not in content:
        accepted = f"{what} in PEM (openssl x509 -inform der, or openssl pkcs12 -nodes for a .p12 or .pfx, converts it)"
        raise _refused(name, f"{reference} is binary (DER or PKCS #12), not PEM", accepted)
    kinds = dict.fromkeys(kind.decode().lower() for kind in re.findall(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----", content))
    found = f"{reference} holds no such thing" + (f" but {', '.join(kinds)}" if kinds else ": it is no PEM file")
    raise _refused(name, found, f"{what} in PEM")


def _read(reference: str, name: str, root: Path) -> bytes:
    try:
        content = read_regular(_path(reference, name, root), at_most=MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _refused(name, f"{reference} cannot be read ({why_unreadable(error)})", "a readable PEM file, file:PATH") from None
    if len(content) > MAX_FILE_BYTES:
        raise _refused(name, f"{reference} is larger than 4 MiB", "a PEM file")
    return content


def _path(reference: str, name: str, root: Path) -> Path:
    path = expanded(reference.removeprefix("file:"), where=f"target.tls.{name}")
    return path if path.is_absolute() else root / path


def _no_passphrase() -> NoReturn:
    raise ValueError("the key is encrypted")


def _why(error: ssl.SSLError | ValueError) -> str:
    return (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()


def _refused(name: str, found: str, accepted: str) -> BadInput:
    return BadInput(f"target.tls.{name}", found, accepted)
