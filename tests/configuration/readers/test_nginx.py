"""What nginx does to a handshake on its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.configuration.prediction import Address
from lib.configuration.serving import routes_of
from tests.configuration.samples import ASKED, NGINX, PASSES, causes, nginx, read


def route(location: str = PASSES, text: str = NGINX):
    """The route of the WebSocket in an nginx with these directives."""
    return routes_of(read(a__conf=nginx(location, text)), ASKED.websocket)[0]


@pytest.mark.parametrize(
    ("directives", "upgrade"),
    [
        (PASSES, True),
        ('proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";', True),
        ('proxy_set_header Upgrade websocket; proxy_set_header Connection "Upgrade, keep-alive";', True),
        ("proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;", True),
        ("proxy_set_header Upgrade $http_upgrade;", False),
        ('proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "";', False),
        ("proxy_set_header Host $host;", False),
        ("", False),
    ],
)
def test_upgrades(directives: str, upgrade: bool) -> None:
    """An upgrade passes where both headers are set, by whatever variables and maps, and nowhere else."""
    assert route(directives).upgrade is upgrade


def test_headers_are_inherited_whole_or_not_at_all() -> None:
    """One proxy_set_header in a location drops all that its server sets."""
    text = NGINX.replace("proxy_http_version 1.1;", f"proxy_http_version 1.1; {PASSES}")
    assert (route("", text).upgrade, route("proxy_set_header X-Real-IP $remote_addr;", text).upgrade) == (True, False)


def test_headers() -> None:
    """What is passed, removed and set is told by name; a value is kept of headers alone whose value is none's secret."""
    given = {"Authorization": '""', "Origin": "$http_origin", "Host": "app", "X-Key": "k3y"}
    headers = " ".join(f"proxy_set_header {name} {value};" for name, value in given.items())
    found = {header.name: (header.action, header.value) for header in route(headers).headers}
    assert found == {
        "authorization": ("removed", None),
        "origin": ("passed", None),
        "host": ("set", "app"),
        "x-key": ("set", None),
    }


def test_what_stands_where() -> None:
    """Listener, upstream, version and line are told."""
    whole, one = read(a__conf=nginx()), route()
    assert (one.listener.hosts, one.listener.port, one.listener.is_tls, one.http, one.place.line) == (
        ("api.staging.example",),
        443,
        True,
        "1.1",
        10,
    )
    assert [(upstream.name, upstream.addresses) for upstream in whole.upstreams] == [
        ("app", ("ws.default.svc.cluster.local:8000",))
    ]


@pytest.mark.parametrize(
    ("directives", "status"),
    [("return 403;", 403), ("return 301 https://a.example$request_uri;", 301), ("return https://a.example;", 302)],
)
def test_answers_of_its_own(directives: str, status: int) -> None:
    """What a location answers itself is told with where it sends the client."""
    assert (route(directives).answers, bool(route(directives).location)) == (status, status != 403)


def test_unknown_directives() -> None:
    """A directive that is not known is counted by its name, and those in its braces with it."""
    unread = read(a__conf=nginx("more_set_headers 'X: y'; brotli on; lua_block { what_is this; }")).unread
    assert [one.what for one in unread] == ["nginx: more_set_headers", "nginx: lua_block"]


CERTBOT = """server {
  if ($host = api.staging.example) {
    return 301 https://$host$request_uri;
  }
  listen 80;
  server_name api.staging.example;
  location /ws { proxy_pass http://app; }
  return 404;
}
"""


def test_a_redirect_to_https_is_no_missing_route() -> None:
    """What a server answers by itself goes before its locations, and an `if` on the host before what follows it."""
    plain = replace(ASKED, websocket=Address.of("ws://api.staging.example/ws"))
    assert causes(plain, a__conf=CERTBOT) == ["wrong-scheme"]
    assert causes(plain, a__conf=CERTBOT.replace("$host = api", "$host = other")) == ["route-missing"]


def test_a_variable_that_is_filled_elsewhere_says_nothing() -> None:
    """Where the map of the Connection header is not among the files nothing is predicted; in a file beside it decides."""
    text = nginx(PASSES.replace("$connection_upgrade", "$kept"))
    assert causes(a__conf=text) == []
    beside = "map $http_upgrade $kept { default keep-alive; }"
    assert causes(a__conf=text, maps__conf=beside) == ["edge-blocks-upgrade"]
    # Of another folder, and beside a whole configuration that does not include it, a map may be anybody's.
    assert causes(**{"a__conf": text, "old/maps__conf": beside}) == []
    assert causes(a__conf=f"http {{ {text} }}", maps__conf=beside) == []
    assert causes(a__conf=f"http {{ {text} include maps.conf; }}", maps__conf=beside) == ["edge-blocks-upgrade"]


def test_a_path_that_stays_the_same() -> None:
    """A path behind proxy_pass that equals the location's changes nothing, as it is written for Socket.IO."""
    text = nginx(PASSES).replace("proxy_pass http://app;\n        proxy_read", "proxy_pass http://app/ws;\n        proxy_read")
    assert "http://app/ws" in text
    assert causes(a__conf=text) == []


def test_a_part_without_a_server() -> None:
    """Locations alone are what some server includes: they are read, and what they do at whatever port is told."""
    bare = "location /ws { proxy_pass http://app; proxy_set_header Host $host; proxy_read_timeout 1h; }"
    assert causes(a__conf=bare) == ["edge-blocks-upgrade"]
    assert causes(a__conf="server { listen 80; include bare.conf; }", bare__conf=bare) == ["edge-blocks-upgrade"]
    assert len(read(a__conf="server { listen 80; include bare.conf; }", bare__conf=bare).routes) == 2


@pytest.mark.parametrize(
    ("location", "predicted"),
    [
        ("include proxy_params;", []),
        ("include /config/nginx/proxy.conf;", []),
        ("include /etc/nginx/locations/*.conf;", ["edge-blocks-upgrade", "forwarded-refused"]),
        ("include mime.types; proxy_set_header Host $host;", ["edge-blocks-upgrade"]),
        ("proxy_set_header Host $host;", ["edge-blocks-upgrade"]),
    ],
)
def test_what_an_included_file_may_say(location: str, predicted: list[str]) -> None:
    """A file that is not there may hold the very headers: of types and whole servers it is predicted on."""
    assert causes(a__conf=nginx(location)) == predicted


def test_a_status_that_leads_on() -> None:
    """An `if` on Upgrade whose status an error_page hands to a location of its own refuses nothing."""
    refuses = f"{PASSES} if ($http_upgrade = websocket) {{ return 418; }}"
    assert causes(a__conf=nginx(refuses)) == ["edge-blocks-upgrade"]
    assert causes(a__conf=nginx(f"error_page 418 = @sockets; {refuses}")) == []
