"""What a redirect of a handshake says."""

from __future__ import annotations

import pytest

from lib.whys.evidence.server_answer import Answer, Sent
from lib.whys.evidence.server_locations import of_location

PLAIN, SECURE = (Sent(scheme=scheme, host="api.test", path="/ws?a=1") for scheme in ("ws", "wss"))


@pytest.mark.parametrize(
    ("sent", "where", "says"),
    [
        (PLAIN, "https://api.test/ws?a=1", ("wrong-scheme",)),
        (PLAIN, "wss://api.test/ws", ("wrong-scheme",)),
        (PLAIN, "/ws/?a=1", ("route-missing",)),
        (PLAIN, "http://www.api.test/ws", ("host-refused", "route-missing")),
        (PLAIN, "http://www.api.test/home", ("host-refused", "route-missing")),
        (SECURE, "http://api.test/ws/", ("wrong-scheme", "forwarded-refused")),
        (SECURE, "https://api.test/ws", ()),
        (SECURE, "https://login.test/authorize?redirect_uri=x", ("edge-policy", "credential-carrier", "credential-absent")),
        (SECURE, "/oauth2/start?rd=/ws", ("edge-policy",)),
        (SECURE, "", ()),
    ],
)
def test_a_redirect_says_where_the_handshake_should_have_gone(sent, where, says):
    """Another scheme, path or host is a cause of its own; a login is one in front of the application or of it."""
    assert of_location(Answer(status=302, headers={"location": where}), sent) == says


def test_a_location_without_a_redirect_says_nothing():
    """201 and 403 may carry one too."""
    assert of_location(Answer(status=403, headers={"location": "https://api.test/ws"}), PLAIN) == ()
