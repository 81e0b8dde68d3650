"""What is trusted and presented, in the words of the programs with which a handshake is repeated."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from lib.facts import USUAL_TLS, Tls
from lib.parameters.secrets import ROOT


@dataclass(frozen=True)
class Trust:
    """What is trusted and presented, in the words of each program."""

    tls: Tls

    @property
    def curl(self) -> list[str]:
        """Options of curl."""
        given = [
            ("--cacert", self.tls.ca if self.tls.verify else None),
            ("--cert", self.tls.certificate),
            ("--key", self.tls.key),
        ]
        options = [f"{option} {shlex.quote(_near(path))}" for option, path in given if path]
        return options if self.tls.verify else ["--insecure", *options]

    @property
    def before_websocat(self) -> list[str]:
        """Variables of websocat, which has no option for authorities."""
        return [f"SSL_CERT_FILE={shlex.quote(_near(self.tls.ca))}"] if self.tls.ca and self.tls.verify else []

    @property
    def websocat(self) -> list[str]:
        """Options of websocat."""
        # It takes a certificate as PKCS #12 alone: openssl pkcs12 -export -in CERTIFICATE -inkey KEY -out client.p12
        return ([] if self.tls.verify else ["-k"]) + (["--client-pkcs12-der client.p12"] if self.tls.certificate else [])

    @property
    def python(self) -> list[str]:
        """Statements that make `context`; none where it would be the usual one."""
        if self.tls == USUAL_TLS:
            return []
        trusted = f"cafile={_near(self.tls.ca)!r}" if self.tls.ca else ""
        lines = [f"context = ssl.create_default_context({trusted})"]
        own = [repr(_near(path)) for path in (self.tls.certificate, self.tls.key) if path]
        lines += [f"context.load_cert_chain({', '.join(own)})"] if own else []
        return lines if self.tls.verify else [*lines, "context.check_hostname = False", "context.verify_mode = ssl.CERT_NONE"]


def _near(path: str) -> str:
    """A path as it is written at the project's root."""
    found = Path(path)
    return found.relative_to(ROOT).as_posix() if found.is_relative_to(ROOT) else path
