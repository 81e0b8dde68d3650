"""What is sent where: nothing of ours goes to a host that nobody listed."""

from __future__ import annotations

from typing import Any

import pytest

from lib.facts import Request, Tls, utc_now
from lib.handshake import Handshake
from lib.whys.probes import NOTHING_OF_OURS, Probe
from lib.whys.requests import RequestBuilder, Unsendable, request_for

OURS: dict[str, Any] = {
    "url": "wss://api.example/ws?api_key=of-ours",
    "rest_url": "https://rest.example",
    "token": "of-ours",
    "origin": "https://of-ours.example",
    "host_header": "of-ours.example",
    "headers": (("X-Bypass", "of-ours"), ("Cookie", "a=of-ours")),
    "subprotocols": ("jwt.of-ours",),
    "session": {"send": [{"password": "of-ours"}]},
    "repeats_token": True,
    "tls": Tls(ca="ca.pem", certificate="of-ours.pem", key="of-ours.key"),
}


def built(factors: dict[str, Any], **more: Any) -> Request:
    resolved = {"env:A": "of-another"}
    builder = RequestBuilder(handshake=Handshake(**OURS), resolved=resolved, hosts=frozenset({"past.example"}), **more)
    return request_for(builder, Probe(factors=factors), now=utc_now())[0]


def test_a_stranger_gets_nothing_of_ours() -> None:
    """No credential, header, parameter, subprotocol, message or certificate goes there; whom we trust stays as it is."""
    sent = built({"credential": NOTHING_OF_OURS, "host": "wss://there.example:443", "path": "/v2"})
    assert sent.url == "wss://there.example:443/v2"
    assert "of-ours" not in repr((sent.headers, sent.subprotocols, sent.origin, sent.host_header, sent.session, sent.tls))
    assert sent.tls == Tls(ca="ca.pem")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"credential": "none"},
        {"token": "env:A"},
        *({"credential": NOTHING_OF_OURS, name: "env:A"} for name in ("headers.X-Key", "query.key", "cookies.a", "token")),
    ],
    ids=str,
)
def test_a_stranger_that_would_get_something_is_not_asked(more: dict[str, Any]) -> None:
    """Whatever asks for it: to a host that nobody listed no request with anything of ours is built."""
    with pytest.raises(Unsendable, match=r"nothing of ours goes to there\.example"):
        built({"host": "wss://there.example:443", **more})


@pytest.mark.parametrize("host", ["api.example:8443", "ws://API.example", "past.example", "wss://past.example:1", "rest.example"])
def test_a_host_that_is_ours_or_listed_is_asked_as_configured(host: str) -> None:
    """Another port or scheme of our own hosts, and what somebody listed, get the credential."""
    assert ("Authorization", "Bearer of-ours") in built({"host": host}).headers


def test_the_working_host_gets_the_credentials_that_are_its_own() -> None:
    """The host of a working handshake is asked with all of the change that binds it, and not with a part."""
    bound = {"host": "wss://works.example", "token": "env:A"}
    assert ("Authorization", "Bearer of-another") in built(bound, bound=bound).headers
    with pytest.raises(Unsendable):
        built({"host": "wss://works.example"}, bound=bound)
