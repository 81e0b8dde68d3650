"""What the built-in system says of its own configuration, and whether it is so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.configuration.documents import Document
from lib.configuration.findings.all import findings
from lib.configuration.prediction import Address, Asked
from lib.configuration.reading import read_documents
from lib.staging.config import Config, Keys
from lib.staging.faults import FAULTS, WAYS, policies_for
from lib.staging.published import published

KEYS = Keys(jwt="canary-jwt", jwt_websocket="canary-websocket", bypass="canary-bypass", service="canary-service")
ASKED = Asked(
    websocket=Address.of("ws://127.0.0.1:8000/ws"),
    rest=Address.of("http://127.0.0.1:8000/api/auth/me"),
    origin="http://app.staging.localhost",
    idle_s=3,
    longest_header_bytes=600,
    algorithm="HS256",
    claims={"iss": "netra-auth-service", "aud": "netra-platform"},
)
UNTOLD = frozenset(
    """
    client-proxy credential-absent credential-malformed credential-carrier subprotocol-unoffered route-missing subprotocol-refused
    bypass-key token-reuse claim-missing token-expired clock-skew user-unknown user-inactive permission-missing auth-service-down
    service-identity server-error connection-limit startup-race verdict-cached closed-after-accept crash-after-accept
    certificate-refused protocol-version wrong-token forwarded-refused subprotocol-unanswered first-message-missing
    websocket-unsupported handler-hangs upgrade-damaged/accept wrong-scheme/plain-on-tls certificate-refused/expired
    certificate-refused/name permission-missing/user
    """.split()  # noqa: SIM905  names read better as words
)
"""What no configuration of nginx or Cloud Run tells: code, keys' values, times, users, and what the client does itself."""


def predicted(fault: str | None) -> list[str]:
    """The causes that the configuration of a system with this fault predicts."""
    policies = policies_for([fault] if fault else [])
    revisions = ["old", "new"] if policies.platform.has_stale_revision else ["new"]
    tls_port = 8443 if policies.tls.opens else None
    files = published(Config(keys=KEYS), policies, port=8000, tls_port=tls_port, revisions=revisions)
    whole = read_documents([Document(name, text) for name, text in files.items()])
    assert whole.unread == ()
    assert "canary" not in repr(files)
    asked = replace(ASKED, has_client_certificate=fault is None)
    return [one.cause for one in findings(whole, asked)]


def test_without_a_fault() -> None:
    """A system without a fault predicts none."""
    assert predicted(None) == []


@pytest.mark.parametrize("fault", [*FAULTS, *WAYS])
def test_each_fault(fault: str) -> None:
    """A fault that a configuration can tell is predicted by the very file that commits it, and no other cause is."""
    assert predicted(fault) == ([] if fault in UNTOLD else [fault.partition("/")[0]])
