"""Values that a refusal names."""

from __future__ import annotations

import pytest

from lib.whys.evidence.server_answer import Answer, Sent
from lib.whys.evidence.server_words import said_by

SENT = Sent(scheme="ws", host="api.test", path="/ws", subprotocols=("chat.v1",))


@pytest.mark.parametrize(
    ("body", "name", "values"),
    [
        ("Supported subprotocols are: mqtt", "subprotocols", ("mqtt",)),
        ("subprotocol chat.v1 is required", "subprotocols", ()),
        ("Authorization header must start with 'Token'", "schemes", ("Token",)),
        ("Invalid scheme: expected scheme JWT", "schemes", ("JWT",)),
        ("Missing cookie 'sid'", "carriers", (("cookie", "sid"),)),
        ("ticket query parameter is required", "carriers", (("query", "ticket"),)),
        ("Missing required header X-Tenant-Id", "headers", ("X-Tenant-Id",)),
        ('Token is missing the "tenant" claim', "missing_claims", ("tenant",)),
        ("jwt audience invalid. expected: acme-v2", "claims", (("aud", "acme-v2"),)),
        ("missing scope ws:connect", "permissions", ("ws:connect",)),
        ("Forbidden", "headers", ()),
    ],
)
def test_a_value_is_taken_from_words(body, name, values):
    """What the server wants is named as it wrote it, and nothing that was offered already."""
    assert getattr(said_by(Answer(status=403, body=body), SENT).named, name) == values


def test_values_that_stand_in_headers():
    """Schemes of the challenge, versions, subprotocols, a relative Location and Retry-After."""
    headers = {
        "www-authenticate": "Token", "sec-websocket-version": "8, 7", "sec-websocket-protocol": "a, b", "location": "/v2",
        "retry-after": "30",
    }  # fmt: skip
    named = said_by(Answer(status=307, headers=headers), SENT).named
    assert (named.schemes, named.versions, named.subprotocols) == (("Token",), ("8", "7"), ("a", "b"))
    assert (named.location, named.retry_after_s) == ("http://api.test/v2", 30.0)
