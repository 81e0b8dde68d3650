"""One thing of a handshake changed by its name leaves everything else as it is."""

from __future__ import annotations

import pytest

from lib.handshake import Handshake
from lib.whys.altered import at, at_port, under_scheme, with_cookie, with_header, with_parameter

OURS = Handshake(url="wss://a.example:8443/ws?a=1&b=2&a=3", rest_url="", headers=(("X-A", "1"), ("cookie", "s=1; t=2")))


@pytest.mark.parametrize(
    ("authority", "address"),
    [
        ("b.example", "wss://b.example:8443/ws?q"),
        ("b.example:9", "wss://b.example:9/ws?q"),
        ("ws://b.example", "ws://b.example:8443/ws?q"),
        ("[::1]", "wss://[::1]:8443/ws?q"),
    ],
)
def test_what_an_authority_does_not_say_stays(authority: str, address: str) -> None:
    """Scheme and port stay unless they are given, path and query always."""
    assert at("wss://a.example:8443/ws?q", authority) == address


def test_port_and_scheme_are_changed_alone() -> None:
    """None is the port of the scheme itself."""
    assert at_port("wss://a.example:8443/ws", None) == "wss://a.example/ws"
    assert at_port("ws://[::1]/", 81) == "ws://[::1]:81/"
    assert under_scheme("wss://a.example:8443/ws", "ws") == "ws://a.example:8443/ws"


def test_a_parameter_is_replaced_repeated_or_taken_away() -> None:
    """All occurrences of the old one go; a list is written one by one."""
    assert with_parameter(OURS, "a", "x y").url == "wss://a.example:8443/ws?b=2&a=x%20y"
    assert with_parameter(OURS, "b", ["1", "2"]).url.endswith("?a=1&a=3&b=1&b=2")
    assert with_parameter(OURS, "a", None).url.endswith("/ws?b=2")


def test_a_cookie_is_replaced_among_the_others_and_its_value_is_secret() -> None:
    """The header is found whatever its case; the last cookie takes it along."""
    changed = with_cookie(OURS, "s", "n3w")
    assert dict(changed.headers) == {"X-A": "1", "Cookie": "t=2; s=n3w"}
    assert "n3w" in changed.secret_values
    assert dict(with_cookie(with_cookie(OURS, "s", None), "t", None).headers) == {"X-A": "1"}


def test_a_header_is_replaced_whatever_its_case() -> None:
    """One header of a name is sent."""
    assert with_header(OURS, "x-a", "2").headers == (("cookie", "s=1; t=2"), ("x-a", "2"))
    assert with_header(OURS, "x-a", "k3y", is_secret=True).secret_values == ("k3y",)
