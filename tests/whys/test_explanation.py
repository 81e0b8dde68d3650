"""The sentences of a diagnosis quote what came back by its words."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.explanation import describe, in_brief

PAGE = "<!DOCTYPE html>\n<html><head><title>403 Forbidden</title><style>p{}</style></head><body><h1>Blocked</h1><p>by a rule"


def refused(body: str) -> Observation:
    """A handshake that was answered with 403 and this body."""
    return Observation(id="h1", kind="handshake", factors={}, rung="upgrade", status=403, body_excerpt=body)


def test_a_refusal_that_is_a_page_is_told_by_its_words() -> None:
    """No markup reaches the symptom, which titles and badges repeat, nor a line of progress."""
    assert describe(refused(PAGE))["description"] == "HTTP 403 with a page saying '403 Forbidden · Blocked · by a rule'"
    assert in_brief(refused(PAGE)) == '403 "403 Forbidden · Blocked · by a rule"'
    assert describe(refused("<html></html>"))["description"] == "HTTP 403 with a page without words"


def test_other_bodies_are_told_in_one_line() -> None:
    """Text and JSON stand as they are, without their line breaks, and no body is said to be none."""
    assert describe(refused('{"error":\n "no"}'))["description"] == """HTTP 403 saying '{"error": "no"}'"""
    assert describe(refused(" \n"))["description"] == "HTTP 403 with an empty body"
