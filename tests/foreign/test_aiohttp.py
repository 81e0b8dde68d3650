"""aiohttp: an honest 401 before the 101, cookies, and sockets that are closed or dropped after it."""

from __future__ import annotations

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started

CLAIMS = {"claims": {"aud": ["backend"]}}


def test_401_with_the_wrong_key(start: Started, ask: Ask) -> None:
    """The right key turns the 401 into a session."""
    server = start.python("aiohttp", demands={"key": KEY})
    answer = ask(
        server,
        truth=("secret-mismatch",),
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        alternatives={"secrets": ["env:FOREIGN_KEY"], **CLAIMS, "algorithms": ["HS512"]},
    )
    answer.proves("secret-mismatch")
    assert answer.symptom["status"] == 401


def test_the_cookie_is_where_it_is_read(start: Started, ask: Ask) -> None:
    """A service that reads a cookie, asked with a header: the carrier, or an edge that eats the header."""
    server = start.python("aiohttp", demands={"key": KEY, "carriers": ["cookie"]})
    answer = ask(server, truth=("credential-carrier",), alternatives={"carriers": ["subprotocol", "query", "cookie"]})
    answer.narrows_to("credential-carrier", "edge-strips-credential")


def test_a_session_cookie_of_ones_own_name(start: Started, ask: Ask) -> None:
    """A configured cookie name is used, and the session is healthy."""
    server = start.python("aiohttp", demands={"key": KEY, "carriers": ["cookie"], "carrier_name": "sid"})
    ask(server, truth=(), token={"carrier": "cookie", "carrier_name": "sid"}).is_healthy()


def test_closed_after_accept_by_the_audience(start: Started, ask: Ask) -> None:
    """A 1008 after the 101 that the right audience prevents is that cause, not `closed-after-accept`."""
    server = start.python("aiohttp", mode="after", demands={"key": KEY, "audience": "backend"})
    answer = ask(server, truth=("audience-mismatch",), alternatives=CLAIMS)
    answer.proves("audience-mismatch")
    assert (answer.symptom["rung"], answer.symptom["close_code"]) == ("session", 1008)


def test_closed_after_accept_and_nothing_helps(start: Started, ask: Ask) -> None:
    """A 1008 that no permitted change alters is named for what happened, or stands among what is open."""
    server = start.python("aiohttp", mode="after", demands={"key": KEY, "users": {}})
    answer = ask(server, truth=("closed-after-accept", "user-unknown"), budget={"seconds": 8}, alternatives=CLAIMS)
    assert "closed-after-accept" in {*answer.causes_by_strength, *answer.candidates}, answer


@pytest.mark.parametrize("mode", ["drop", "1011"])
def test_crash_after_accept(start: Started, ask: Ask, mode: str) -> None:
    """A session dropped or ended with 1011 is a crash after the accept, whatever is tried."""
    server = start.python("aiohttp", mode=mode, demands={"key": KEY})
    answer = ask(server, truth=("crash-after-accept",), budget={"seconds": 8}, alternatives=CLAIMS)
    assert "crash-after-accept" in {*answer.causes_by_strength, *answer.candidates}, answer
    assert "closed-after-accept" not in {*answer.causes_by_strength, *answer.candidates}, answer


def test_another_scheme(start: Started, ask: Ask) -> None:
    """A service that wants the word JWT before the token."""
    server = start.python("aiohttp", demands={"key": KEY, "scheme": "JWT"})
    answer = ask(server, truth=("credential-malformed",), alternatives={"schemes": ["Token", "JWT"]})
    answer.proves("credential-malformed")


def test_healthy_although_rest_refuses(start: Started, ask: Ask) -> None:
    """The handshake is what is judged: 401 over REST is no finding."""
    server = start.python(
        "aiohttp", demands={"key": KEY}, rest_demands={"key": "quite another key, of a quite different service"}
    )
    ask(server, truth=()).is_healthy()
