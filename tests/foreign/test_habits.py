"""Habits of servers that tempt to a wrong conclusion: words that vary, a guard in front, headers that excuse from a check."""

from __future__ import annotations

import time

import jwt
import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, OF_A_USER
from tests.foreign.systems import Started

OTHER = {"secret": "env:FOREIGN_OTHER_KEY"}
UNREAD = {"key": KEY, "carriers": ["query"]}
BRIEF = {"seconds": 9}


@pytest.mark.parametrize("words", [["node alpha says no", "node beta says no"], ['{"error": "no", "request": "%ID%"}']])
def test_refusals_that_are_worded_otherwise_each_time(start: Started, ask: Ask, words: list[str]) -> None:
    """The name of a replica or the id of a request does not tell a forged token from ours."""
    server = start.python("raw", demands=UNREAD, words=words)
    answer = ask(server, truth=("credential-carrier",), budget=BRIEF)
    answer.leaves_open_at_least("credential-carrier", "secret-mismatch", "audience-mismatch")


@pytest.mark.parametrize("guard", ["503 Service Unavailable", "403 Forbidden"])
def test_a_guard_that_answers_when_we_hurry(start: Started, ask: Ask, guard: str) -> None:
    """What a guard in front says of our pace says nothing of the probe that it hit, and hides no cause behind it."""
    server = start.python("raw", demands=UNREAD, refusal="401 Unauthorized", busy=guard)
    answer = ask(server, truth=("credential-carrier",), budget={"seconds": 14})
    answer.leaves_open_at_least("credential-carrier", "secret-mismatch")


def test_a_guard_does_not_hide_the_right_path(start: Started, ask: Ask) -> None:
    """With the right path on offer it is proved, slowly."""
    server = start.python("raw", demands={"key": KEY}, path="/live", busy="503 Service Unavailable")
    ask(server, truth=("route-missing",), alternatives={"paths": ["/live"]}, budget={"seconds": 40}).proves("route-missing")


@pytest.mark.parametrize("claim", ["nbf", "exp"])
def test_a_time_that_the_token_does_not_say(start: Started, ask: Ask, claim: str) -> None:
    """A token without nbf or exp is neither early nor late: the claim is missing."""
    server = start.python("raw", demands={"key": KEY, "claims": [claim]})
    claims = {"iss": "login", **({"exp": None} if claim == "exp" else {})}
    value = int(time.time()) + (900 if claim == "exp" else -60)
    ask(server, truth=("claim-missing",), token={"claims": claims}, alternatives={"claims": {claim: [value]}}).proves(
        "claim-missing"
    )


def test_a_key_id_in_the_header(start: Started, ask: Ask) -> None:
    """The issued token names its key in its header and is accepted: the key itself is the same."""
    now = int(time.time())
    claims = {"sub": "ada", "iss": "login", "aud": "sockets", "permissions": ["websocket"], "iat": now, "exp": now + 3600}
    issued = jwt.encode(claims, KEY, "HS256", headers={"kid": "k1"})
    server = start.python("raw", demands={"key": KEY, "kid": "k1"})
    answer = ask(
        server, truth=("credential-malformed",), secrets={"FOREIGN_ISSUED": issued}, token={"issued": "env:FOREIGN_ISSUED"}
    )
    answer.leaves_open_at_least("credential-malformed", without=["secret-mismatch"], at_most=4)


def test_a_header_that_excuses_from_the_check_of_users(start: Started, ask: Ask) -> None:
    """Another user is accepted without the header: it is not the header that was missing, nor the token's time that is over."""
    server = start.python("raw", demands={"key": KEY, "users": {"grace": True}, "exempting": "X-Test-Mode"})
    answer = ask(server, truth=("user-unknown",), alternatives={"headers": [{"X-Test-Mode": "1"}], "users": ["grace"]})
    assert answer.verdict == "narrowed", answer
    assert set(answer.candidates[:4]) == set(OF_A_USER), answer
    assert not {"bypass-key", "token-expired", "clock-skew", "secret-mismatch"} & set(answer.candidates), answer


def test_a_carrier_whose_audience_nobody_checks(start: Started, ask: Ask) -> None:
    """The right audience is accepted where the token was already: it is not the place that was wrong."""
    demands = {"key": KEY, "audience": "sockets", "carriers": ["authorization", "query"], "lax_carriers": ["query"]}
    server, elsewhere = start.python("raw", demands=demands), {"claims": {"aud": "elsewhere"}}
    ask(server, truth=("audience-mismatch",), token=elsewhere, alternatives={"claims": {"aud": ["sockets"]}}).proves(
        "audience-mismatch"
    )


def test_a_quota_of_one_user(start: Started, ask: Ask) -> None:
    """429 for one user and not for another is about how much, not about who."""
    server = start.python("raw", demands={"key": KEY, "quota_spent": ["ada"]}, answers={"quota": "429 Too Many Requests"})
    answer = ask(server, truth=("rate-limited",), alternatives={"users": ["grace"]})
    answer.narrows_to("rate-limited", "connection-limit")


def test_a_start_hides_a_wrong_key(start: Started, ask: Ask) -> None:
    """503 at first and 401 ever after: what a 503 would refute is not refuted for the 401."""
    server = start.python("raw", demands={"key": KEY}, starts_s=2, refusal="401 Unauthorized")
    ask(server, truth=("secret-mismatch", "startup-race"), token=OTHER, budget=BRIEF).leaves_open_at_least("secret-mismatch")
