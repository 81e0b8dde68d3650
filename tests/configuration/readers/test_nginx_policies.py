"""What nginx refuses by itself, and the bounds that it keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.configuration.serving import routes_of
from tests.configuration.samples import ASKED, PASSES, found, nginx, read


@pytest.mark.parametrize(
    ("directives", "kinds"),
    [
        ("deny all;", ["deny"]),
        ("allow 10.0.0.0/8; deny all;", ["address"]),
        ("auth_request /_auth;", ["permission"]),
        ("auth_request off;", []),
        ('auth_basic "x"; auth_basic_user_file f;', ["basic"]),
        ("if ($http_origin !~* ^https://app\\.) { return 403; }", ["origin"]),
        ("if ($http_upgrade = websocket) { return 403; }", ["upgrade"]),
        ("if ($request_method = POST) { return 405; }", []),
        ("if ($http_upgrade !~* websocket) { return 426; }", []),
        ("include allowed.conf; deny all;", ["address"]),
        ("satisfy any; deny all; auth_request /_auth;", ["address", "permission"]),
        ("limit_except GET { deny all; }", []),
        ("limit_except POST { deny all; }", ["deny"]),
        ("limit_except POST { allow 10.0.0.0/8; deny all; }", ["address"]),
    ],
)
def test_policies(directives: str, kinds: list[str]) -> None:
    """Rules by address, permission, password, Origin and upgrade are told; what does not concern a handshake is not."""
    assert [policy.kind for policy in routes_of(read(a__conf=nginx(directives)), ASKED.websocket)[0].policies] == kinds


def test_limits() -> None:
    """Timeouts, buffers, rates and numbers, those of an outer level where no inner one says otherwise."""
    text = nginx("limit_req zone=ws burst=2; limit_conn perip 3; large_client_header_buffers 4 512;").replace(
        "upstream", "limit_req_zone $x zone=ws:1m rate=60r/m;\nupstream"
    )
    found = {limit.name: limit.value for limit in routes_of(read(a__conf=text), ASKED.websocket)[0].limits}
    assert found == {"proxy_read_timeout": 3600, "limit_req": 1, "limit_conn": 3, "large_client_header_buffers": 512}


@pytest.mark.parametrize(
    ("location", "server", "kind"),
    [
        ('proxy_set_header Upgrade "";', "", "permission"),
        ('proxy_set_header Upgrade ""; proxy_set_header Connection "";', "", "permission"),
        ('proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "";', "", "permission"),
        ("proxy_set_header Upgrade $http_upgrade;", "", "permission"),
        ("proxy_set_header Upgrade $kept; proxy_set_header Connection upgrade;", "", "permission"),
        ("proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;", "", "upgrade"),
        ("", PASSES, "upgrade"),
        ("proxy_set_header Host $host;", PASSES, "permission"),
        ("", "", "permission"),
    ],
)
def test_a_request_for_permission(location: str, server: str, kind: str) -> None:
    """It carries the upgrade along where both headers say so, whether its location sets them or inherits them."""
    auth = f"{server} location = /_auth {{ internal; proxy_pass http://auth; {location} }} proxy_http_version"
    text = nginx(f"auth_request /_auth; {PASSES}").replace("proxy_http_version", auth)
    assert [one.kind for one in routes_of(read(a__conf=text), ASKED.websocket)[0].policies] == [kind]


PARTIAL = """map $http_origin $partial { default 1; https://bad.example 1; include more.map; }
map $http_origin $of_another { default $deny; }
"""
ORIGINS = """map $http_origin $allowed {
  default "";
  "~^https://[a-z]+[.]preview[.]example$" $http_origin;
  "https://app.staging.example" 1;
}
"""


@pytest.mark.parametrize(
    ("origin", "condition", "refused"),
    [
        ("https://other.example", "$of_another", False),
        ("https://other.example", "$partial", False),
        ("https://bad.example", "$partial", True),
        ("https://other.example", "$allowed = $elsewhere", False),
        ("https://other.example", "$http_origin != $elsewhere", False),
        ("https://app.staging.example", '$allowed = ""', False),
        ("https://one.preview.example", '$allowed = ""', False),
        ("https://other.example", '$allowed = ""', True),
        (None, '$allowed = ""', True),
        ("https://app.staging.example", "$allowed", True),
        ("https://other.example", "$allowed", False),
        ("https://one.preview.example", "$allowed != 1", True),
        ("https://other.example", "$elsewhere = 0", False),
    ],
)
def test_a_map_of_origins_that_decides(origin: str | None, condition: str, refused: bool) -> None:
    """What a map makes of this Origin is what an `if` looks at; one whose variable is filled elsewhere says nothing."""
    text = ORIGINS + PARTIAL + nginx(f"if ({condition}) {{ return 403; }} {PASSES}")
    told = [one for one in found(replace(ASKED, origin=origin), a__conf=text) if one.cause == "origin-refused"]
    assert [one.place for one in told] == (["a.conf:20"] if refused else [])


def test_what_a_map_of_origins_lets_in_is_tried() -> None:
    """The plain ones alone, and not those that the condition refuses; the map may stand in another file."""
    given = {"maps__conf": ORIGINS, "a__conf": nginx(f'if ($allowed = "") {{ return 403; }} {PASSES}')}
    (one,) = found(replace(ASKED, origin="https://other.example"), **given)
    assert one.tries == {"origins": ("https://app.staging.example",)}
