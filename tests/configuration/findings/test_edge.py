"""What a route on the way predicts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.configuration.samples import ASKED, NGINX, PASSES, causes, found, nginx

H1 = "proxy_http_version 1.1;"


def test_a_route_that_does_its_work() -> None:
    """Nothing is predicted of a location that passes everything on."""
    assert found(a__conf=nginx()) == []


@pytest.mark.parametrize(
    ("location", "predicted"),
    [
        ("proxy_set_header Host $host;", ["edge-blocks-upgrade"]),
        (f"{PASSES} proxy_http_version 1.0;", ["edge-blocks-upgrade"]),
        (f'{PASSES} proxy_set_header Authorization "";', ["edge-strips-credential"]),
        (f"{PASSES} proxy_set_header Authorization 'Basic eDp5';", ["edge-strips-credential"]),
        (f"{PASSES} proxy_pass_request_headers off;", ["edge-strips-credential"]),
        (f'{PASSES} proxy_set_header Origin "";', ["origin-refused"]),
        (f'{PASSES} proxy_set_header Sec-WebSocket-Protocol "";', ["subprotocol-refused"]),
        (PASSES.replace("$host", "app.internal"), ["forwarded-refused"]),
        (f"{PASSES} proxy_set_header X-Forwarded-Proto http;", ["forwarded-refused"]),
        (f"{PASSES} proxy_hide_header Upgrade;", ["upgrade-damaged"]),
        (f"{PASSES} proxy_hide_header Sec-WebSocket-Protocol;", ["subprotocol-unanswered"]),
        (f"{PASSES} proxy_read_timeout 60s;", ["idle-closed"]),
        (f"{PASSES} large_client_header_buffers 4 512;", ["request-too-large"]),
        (f"{PASSES} deny all;", ["edge-policy"]),
        (f"{PASSES} auth_request /_auth;", ["edge-policy"]),
        (f"{PASSES} ssl_verify_client on;", ["client-certificate-missing"]),
        (f"{PASSES} if ($http_origin !~ ^https://www\\.) {{ return 403; }}", ["origin-refused"]),
        (f"{PASSES} if ($http_origin !~ ^https://app\\.) {{ return 403; }}", []),
        (f"{PASSES} limit_conn perip 2;", ["connection-limit"]),
        (f"{PASSES} limit_req zone=ws;", ["rate-limited"]),
        ("return 404;", ["route-missing"]),
        ("return 403;", ["edge-policy"]),
        (f"rewrite ^/ws(.*)$ //$1 break; {PASSES}", ["route-missing"]),
    ],
)
def test_predictions(location: str, predicted: list[str]) -> None:
    """Each way in which a location breaks a handshake is predicted, at its line, with what would be seen."""
    told = found(a__conf=nginx(location))
    assert [one.cause for one in told] == predicted
    assert all(one.place.startswith("a.conf:") and one.words and one.predicts for one in told)


def test_http_1_0_is_no_plain_word() -> None:
    """Some servers upgrade HTTP/1.0 and many do not: it leads, and is not contradicted by one that passes."""
    assert [one.is_plain for one in found(a__conf=nginx(f"{PASSES} proxy_http_version 1.0;"))] == [False]


def test_no_version_is_no_finding_where_upgrades_pass() -> None:
    """Which HTTP an nginx speaks that says nothing depends on its version: nothing plain is said of it."""
    assert causes(a__conf=nginx(text=NGINX.replace(H1, ""))) == []


def test_only_what_this_handshake_needs() -> None:
    """A header that the handshake does not carry, and a timeout that nobody waits for, are no findings."""
    asked = replace(ASKED, carries="cookie", origin=None, subprotocols=(), idle_s=None)
    removed = " ".join(f'proxy_set_header {name} "";' for name in ("Authorization", "Origin", "Sec-WebSocket-Protocol"))
    assert causes(asked, a__conf=nginx(f"{PASSES} {removed} proxy_read_timeout 5s;")) == []


@pytest.mark.parametrize(("rest", "socket"), [("/", ""), ("", "/")])
def test_a_prefix_that_one_of_two_keeps(rest: str, socket: str) -> None:
    """Of two routes to one upstream one takes the prefix off and the other does not: the path is not what it expects."""
    asked = replace(ASKED, idle_s=None, websocket=replace(ASKED.websocket, path="/api/ws"))
    text = (
        f"server {{ location /api/ {{ proxy_pass http://app{rest}; }} "
        f"location /api/ws {{ {PASSES.replace('$connection_upgrade', 'upgrade')} proxy_pass http://app{socket}; }} }}"
    )
    told = found(asked, a__conf=text)
    assert [one.cause for one in told] == ["route-missing"]
    assert told[0].tries == ({"paths": ("/ws",)} if rest else {})


def test_plain_text_sent_to_https() -> None:
    """A server that sends plain text to https answers a ws:// handshake with that."""
    asked = replace(ASKED, websocket=replace(ASKED.websocket, port=80, is_secure=False))
    text = "server { listen 80; server_name api.staging.example; return 301 https://$host$request_uri; }"
    assert causes(asked, a__conf=text) == ["wrong-scheme"]
