"""The servers that replace a target answer in its manner and at its pace."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lib.facts import Exchange, utc_now
from lib.suite.sabotage.answers import FORBIDDEN, answers_of, empty_answer


def seen(path, status, body="", kind="application/json", ms=10.0):
    """An exchange of the clean run."""
    return Exchange(
        id=path, of="case", kind="rest", label="x", method="GET", url=f"http://a{path}?q=1", rung="http", status=status,
        headers=(("content-type", kind),), body_excerpt=body, elapsed_ms=ms, at=utc_now(),
    )  # fmt: skip


def test_a_route_refuses_as_it_refused():
    """Status and body of the target's own refusal; a route that refused nobody refuses as the target does elsewhere."""
    answers = answers_of([seen("/me", 401, '{"error": "who?"}'), seen("/health", 200, "{}")])
    assert answers.route("GET", "/me").refusal.as_bytes().startswith(b"HTTP/1.1 401 Unauthorized")
    assert json.loads(answers.route("GET", "/health?x").refusal.body) == {"error": "who?"}
    assert answers.route("POST", "/never-asked").refusal.status == 401


@pytest.mark.parametrize("cut", ["", '{"error": "w'])
def test_a_refusal_that_was_seen_whole_tells_the_manner(cut):
    """A client that left before the body came does not decide how the target refuses; another one saw the same refusal whole."""
    answers = answers_of([seen("/me", 401, cut), seen("/me", 401, '{"error": "who?"}')])
    assert json.loads(answers.route("GET", "/me").refusal.body) == {"error": "who?"}
    assert answers_of([seen("/me", 401, cut)]).route("GET", "/me").refusal.body == FORBIDDEN


def test_a_handshake_refused_without_a_word_does_not_decide_how_the_target_refuses():
    """Whatever came first, the words are those of a refusal that had some."""
    silent, told = replace(seen("/ws", 403, kind="text/plain"), kind="handshake"), seen("/admin", 403, '{"error": "forbidden"}')
    for order in ([silent, told], [told, silent]):
        assert answers_of(order).route("GET", "/health").refusal.body == b'{"error": "forbidden"}'


def test_a_missing_route_is_no_manner_of_refusing():
    """404 is the refusal of the route that is missing, not of the others; without any refusal it is JSON."""
    answers = answers_of([seen("/nothing", 404, "{}"), seen("/health", 200)])
    assert (answers.route("GET", "/nothing").refusal.status, answers.route("GET", "/health").refusal.status) == (404, 403)
    assert answers.route("GET", "/health").refusal.body == FORBIDDEN


def test_an_empty_answer_is_json_where_the_route_spoke_it():
    """`{}` for JSON, nothing for the rest."""
    answers = answers_of([seen("/a", 200), seen("/b", 200, kind="text/html")])
    assert empty_answer(answers.route("GET", "/a").speaks_json).endswith(b"{}")
    assert empty_answer(answers.route("GET", "/b").speaks_json).endswith(b"\r\n\r\n")


def test_the_pace_is_the_routes_own_and_bounded():
    """The median, a second at the most."""
    answers = answers_of([seen("/a", 200, ms=ms) for ms in (100, 300, 200)] + [seen("/b", 200, ms=60_000)])
    assert (answers.route("GET", "/a").delay_s, answers.route("GET", "/b").delay_s) == (0.2, 1.0)
