"""What controllers built on nginx read from an Ingress' annotations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.configuration.readers.test_kubernetes import ingress
from tests.configuration.samples import ASKED, CANARY, causes, found, read

PREFIX = "nginx.ingress.kubernetes.io"


@pytest.mark.parametrize(
    ("annotation", "predicted"),
    [
        (f"{PREFIX}/proxy-send-timeout: '60'", ["idle-closed"]),
        (f"{PREFIX}/connection-proxy-header: keep-alive", ["edge-blocks-upgrade"]),
        (f"{PREFIX}/proxy-http-version: '1.0'", ["edge-blocks-upgrade"]),
        (f"{PREFIX}/backend-protocol: GRPC", ["edge-blocks-upgrade"]),
        (f"{PREFIX}/backend-protocol: HTTP", []),
        (f"{PREFIX}/upstream-vhost: app.internal", ["forwarded-refused"]),
        (f"{PREFIX}/whitelist-source-range: 10.0.0.0/8", ["edge-policy"]),
        (f"{PREFIX}/auth-url: https://oauth2-proxy.example/oauth2/auth", ["edge-policy"]),
        (f"{PREFIX}/auth-tls-verify-client: 'on'", ["client-certificate-missing"]),
        (f"{PREFIX}/limit-connections: '2'", ["connection-limit"]),
        (f"{PREFIX}/limit-rps: '5'", ["rate-limited"]),
        (f"{PREFIX}/permanent-redirect: https://other.example", []),
        ("nginx.org/websocket-services: sockets", []),
        ("nginx.org/websocket-services: other", ["edge-blocks-upgrade"]),
        ("nginx.org/proxy-connect-timeout: 30s", ["edge-blocks-upgrade"]),
        ("traefik.ingress.kubernetes.io/router.tls: 'true'", []),
    ],
)
def test_predictions(annotation: str, predicted: list[str]) -> None:
    """Each annotation that decides about a handshake is one prediction, with its line."""
    told = found(a__yaml=ingress(annotation))
    assert [one.cause for one in told] == predicted
    assert all(one.place == "a.yaml:9" for one in told)


@pytest.mark.parametrize(
    ("line", "predicted"),
    [
        ('proxy_set_header Authorization "";', ["edge-strips-credential"]),
        ('more_clear_input_headers "Authorization";', ["edge-strips-credential"]),
        ('proxy_set_header Connection "";', ["edge-blocks-upgrade"]),
        ("proxy_set_header Upgrade $http_upgrade;", []),
        ("deny all;", ["edge-policy"]),
        ("return 403;", ["edge-policy"]),
        (f"proxy_set_header X-Internal {CANARY};", []),
    ],
)
def test_snippets(line: str, predicted: list[str]) -> None:
    """nginx's directives in a snippet count as if they stood in its configuration, without their values."""
    annotation = f"{PREFIX}/configuration-snippet: |\n      {line}"
    assert causes(a__yaml=ingress(annotation)) == predicted
    assert CANARY not in repr(read(a__yaml=ingress(annotation)))


def test_what_is_unknown() -> None:
    """An annotation that is not known is counted by its name; others' annotations are nobody's business here."""
    whole = read(a__yaml=ingress(f"{PREFIX}/mirror-uri: {CANARY}"))
    assert [(one.what, CANARY in repr(whole)) for one in whole.unread] == [("kubernetes: the annotation mirror-uri", False)]


def test_only_what_this_handshake_needs() -> None:
    """A timeout is a finding only where somebody waits for it."""
    assert causes(replace(ASKED, idle_s=None), a__yaml=ingress(f"{PREFIX}/proxy-send-timeout: '5'")) == []
