"""Names of hosts, as a resolver gets them."""

from __future__ import annotations

import pytest

from lib.parameters.errors import BadInput
from lib.parameters.hosts import host_of, is_encoded
from lib.parameters.loading import completed


def test_a_host_is_compared_as_it_is_looked_up() -> None:
    """Case, port, a final dot and wide letters make no other host of it."""
    assert host_of("wss://API.Example.:8443/ws") == "api.example"
    for wide in (
        "api.ｐｒｏｄ.example",
        "api。prod。example",
        "api.pr\u200bod.example",
        "api.pro\xadd.EXAMPLE.",
        "api.ⓟrod.example",
    ):
        assert host_of(f"wss://{wide}/ws") == "api.prod.example"


def test_a_host_that_would_have_to_be_decoded_is_none() -> None:
    """Percent signs in a name could be production for whoever decodes them; the zone of an address stays."""
    assert [is_encoded(host) for host in ("api.%70rod.example", "fe80::1%25eth0", "api.example")] == [True, False, False]
    given = {"environment": "x", "target": {"rest_url": None, "ws_url": "wss://api.%70rod.example/ws"}}
    with pytest.raises(BadInput, match=r"target\.ws_url"):
        completed(given, "x")
