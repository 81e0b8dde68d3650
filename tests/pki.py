"""A private authority for tests: a root, an intermediate, and what they sign, as PEM files in one folder."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

DAY = timedelta(days=1)
LOOPBACK = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, and their files; `chain` holds the certificate and those above it, without the root."""

    own: x509.Certificate
    secret: ec.EllipticCurvePrivateKey
    certificate: Path
    key: Path
    chain: Path


class Pki:
    """A root, and an intermediate below it, both of one organisation."""

    def __init__(self, folder: Path, organisation: str = "Example Trust"):
        self.folder, self.organisation = folder, organisation
        self.root = self.sign("Example Root", None, is_authority=True)
        self.intermediate = self.sign("Example Issuing CA", self.root, is_authority=True)

    def sign(
        self,
        name: str,
        by: Signed | None,
        *,
        hosts: Sequence[str] = (),
        valid: tuple[timedelta, timedelta] = (-DAY, DAY),
        is_authority: bool = False,
        fetched_from: str | None = None,
    ) -> Signed:
        """A certificate by an authority of here (None: by itself), valid from and until so long after now."""
        secret, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = self._named(name) if is_authority else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(subject_name=subject, issuer_name=by.own.subject if by else subject)
        builder = builder.public_key(secret.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now + valid[0]).not_valid_after(now + valid[1])
        builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(secret.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key((by.secret if by else secret).public_key())
        builder = builder.add_extension(identifier, critical=False).add_extension(issuer, critical=False)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        if fetched_from:
            place = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(fetched_from))
            builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
        own = builder.sign(by.secret if by else secret, hashes.SHA256())
        return self._written(name, own, secret, by)

    def server(self, *hosts: str, **differing: object) -> Signed:
        """A server's certificate by the intermediate, by default for the loopback."""
        return self.sign("edge", self.intermediate, **{"hosts": hosts or LOOPBACK, **differing})  # type: ignore[arg-type]

    def client(self) -> Signed:
        """A client's certificate by the root."""
        return self.sign("client", self.root)

    def encrypted(self, signed: Signed) -> Path:
        """The key of this certificate behind a passphrase."""
        path = self.folder / "encrypted.key"
        path.write_bytes(signed.secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sesame")))
        return path

    def _named(self, name: str) -> x509.Name:
        organisation = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organisation)] if self.organisation else []
        return x509.Name([*organisation, x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def _written(self, name: str, own: x509.Certificate, secret: ec.EllipticCurvePrivateKey, by: Signed | None) -> Signed:
        stem = f"{name.lower().replace(' ', '-')}-{own.serial_number % 10**6}"
        certificate, key, chain = (self.folder / f"{stem}{ending}.pem" for ending in ("", "-key", "-chain"))
        pem = own.public_bytes(Encoding.PEM)
        certificate.write_bytes(pem)
        key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key.chmod(0o600)
        chain.write_bytes(pem + (by.chain.read_bytes() if by and by.own.subject != by.own.issuer else b""))
        return Signed(own, secret, certificate, key, chain)


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
