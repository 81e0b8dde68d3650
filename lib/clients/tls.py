"""TLS as the doors speak it: one context for what a client trusts and presents, and why a handshake with it came to nothing.

What the server sent is kept where its certificate is refused, so that the sentence can say which certificate, and why.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from functools import lru_cache
from typing import Any

from lib.clients import certificates, network
from lib.facts import USUAL_TLS, Tls

_ABOUT_THE_CLIENT = re.compile(
    r"ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN"
    r"|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$"
)
"""Alerts that a server sends of its client's certificate, or of there being none."""

LISTENS_S = 0.4
"""How long an alert is waited for: it comes within one journey to the server and back."""


def context(tls: Tls = USUAL_TLS) -> ssl.SSLContext:
    """The one TLS context of this process for these files and SSL_CERT_FILE: making one costs 17 ms and blocks all other
    exchanges. A file that has changed is read again."""
    trusted = None if tls.ca else os.environ.get("SSL_CERT_FILE")
    files = (tls.ca, tls.certificate, tls.key, trusted)
    return _context(tls, trusted, tuple(_stamp(path) for path in files))


def _stamp(path: str | None) -> tuple[int, int] | None:
    try:
        found = os.stat(path) if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None


@lru_cache(maxsize=8)
def _context(tls: Tls, _trusted: str | None, _stamps: tuple[tuple[int, int] | None, ...]) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=tls.ca)
    made.sslobject_class = _KeepingWhatWasSent
    made.set_alpn_protocols(["http/1.1"])
    # As curl and browsers do, and Python 3.13 does not: chains that private authorities make in practice are taken.
    made.verify_flags = (made.verify_flags & ~ssl.VERIFY_X509_STRICT) | ssl.VERIFY_X509_PARTIAL_CHAIN
    if tls.certificate:
        made.load_cert_chain(tls.certificate, tls.key)
    if not tls.verify:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


@lru_cache(maxsize=1)
def no_context() -> ssl.SSLContext:
    """An empty TLS context, for clients that will never use one."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _KeepingWhatWasSent(ssl.SSLObject):
    """Puts the certificates that the server sent beside the error that refuses them."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            error.sent = _sent(self)  # type: ignore[attr-defined]  # read by `sentence`
            raise


def _sent(connection: Any) -> tuple[bytes, ...]:
    if hasattr(connection, "get_unverified_chain"):  # Python 3.13
        return tuple(connection.get_unverified_chain())
    chain: Any = getattr(connection._sslobj, "get_unverified_chain", tuple)()
    return tuple(ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in chain or ())


def sentence(error: BaseException, tls: Tls = USUAL_TLS) -> str:
    """Why TLS did not come about, in a plain sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        told = certificates.refusal(error.verify_code, getattr(error, "sent", ()), tls)
        return f"the server's TLS certificate is not accepted: {error.verify_message.rstrip('.')}{f' ({told})' if told else ''}"
    if isinstance(error, ssl.SSLError):
        if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
            return "the server does not speak TLS on this port"
        return alert(error, tls) or f"the TLS handshake failed: {_words(error.reason or 'unknown reason')}{_open(error, tls)}"
    if isinstance(error, ssl.CertificateError):
        return f"the server's TLS certificate is not accepted: {error}"
    return f"the TLS handshake failed: {network.reason(error)}"


def _open(error: ssl.SSLError, tls: Tls) -> str:
    """What a handshake failure may be: before TLS 1.3 it is also how some servers miss a client certificate."""
    unknown = (error.reason or "").endswith("ALERT_HANDSHAKE_FAILURE") and tls.certificate is None
    return " (nothing in common, or the server may want a client certificate, and there was none to send)" if unknown else ""


def alert(error: BaseException | None, tls: Tls) -> str | None:
    """What an alert says of the client's certificate; None where the error is no such alert.

    As of TLS 1.3 it comes after the handshake, in place of an answer.
    """
    found = _ABOUT_THE_CLIENT.search(error.reason or "") if isinstance(error, ssl.SSLError) else None
    if found is None:
        return None
    said = f"the TLS alert {_words(found[1])!r}"
    if tls.certificate is None:
        return f"the server ended TLS for want of a client certificate, as {said} says, for there was none to send"
    whose = certificates.of_client(tls.certificate)
    return f"the server does not accept the client certificate that was sent{f' ({whose})' if whose else ''}: {said} came"


async def unread_alert(error: BaseException | None, host: str, port: int, tls: Tls) -> str | None:
    """The alert about the client's certificate that a reset swallowed, asked for once more; None where there is none.

    Who writes a request while the alert is on its way is reset and never reads it; who only listens does.
    """
    if not isinstance(error, ConnectionResetError | BrokenPipeError):
        return None
    try:
        async with asyncio.timeout(LISTENS_S):
            reader, writer = await _opened(host, port, context(tls))
            try:
                await reader.read(1)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError) as heard:
        return alert(heard, tls)
    except network.NoConnection:
        return None
    return None


SPOKEN = "the port speaks TLS (https:// and wss://), and was asked in plain text"


async def is_spoken(host: str, port: int) -> bool:
    """Whether this port answers a TLS handshake: what wants TLS often ends a request in plain text without a word.

    Nothing is sent but the handshake's first message, and no certificate is trusted.
    """
    try:
        async with asyncio.timeout(LISTENS_S):
            _, writer = await _opened(host, port, no_context())
            writer.transport.abort()
    except ssl.SSLError as error:
        return isinstance(error, ssl.SSLCertVerificationError) or "ALERT" in (error.reason or "")
    except (OSError, ValueError, TimeoutError, network.NoConnection):
        return False
    return True


async def _opened(host: str, port: int, trust: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TLS session with the first address that takes the connection; the loop's own look-up could not be given up."""
    stream = await network.connected(await network.addresses(host, port))
    try:
        return await asyncio.open_connection(sock=stream, ssl=trust, server_hostname=host)
    except BaseException:
        stream.close()
        raise


def _words(reason: str) -> str:
    return reason.replace("_", " ").lower()
