"""nginx's rewrite phase for a handshake: what holds, what answers, and what is not told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.configuration.documents import Document
from lib.configuration.prediction import Address
from lib.configuration.readers.nginx_directives import Files, directives
from lib.configuration.readers.nginx_flow import holds
from lib.configuration.readers.nginx_values import Variables
from lib.configuration.shape import Count
from tests.configuration.samples import ASKED, PASSES, causes, found, nginx, read

UPGRADES = (
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $host;"
    " proxy_read_timeout 1h;"
)
MAPS = """
map $http_upgrade $is_socket { default 0; websocket 1; }
map $http_upgrade $unless { default $elsewhere; "" 0; }
map $http_upgrade $is_partial { default 1; "" 0; include more.map; }
"""


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ("$http_upgrade", True),
        ("$http_upgrade = websocket", True),
        ("$http_upgrade != websocket", False),
        ("$http_upgrade !~* websocket", False),
        ("$http_upgrade ~* ^WebSocket$", True),
        ("$http_upgrade ~ ^WebSocket$", False),
        ('$http_upgrade = ""', False),
        ("$http_upgrade ~ (?=web)", None),
        ("$http_connection !~* upgrade", False),
        ("$http_sec_websocket_key = ''", False),
        ("$request_method !~ ^(GET|HEAD)$", False),
        ("$request_method = POST", False),
        ("$is_socket", True),
        ("$is_socket = 0", False),
        ("$unless", None),
        ("$is_partial", None),
        ("$invalid_referer", None),
        ("$http_origin = https://a.example", None),
        ("$http_user_agent ~* bot", None),
        ("$http_upgrade = $elsewhere", None),
        ("-f $request_filename", None),
        ("!-e /var/www/up", None),
    ],
)
def test_conditions(condition: str, held: bool | None) -> None:
    """An `if` is tried for this very handshake; of what it does not send, or what is filled elsewhere, nothing is said."""
    maps = Variables(directives(Document("a", MAPS), Files(), Count()))
    (one,) = directives(Document("b", f"if ({condition}) {{ return 403; }}"), Files(), Count())
    assert holds(one.args, maps) is held


@pytest.mark.parametrize(
    ("rules", "caused"),
    [
        ("if ($http_upgrade !~* websocket) { return 426; }", []),
        ('if ($http_upgrade = "") { return 426; }', []),
        ("if ($http_upgrade) { return 426; }", ["edge-blocks-upgrade"]),
        ("if ($http_upgrade ~* websocket) { return 403; }", ["edge-blocks-upgrade"]),
        ("if ($is_socket) { return 403; }", ["edge-blocks-upgrade"]),
        ("if ($is_socket = 0) { return 403; }", []),
        ("set $no 0; if ($http_upgrade) { set $no 1; } if ($no) { return 403; }", ["edge-blocks-upgrade"]),
        ("set $no 1; if ($http_upgrade) { set $no 0; } if ($no) { return 403; }", []),
        ("set $no 1; if ($http_x_inside) { set $no 0; } if ($no) { return 403; }", []),
        ("if ($request_method !~ ^GET$) { return 405; }", []),
        ("if ($request_method = GET) { return 403; }", ["edge-policy"]),
        ("if ($scheme = https) { return 403; }", ["edge-policy"]),
        ("if ($scheme != https) { return 403; }", []),
        ("if ($host != api.staging.example) { return 403; }", []),
        ("if ($invalid_referer) { return 403; }", []),
        ("if ($http_x_inside = '') { return 404; } return 403;", []),
        ("if ($http_upgrade = h2c) { return 404; } return 403;", ["edge-policy"]),
        ("break; return 403;", []),
        ("if ($http_upgrade) { break; } return 403;", []),
        ("error_page 403 =200 /in; return 403;", []),
        ("error_page 403 /403.html; return 403;", ["edge-policy"]),
    ],
)
def test_what_answers(rules: str, caused: list[str]) -> None:
    """A rule is one against this handshake where its condition holds of it, and where no answer that is not told comes first."""
    assert causes(a__conf=MAPS.replace("include more.map;", "") + nginx(f"{rules} {PASSES}")) == caused


def test_what_is_not_told_is_counted_once() -> None:
    """An `if` that cannot be evaluated is unread, once, however many locations its server has."""
    text = nginx(PASSES).replace("proxy_http_version", "if ($cookie_beta) { return 403; } proxy_http_version")
    assert [(one.what, one.count) for one in read(a__conf=text).unread] == [("nginx: an if on what is not told", 1)]


@pytest.mark.parametrize(
    ("in_location", "in_server", "caused"),
    [
        ("rewrite ^(.*)$ https://$host$1 permanent;", "", []),
        ("rewrite ^/old$ https://www.example/new permanent;", "", []),
        ("rewrite ^/old/(.*)$ /new/$1 break;", "", []),
        ("rewrite ^/ws$ /ws/ break;", "", []),
        ("rewrite ^/ws$ /socket break;", "", []),
        ("rewrite ^/ws/?(.*)$ /$1 break;", "", ["route-missing"]),
        ("rewrite ^/ws/?(.*)$ /$1;", "", []),
        ("rewrite ^/ws/?(.*)$ /$1 last;", "", []),
        ("rewrite ^/ws/?(.*)$ //$1x break;", "", ["route-missing"]),
        ("rewrite ^/ws(?=$) / break;", "", []),
        ("rewrite ^/ws /$elsewhere break;", "", []),
        ("if ($http_upgrade) { rewrite ^ / break; }", "", ["route-missing"]),
        ("if ($http_x_inside) { rewrite ^ / break; }", "", []),
        ("if ($http_upgrade = '') { rewrite ^ / break; }", "", []),
        ('proxy_set_header Authorization "";', "rewrite ^/ws$ /elsewhere last;", []),
        ('proxy_set_header Authorization "";', "rewrite ^/w$ /elsewhere last;", ["edge-strips-credential"]),
    ],
)
def test_rewrites(in_location: str, in_server: str, caused: list[str]) -> None:
    """A rewrite is applied to this path; where it leads to another location, or is not told, nothing is claimed."""
    text = nginx(f"{in_location} {PASSES}").replace("proxy_http_version", f"{in_server} proxy_http_version")
    assert causes(a__conf=text) == caused


def test_a_redirect_by_rewrite() -> None:
    """From plain text to https it is the scheme that is wrong, on the whole server too."""
    text = "server {\n listen 80; server_name api.staging.example; rewrite ^(.*)$ https://$host$1 permanent;\n}"
    assert causes(replace(ASKED, websocket=Address.of("ws://api.staging.example/ws")), a__conf=text) == ["wrong-scheme"]


@pytest.mark.parametrize(
    ("locations", "caused"),
    [
        ("location / { proxy_pass http://$up/ws; PASS } location /api { proxy_pass http://$up; PASS }", []),
        ("location /ws { proxy_pass http://$up/; PASS } location /api { proxy_pass http://$up; PASS }", []),
        (
            "set $up b; location /ws { proxy_pass http://$up/; PASS } location /api { proxy_pass http://$up; PASS }",
            ["route-missing"],
        ),
        ("set $up b; location / { proxy_pass http://$up$request_uri; PASS }", []),
        ("location /ws { rewrite ^/ws/?(.*) /$1 break; root /x; } location /api { root /x; }", []),
        ("location / { if ($http_upgrade) { proxy_pass http://b/; } proxy_pass http://c; PASS }", []),
    ],
)
def test_upstreams_that_are_told(locations: str, caused: list[str]) -> None:
    """Two routes lead to one upstream where both name it; a proxy_pass with variables replaces the whole path by its own."""
    server = f"server {{\n listen 443 ssl; server_name api.staging.example; {locations.replace('PASS', UPGRADES)}\n}}"
    assert causes(a__conf=server) == caused


def test_an_upstream_of_upgrades() -> None:
    """The proxy_pass of an `if` that holds is where this handshake goes; of one that is not told no upstream is named."""
    routes = [read(a__conf=nginx(f"if ({on}) {{ proxy_pass http://b; }} {PASSES}")).routes[1] for on in ("$http_upgrade", "$x")]
    assert [(one.path, one.upstream, one.upgrade) for one in routes] == [("/ws", "b", True), ("/ws", None, True)]


@pytest.mark.parametrize(("named", "caused"), [(PASSES, []), ("proxy_set_header Host $host;", ["edge-blocks-upgrade"])])
def test_a_named_location(named: str, caused: list[str]) -> None:
    """A status that an error_page hands on leads to the location of that name, which decides what is passed on."""
    text = nginx("error_page 418 = @sockets; if ($http_upgrade) { return 418; }").rstrip().removesuffix("}")
    assert [
        one.cause
        for one in found(a__conf=f"{text} location @sockets {{ proxy_pass http://app; {named} }} proxy_read_timeout 1h; }}")
    ] == caused
