"""Where a request for a token leads."""

from __future__ import annotations

import pytest

from lib.clients.credentials.asking import asked
from lib.clients.credentials.got import NoToken
from lib.clients.rest import Rest
from lib.facts import Request
from tests.clients.credentials.conftest import Issuer


async def test_redirects_that_lead_in_a_circle_end(issuer: Issuer) -> None:
    """Three requests, and no more."""
    issuer.answer = lambda asked: (307, {"Location": "/token"}, "")
    door = Rest()
    with pytest.raises(NoToken, match="one redirect after another"):
        await asked(door, Request(url=f"{issuer.url}/token", method="POST"), origin="token.login", label="login")
    await door.close()
    assert len(issuer.seen) == 3
