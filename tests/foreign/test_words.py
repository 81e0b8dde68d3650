"""Systems whose own answer says what is wrong: it is read, quoted, and believed as far as nothing contradicts it."""

from __future__ import annotations

import json

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started

STATED = {
    "subprotocol-refused": {"status": 400, "body": "subprotocol graphql-transport-ws required"},
    "issuer-mismatch": {"status": 401, "body": json.dumps({"error": "Jwt issuer is not configured"})},
    "auth-service-down": {"status": 503, "body": json.dumps({"error": "auth service http://auth.internal:8081 is unreachable"})},
    "connection-limit": {"status": 429, "body": json.dumps({"error": "at most 2 connections per user"})},
    "origin-refused": {"status": 403, "body": "Cross origin websockets not allowed"},
    "user-inactive": {"status": 403, "body": "The token is valid and not expired, but the user is disabled"},
}


@pytest.mark.parametrize("cause", STATED)
def test_a_plain_statement_is_the_verdict(start: Started, ask: Ask, cause: str) -> None:
    """What the server says plainly is stated, in its own words, where nothing that was tried contradicts it."""
    server = start.python("words", demands={"key": KEY}, says=STATED[cause])
    answer = ask(server, truth=(cause,), budget={"seconds": 10})
    assert (answer.verdict, answer.causes_by_strength) == ("stated", {cause: "stated"}), answer
    assert "the server says" in answer.causes[0]["because"]


@pytest.mark.parametrize("body", ["Forbidden", "Access denied", '{"error": "invalid or expired token"}'])
def test_generic_words_name_nothing(start: Started, ask: Ask, body: str) -> None:
    """Words that any refusal could have leave open what was open."""
    server = start.python("words", demands={"key": KEY}, says={"status": 403, "body": body})
    answer = ask(server, truth=(), budget={"seconds": 10})
    assert (answer.verdict, answer.causes) == ("ambiguous", []), answer
    assert len(answer.candidates) > 4


def test_words_that_leave_several_narrow_to_them(start: Started, ask: Ask) -> None:
    """A user who is inactive or deleted: these two, each with the words as its lead."""
    server = start.python("words", demands={"key": KEY}, says={"status": 401, "body": "User inactive or deleted."})
    answer = ask(server, truth=("user-inactive",), budget={"seconds": 10})
    answer.leaves_open("user-inactive", "user-unknown")
    assert {lead["id"] for lead in answer.leads if "inactive or deleted" in lead["because"]} == set(answer.candidates)


def test_words_that_an_observation_contradicts_are_refuted_aloud(start: Started, ask: Ask) -> None:
    """A server that says to have found no token, and answers none another way, is quoted and not believed."""
    says = {"status": 403, "body": "No token provided"}
    server = start.python("words", demands={"key": KEY}, says=says, accepts={"header": "Origin", "begins": "https://app.test"})
    answer = ask(server, truth=("origin-refused",), alternatives={"origins": ["https://app.test"]})
    answer.proves("origin-refused")


def test_a_profile_says_that_its_user_is_inactive(start: Started, ask: Ask) -> None:
    """The WebSocket refuses in generic words; REST, asked with the same token, tells of an inactive user."""
    profile = {"user": "ada", "active": False}
    server = start.python("words", demands={"key": KEY}, says={"status": 403, "body": "Forbidden"}, profile=profile)
    answer = ask(server, truth=("user-inactive",), budget={"seconds": 10})
    assert answer.causes_by_strength == {"user-inactive": "stated"}, answer
