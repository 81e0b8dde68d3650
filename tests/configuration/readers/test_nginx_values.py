"""nginx's variables in a handshake."""

from __future__ import annotations

import pytest

from lib.configuration.documents import Document
from lib.configuration.readers.nginx_directives import Files, directives
from lib.configuration.readers.nginx_values import Variables, matches
from lib.configuration.shape import Count
from tests.configuration.samples import read

MAPS = """
map $http_upgrade $connection_upgrade { default upgrade; "" close; }
map $http_upgrade $only_rest { default ""; "" $http_authorization; }
map $http_upgrade $by_pattern { default no; ~*^WEBSOCKET$ yes; }
map $http_origin $cors { default ""; }
map $loop $loop { default $loop; }
"""


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("$connection_upgrade", "upgrade"), ("${connection_upgrade}", "upgrade"), ("$only_rest", ""), ("$by_pattern", "yes"),
        ("$http_upgrade", "websocket"), ("$http_authorization", "$http_authorization"), ("$cors", "$cors"), ("$loop", "$loop"),
        ("a-$host", "a-$host"),
    ],
)  # fmt: skip
def test_in_a_handshake(written: str, held: str) -> None:
    """Maps of what every handshake sends are looked up; what depends on something else keeps its name."""
    assert Variables(directives(Document("a", MAPS), Files(), Count())).in_handshake(written) == held


PARTIAL = """
map $http_upgrade $unless { default upgrade; "" close; include more.map; }
map $http_upgrade $sure { default close; websocket upgrade; include more.map; }
map $http_upgrade $of_others { default $filled_elsewhere; }
map $http_upgrade $chain { default $sure; }
map $http_upgrade $by_host { hostnames; default close; *.example.com upgrade; }
map $http_upgrade $escaped { default close; \\websocket upgrade; }
map $http_upgrade $twice { default close; }
map $http_upgrade $twice { default upgrade; }
map $http_upgrade $by_geo { default upgrade; }
geo $by_geo { default close; }
map $http_upgrade:$request_method $both { default close; websocket:GET upgrade; }
"""


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("$unless", "$unless"), ("$sure", "upgrade"), ("$of_others", "$filled_elsewhere"), ("$chain", "upgrade"),
        ("$by_host", "$by_host"), ("$escaped", "upgrade"), ("$twice", "$twice"), ("$by_geo", "$by_geo"), ("$both", "upgrade"),
    ],
)  # fmt: skip
def test_maps_of_which_not_all_is_told(written: str, held: str) -> None:
    """What a file that is not there, another variable or another directive may fill is not told, but for an exact word."""
    assert Variables(directives(Document("a", PARTIAL), Files(), Count())).in_handshake(written) == held


PASSES_ON = """
map $http_authorization $auth { default $http_authorization; "" "Bearer $arg_token"; }
map $http_authorization $gone { default ""; }
map $http_authorization $basic { default ""; ~*^Basic $http_authorization; }
map $http_authorization $only { "" "Bearer x"; }
map $http_authorization $more { default ""; include more.map; }
"""


@pytest.mark.parametrize(
    ("value", "action"),
    [
        ("$auth", "passed"), ("$gone", "removed"), ("$basic", "passed"), ("$only", "removed"), ("$more", "passed"),
        ("$filled_elsewhere", "passed"), ("$http_authorization", "passed"), ("${http_authorization}", "passed"),
        ('"Bearer $cookie_token"', "set"), ('"Bearer x"', "set"), ('""', "removed"), ("$http_x_key", "set"),
    ],
)  # fmt: skip
def test_a_header_that_a_map_passes_on(value: str, action: str) -> None:
    """What a map makes of a header that is sent counts; what is not told overwrites nothing."""
    text = f"{PASSES_ON} server {{\n location / {{ proxy_pass http://b; proxy_set_header Authorization {value}; }} }}"
    (header,) = (one for one in read(a__conf=text).routes[0].headers if one.name == "authorization")
    assert header.action == action


@pytest.mark.parametrize(
    ("header", "value", "action"),
    [
        ("Origin", "$kept", "passed"), ("Host", "$kept", "passed"), ("Sec-WebSocket-Protocol", "$kept", "passed"),
        ("Host", "$by_host", "passed"), ("Host", "$proxy_host", "set"), ("Origin", "$scheme://$host", "set"),
        ("Sec-WebSocket-Protocol", "$protocol", "passed"), ("X-Forwarded-Proto", "$by_proto", "passed"),
    ],
)  # fmt: skip
def test_other_headers_that_a_map_passes_on(header: str, value: str, action: str) -> None:
    """The same of the headers that decide about a handshake."""
    maps = (
        "map $http_host $by_host { default $http_host; '' b; }"
        " map $http_x_forwarded_proto $by_proto { default https; http http; }"
        " map $http_sec_websocket_protocol $protocol { default $http_sec_websocket_protocol; }"
    )
    text = f"{maps}\nserver {{ location / {{ proxy_pass http://b; proxy_set_header {header} {value}; }} }}"
    (one,) = (one for one in read(a__conf=text).routes[0].headers if one.name == header.lower())
    assert one.action == action


def test_patterns_in_linear_time() -> None:
    """A pattern that cannot be tried in linear time, or at all, decides nothing."""
    assert [matches("^a+$", "aaa"), matches("^(a+)+$", "a" * 50 + "b"), matches("(?=a)", "a"), matches("(", "a")] == [
        True,
        False,
        None,
        None,
    ]
