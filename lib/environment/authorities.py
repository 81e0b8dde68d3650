"""Whom other people's programs trust while they run for us: the authorities that they would anyway, and `target.tls.ca`."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.parameters.certificates import usable
from lib.parameters.model import TlsSettings

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Where OpenSSL (and so Python, Go and Ruby), requests, curl and Node look for authorities."""


@contextmanager
def trusting(settings: TlsSettings) -> Iterator[dict[str, str]]:
    """The variables with which a program trusts `ca` too, as long as it runs; none without one. Raises `BadInput` as `usable`."""
    tls = usable(settings)
    if tls.ca is None:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="authorities-") as folder:
        bundle = Path(folder) / "authorities.pem"
        bundle.write_bytes(b"\n".join(part.read_bytes() for part in (Path(tls.ca), *_usual()) if part.is_file()))
        yield dict.fromkeys(VARIABLES, str(bundle))


def _usual() -> list[Path]:
    file = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return [Path(file)] if file else []
