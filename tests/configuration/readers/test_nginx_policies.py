"""What nginx refuses by itself, and the bounds that it keeps."""

from __future__ import annotations

import pytest

from lib.configuration.serving import routes_of
from tests.configuration.samples import ASKED, nginx, read


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
