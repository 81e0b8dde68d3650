"""What is wrong with a certificate that was refused, in words that say which one and what to look at."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID

from lib.facts import Tls
from lib.parameters.secrets import read_regular

NOT_YET, EXPIRED, SELF_SIGNED, SELF_SIGNED_ABOVE = 9, 10, 18, 19
ISSUER_UNKNOWN = frozenset({2, 7, 20, 21})
ANOTHER_NAME = frozenset({62, 63, 64})
"""OpenSSL's numbers of what it found (X509_V_ERR_…)."""

_UNREADABLE = (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""What a certificate that somebody made by hand may raise; OpenSSL's own words are told all the same."""

MAX_NAMES, MAX_NAME_CHARACTERS = 6, 100
MAX_FILE_BYTES = 16 * 1_048_576
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]++-----END CERTIFICATE-----")


def refusal(code: int, sent: Sequence[bytes], tls: Tls) -> str:
    """What OpenSSL's finding means for the certificates that the server sent, its own first; empty where nothing can be added."""
    try:
        chain = [x509.load_der_x509_certificate(each) for each in sent]
        return _told(code, chain, tls) if chain else ""
    except _UNREADABLE:
        return ""


def _told(code: int, chain: Sequence[x509.Certificate], tls: Tls) -> str:
    if code in ANOTHER_NAME:
        return f"it is for {', '.join(names(chain[0])) or 'no name at all'}"
    if code in (EXPIRED, NOT_YET):
        return _dated(code, chain)
    if code == SELF_SIGNED:
        return f"{_named(chain[0].subject)} vouches for itself, and is not among {trusted(tls)}"
    if code == SELF_SIGNED_ABOVE:
        return f"unknown authority: the chain ends at {_named(_path(chain)[-1].subject)}, which is not among {trusted(tls)}"
    return _without_issuer(chain, tls) if code in ISSUER_UNKNOWN else ""


def trusted(tls: Tls) -> str:
    """Whose authorities were asked, and what is wrong with them where that can be told."""
    if tls.ca:
        return "the authorities of target.tls.ca"
    file = os.environ.get("SSL_CERT_FILE")
    if not file:
        return "the authorities of this system"
    return (
        "the authorities of SSL_CERT_FILE"
        if _authorities(file)
        else "those of SSL_CERT_FILE, which names no file of certificates"
    )


def of_client(path: str) -> str:
    """Whose certificate the client presents, who issued it and until when; empty where that cannot be read."""
    try:
        own = x509.load_pem_x509_certificates(read_regular(Path(path), at_most=MAX_FILE_BYTES))[0]
    except (OSError, ValueError):
        return ""
    return f"{_named(own.subject)}, issued by {_named(own.issuer)}, valid until {_day(own.not_valid_after_utc)}"


def names(certificate: x509.Certificate) -> list[str]:
    """The hosts and addresses that a certificate is for, some at most."""
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    assert isinstance(found, x509.SubjectAlternativeName)
    told = [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]
    told = [repr(name[:MAX_NAME_CHARACTERS])[1:-1] for name in told]
    return [*told[:MAX_NAMES], *(["…"] if len(told) > MAX_NAMES else [])]


def _dated(code: int, chain: Sequence[x509.Certificate]) -> str:
    now = datetime.now(UTC)
    for place, each in enumerate(chain):
        which = "it was" if place == 0 else f"that of {_named(each.subject)} above it was"
        if code == EXPIRED and each.not_valid_after_utc < now:
            return f"{which} valid until {_day(each.not_valid_after_utc)}"
        if code == NOT_YET and each.not_valid_before_utc > now:
            return f"{which} made for the time from {_day(each.not_valid_before_utc)} on; the clock here says {_day(now)}"
    return "one that is trusted here, above it"


def _without_issuer(chain: Sequence[x509.Certificate], tls: Tls) -> str:
    """The chain leads to an issuer that neither came with it nor is trusted here."""
    path = _path(chain)
    issuer, known = path[-1].issuer, _known(tls)
    if any(each.subject == issuer for each in known):
        return f"{_named(issuer)} is among {trusted(tls)}, but with another key than the one that signed this"
    if len(path) > 1:
        return f"unknown authority: the chain ends at {_named(issuer)}, which is not among {trusted(tls)}"
    alone = "the server sent its own certificate alone" if len(chain) == 1 else "what the server sent does not hold its issuer"
    left_out = f"missing intermediate: {alone}, issued by {_named(issuer)}"
    if reason := _hint(path[0], known):
        return f"{left_out}, {reason}"
    return f"unknown authority, or {left_out}, which is not among {trusted(tls)}"


def _hint(own: x509.Certificate, known: Sequence[x509.Certificate]) -> str | None:
    """What says that the issuer is an intermediate and not an authority by itself."""
    organisation = _attribute(own.issuer, NameOID.ORGANIZATION_NAME)
    kin = next(
        (each for each in known if organisation and _attribute(each.subject, NameOID.ORGANIZATION_NAME) == organisation), None
    )
    if kin is not None:
        return f"which has the organisation of {_named(kin.subject)}, an authority that is trusted"
    return "whose certificate it says where to fetch" if _says_where_its_issuer_is(own) else None


def _says_where_its_issuer_is(own: x509.Certificate) -> bool:
    try:
        found = own.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    assert isinstance(found, x509.AuthorityInformationAccess)
    return any(each.access_method == AuthorityInformationAccessOID.CA_ISSUERS for each in found)


def _path(chain: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """From the server's own certificate upwards, as far as what was sent leads; servers do not always keep the order."""
    found, left = [chain[0]], list(chain[1:])
    while (above := next((each for each in left if each.subject == found[-1].issuer), None)) is not None:
        left.remove(above)
        found.append(above)
    return found


def _known(tls: Tls) -> tuple[x509.Certificate, ...]:
    file = tls.ca or os.environ.get("SSL_CERT_FILE")
    return _authorities(file) if file else ()


def _authorities(file: str) -> tuple[x509.Certificate, ...]:
    found = []
    try:
        blocks = _BLOCK.findall(read_regular(Path(file), at_most=MAX_FILE_BYTES))
    except OSError:
        return ()
    for block in blocks:
        with warnings.catch_warnings(), contextlib.suppress(ValueError):  # old authorities break rules that newer ones have
            warnings.simplefilter("ignore")
            found.append(x509.load_pem_x509_certificate(block))
    return tuple(found)


def _named(name: x509.Name) -> str:
    found = _attribute(name, NameOID.COMMON_NAME) or _attribute(name, NameOID.ORGANIZATION_NAME) or name.rfc4514_string()
    return repr(found[:MAX_NAME_CHARACTERS]) if found else "a certificate without a name"


def _attribute(name: x509.Name, wanted: x509.ObjectIdentifier) -> str | None:
    found = name.get_attributes_for_oid(wanted)
    return str(found[0].value) if found else None


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
