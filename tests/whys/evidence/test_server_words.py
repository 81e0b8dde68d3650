"""What answers of real servers say, and what they do not say."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jwt
import pytest

from lib.whys.evidence.server_answer import Answer, Sent
from lib.whys.evidence.server_phrases import EITHER, PHRASES
from lib.whys.evidence.server_words import Said, said_by, said_of_user
from tests.whys.evidence.answers import CASES, OURS

FURTHER = [
    (row.pop("who"), set(row.pop("says")), Answer(**row))
    for row in map(json.loads, (Path(__file__).parent / "answers.jsonl").read_text(encoding="utf-8").splitlines())
]
"""Token libraries, gateways, platforms, plain sentences of services of one's own, and words that say nothing."""


def heard(said: Said) -> tuple[str, ...]:
    return (said.stated,) if said.stated else said.narrowed


def test_matrix_of_real_answers(capsys):
    """Every answer is read as what it says: none is wrong, and the table of all of them is printed."""
    rows = [(case, heard(said_by(case.answer, case.sent))) for case in CASES]
    with capsys.disabled():
        print()
        for case, found in rows:
            mark = "ok" if set(found) == set(case.says) else "WRONG"
            print(f"{mark:6}{case.who[:40]:42}{case.answer.status or '':>4}  {', '.join(found) or '-'}")
        sizes = [len(found) for _, found in rows]
        told = f"{sizes.count(1)} stated, {sum(size > 1 for size in sizes)} narrowed, {sizes.count(0)} say nothing"
        print(f"{len(rows)} answers, {told}")
    assert [(case.who, found, case.says) for case, found in rows if set(found) != set(case.says)] == []


def test_further_answers():
    """Libraries and services in words of their own are read as what they say, and generic words say nothing."""
    found = [(who, set(heard(said_by(answer, OURS))), says) for who, says, answer in FURTHER]
    assert [one for one in found if one[1] != one[2]] == []
    assert sum(len(says) == 1 for _, _, says in found) > 200
    assert sum(not says for _, _, says in found) > 100


@pytest.mark.parametrize("case", [case for case in CASES if case.names], ids=lambda case: case.who)
def test_values_that_an_answer_names(case):
    """What can be tried next is taken from the answer as the server wrote it."""
    named = said_by(case.answer, case.sent).named
    assert {name: getattr(named, name) for name in case.names} == case.names


@pytest.mark.parametrize("phrase", [*EITHER, *PHRASES], ids=lambda phrase: phrase.example[:60])
def test_every_phrase_is_found_in_what_it_was_written_for(phrase):
    """The example of a phrase, said at the stage where it can be said, means the phrase's causes and no other."""
    sent = Sent(scheme="ws", host="app.example", path="/ws", origin="https://app.acme.test")
    before, ended = Answer(status=500, body=phrase.example), Answer(close_code=4000, close_reason=phrase.example)
    broken = Answer(violation=phrase.example)
    assert set(phrase.causes) in [set(heard(said_by(answer, sent))) for answer in (before, ended, broken)]


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ({"id": 1, "active": False}, "user-inactive"),
        ({"user": {"isActive": False}}, "user-inactive"),
        ({"status": "Suspended"}, "user-inactive"),
        ({"permissions": {"websocket": False}}, "permission-missing"),
        ({"canUseWebsockets": False}, "permission-missing"),
        ({"id": 1, "active": True, "websocket": True, "status": "active"}, None),
        ({"team": {"active": False}, "newsletter": False}, None),
        ([1, 2], None),
    ],
)
def test_a_profile_that_is_not_what_it_must_be(profile, says):
    """REST's answer to the same credential says of the user, and of nobody else in it, what the WebSocket refuses."""
    assert said_of_user(json.dumps(profile)).stated == says


def test_an_answer_of_many_sentences_and_a_long_challenge_are_read_within_bounds():
    """Thirty hearings of a header of one endless name, and of a body of sentences, cost what a few cost."""
    endless = Answer(status=401, headers={"www-authenticate": "a" * 60_000}, body="a. " * 6_000)
    many = Answer(status=401, body="\n".join(f"entry {n}" for n in range(2_000)) + "\nToken is expired")
    first = Answer(status=401, body="Token is expired\n" + "\n".join(f"entry {n}" for n in range(2_000)))
    started = time.perf_counter()
    assert [heard(said_by(endless, OURS)) for _ in range(30)] == [("credential-malformed",)] * 30
    assert [heard(said_by(many, OURS)), heard(said_by(first, OURS))] == [(), ("token-expired",)]
    assert time.perf_counter() - started < 10


def test_words_are_read_within_bounds():
    """A body of megabytes, deep JSON and broken HTML are read in a moment, and say nothing that they do not say."""
    bodies = ["a " * 2_000_000, "[" * 50_000, "<" * 200_000, '{"a":' * 3_000 + "1" + "}" * 3_000, "token " * 50_000]
    started = time.perf_counter()
    assert [heard(said_by(Answer(status=403, body=body), OURS)) for body in bodies] == [()] * len(bodies)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("claims", "rules", "says"),
    [
        ({"exp": 1}, {}, "token-expired"),
        ({"nbf": 9_999_999_999}, {}, "clock-skew"),
        ({"aud": "other"}, {"audience": "ours"}, "audience-mismatch"),
        ({"iss": "other"}, {"issuer": "ours"}, "issuer-mismatch"),
        ({}, {"options": {"require": ["tenant"]}}, "claim-missing"),
        ({}, {"key": "another-key-that-is-long-enough-for-hmac"}, "secret-mismatch"),
        ({}, {"algorithms": ["HS512"]}, "algorithm-mismatch"),
    ],
)
def test_the_words_of_a_real_library(claims, rules, says):
    """What PyJWT itself says of a token is read as what it is."""
    key = "a-key-that-is-long-enough-for-hmac-sha256"
    token = jwt.encode({"sub": "u", **claims}, key, "HS256")
    with pytest.raises(jwt.InvalidTokenError) as refused:
        jwt.decode(token, **{"key": key, "algorithms": ["HS256"], **rules})
    assert said_by(Answer(status=401, body=json.dumps({"detail": str(refused.value)})), OURS).stated == says


def test_a_page_of_nginx_for_a_500_speaks_for_what_validates_the_token():
    """No application wrote it: a failed authentication subrequest ends so, and it states nothing."""
    page = "<center><h1>500 Internal Server Error</h1></center>\r\n<hr><center>nginx/1.27.1</center>"
    said = said_by(Answer(status=500, headers={"content-type": "text/html"}, body=page), OURS)
    assert (heard(said), said.hints) == ((), ("auth-service-down",))
