"""What controllers built on nginx read from an Ingress' annotations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.configuration.serving import is_told, routes_of, towards_upstream
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
        (f"{PREFIX}/auth-url: ''", []),
        (f"{PREFIX}/auth-type: ''", []),
        (f"{PREFIX}/whitelist-source-range: '0.0.0.0/0'", []),
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


@pytest.mark.parametrize(
    ("path", "target", "asked", "sent"),
    [
        ("/(ws.*)", "/$1", "/ws/chat", "/ws/chat"),
        ("/ws", "/", "/ws/chat", "/"),
        ("/ws(/|$)(.*)", "/$2", "/ws/chat", "/chat"),
        ("/ws(/|$)(.*)", "/$2", "/ws", "/"),
        ("/ws(?!x)(.*)", "/$1", "/ws/chat", None),
        ("/ws", "/$host", "/ws", None),
    ],
)
def test_what_becomes_of_a_path(path: str, target: str, asked: str, sent: str | None) -> None:
    """The whole path becomes what the target makes of its groups; what does not change is no finding."""
    address = replace(ASKED.websocket, path=asked)
    text = ingress(f"{PREFIX}/rewrite-target: {target}").replace("path: /ws,", f"path: '{path}',")
    routes = [route for route in routes_of(read(a__yaml=text), address) if is_told(route, asked)]
    assert [towards_upstream(route, asked) for route in routes] == [sent][: sent is not None]


def test_a_target_that_changes_nothing() -> None:
    """A pattern that puts back what it took leaves the path as it is, and is no prefix taken off."""
    of_rest = ingress().replace("name: rest", "name: sockets").replace("path: /ws", "path: /other")
    for target, kinds in (("/$1", []), ("/", ["prefix-taken-off"])):
        text = ingress(f"{PREFIX}/rewrite-target: {target}").replace("path: /ws,", "path: '/(ws.*)',")
        text = "\n".join(line for line in text.splitlines() if "path: /api" not in line)
        assert [one.kind for one in found(a__yaml=text, b__yaml=of_rest)] == kinds


@pytest.mark.parametrize(
    ("canary", "told"),
    [
        ("canary-by-header: x-canary", [("credential-header", False)]),
        ("canary-weight: '20'", [("credential-header", False)]),
        ("canary-weight: '0'", [("credential-header", True)]),
    ],
)
def test_a_canary(canary: str, told: list[tuple[str, bool]]) -> None:
    """A canary is not the main route; where it may take the handshake, what the main one does only leads."""
    strips = f'{PREFIX}/configuration-snippet: |\n      proxy_set_header Authorization "";'
    other = ingress(f"{PREFIX}/auth-url: https://oauth2.example/auth\n    {PREFIX}/canary: 'true'\n    {PREFIX}/{canary}")
    other = other.replace("name: edge", "name: canary")
    for texts in ({"a__yaml": other, "b__yaml": ingress(strips)}, {"a__yaml": ingress(strips), "b__yaml": other}):
        assert [(one.kind, one.is_plain) for one in found(**texts)] == told
