"""A private authority of one run, and what it signs: the edge's certificate and one for clients."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ..faults import TlsPolicy

AUTHORITY = "Netra Staging Private CA"
NAMES = ("localhost", "api.staging.localhost")
ADDRESS = "127.0.0.1"
OTHER_NAMES = ("www.netra.example",)


@dataclass(frozen=True)
class Files:
    """Where clients find the authority, and a certificate of their own with its key (PEM)."""

    authority: str
    certificate: str
    key: str


class Authority:
    """The authority; its files live in a folder of their own until `close`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="staging-tls-")  # its mode is 0700
        self._path = Path(self._folder.name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(AUTHORITY)
        now = datetime.now(UTC)
        builder = _builder(self._name, self._name, self._key, (now - timedelta(days=1), now + timedelta(days=1)))
        self._own = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(
            self._key, hashes.SHA256()
        )
        (self._path / "authority.pem").write_bytes(self._own.public_bytes(serialization.Encoding.PEM))
        certificate, key = self._signed("staging-e2e-client", (), (now - timedelta(days=1), now + timedelta(days=1)))
        self.files = Files(str(self._path / "authority.pem"), str(certificate), str(key))

    def server_context(self, policy: TlsPolicy) -> ssl.SSLContext:
        """What the edge's TLS port presents and demands."""
        now = datetime.now(UTC)
        ended = timedelta(minutes=5) if policy.certificate == "expired" else timedelta(days=-1)
        names = OTHER_NAMES if policy.certificate == "another name" else NAMES
        certificate, key = self._signed("netra-edge", names, (now - timedelta(days=1), now - ended))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        key.unlink()
        if policy.wants_client:
            context.load_verify_locations(self.files.authority)
            context.verify_mode = ssl.CERT_REQUIRED if policy.wants_client == "handshake" else ssl.CERT_OPTIONAL
        return context

    def close(self) -> None:
        """Removes the files."""
        self._folder.cleanup()

    def _signed(self, name: str, names: tuple[str, ...], valid: tuple[datetime, datetime]) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_named(name), self._name, key, valid)
        if names:
            alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
            if names == NAMES:
                alternatives.append(x509.IPAddress(ipaddress.ip_address(ADDRESS)))
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = builder.add_extension(issuer, critical=False).sign(self._key, hashes.SHA256())
        paths = (self._path / f"{name}.pem", self._path / f"{name}.key")
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        paths[1].touch(mode=0o600)
        paths[1].write_bytes(key.private_bytes(*form))
        return paths


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(valid[0]).not_valid_after(valid[1])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False)
