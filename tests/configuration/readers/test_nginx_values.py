"""nginx's variables in a handshake."""

from __future__ import annotations

import pytest

from lib.configuration.documents import Document
from lib.configuration.readers.nginx_directives import Files, directives
from lib.configuration.readers.nginx_values import Variables, matches
from lib.configuration.shape import Count

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


def test_patterns_in_linear_time() -> None:
    """A pattern that cannot be tried in linear time, or at all, decides nothing."""
    assert [matches("^a+$", "aaa"), matches("^(a+)+$", "a" * 50 + "b"), matches("(?=a)", "a"), matches("(", "a")] == [
        True,
        False,
        None,
        None,
    ]
