"""Names of hosts, as a resolver gets them."""

from __future__ import annotations

import pytest

from lib.parameters.hosts import host_of, unnamed_production


@pytest.mark.parametrize(
    ("host", "expected"),
    [("prod.example", True), ("api.live.example", True), ("prod-eu.example", True), ("eu-prod.example", True)]
    + [
        ("product.example", False),
        ("reproduction.example", False),
        ("delivery.example", False),
        ("127.0.0.1", False),
        ("staging.example", False),
    ],
)
def test_a_host_that_looks_like_production_is_recognised(host: str, expected: bool) -> None:
    """Labels prod, production, live, prod-… and …-prod look like production; words that contain them do not."""
    assert (bool(unnamed_production(host, ())), unnamed_production(host, [host.lower()])) == (expected, "")


def test_a_host_is_compared_as_it_is_looked_up() -> None:
    """Case, port, a final dot and wide letters make no other host of it."""
    assert host_of("wss://API.Example.:8443/ws") == "api.example"
    assert host_of("wss://api.ｐｒｏｄ.example/ws") == "api.prod.example"
