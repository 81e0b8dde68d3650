"""A throw-away authority for one sabotage: a certificate for the target's names that only the sabotaged suite trusts."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

LIFETIME = timedelta(days=1)


def make(hosts: Iterable[str], folder: Path) -> tuple[Path, ssl.SSLContext]:
    """The authority's certificate as a file in `folder`, and a server context with a certificate for these hosts.

    The keys are made anew; the server's stays in `folder`, which the caller throws away, and the authority's is never written.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = datetime.now(UTC)

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def certificate(
        subject: str, key: ec.EllipticCurvePrivateKey, extensions: list[tuple[x509.ExtensionType, bool]]
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder().subject_name(named(subject)).issuer_name(named("Sabotage")).public_key(key.public_key())
        )
        builder = (
            builder.serial_number(x509.random_serial_number()).not_valid_before(now - LIFETIME).not_valid_after(now + LIFETIME)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(authority_key, hashes.SHA256())

    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    authority = certificate(
        "Sabotage", authority_key, [(x509.BasicConstraints(ca=True, path_length=0), True), (identifier, False), (usage, True)]
    )
    names = x509.SubjectAlternativeName([_general_name(host) for host in sorted(set(hosts))])
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    server = certificate("target", server_key, [(names, False), (issued_by, False)])
    path, chain = folder / "authority.pem", folder / "server.pem"
    path.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    key = server_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.touch(mode=0o600)
    chain.write_bytes(key + server.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return path, context


def _general_name(host: str):  # type: ignore[no-untyped-def]  # cryptography is imported only where it is used
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.encode("idna").decode())
