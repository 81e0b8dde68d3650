"""What is told of a case, in private and to our runner."""

from __future__ import annotations

import json

from lib.suite.plugin import events
from lib.suite.plugin.attribution import Scope
from lib.suite.plugin.conversation import WireExchange

REQUEST = [("host", "api.example"), ("authorization", "Bearer canary-token"), ("traceparent", "00-x")]


class Line:
    """Stands for a connection."""

    host, secure = "1.2.3.4:443", True


def scope():
    made = Scope("case", "case")
    seen = WireExchange(
        "GET", "/me?token=canary-token", REQUEST, 1.0, status=401, headers=[("set-cookie", "canary-token")], ended=1.5
    )
    seen.body += b"canary-token"
    made.tally.exchanges.append((seen, Line()))
    return made


def test_our_runner_is_told_all():
    """Headers, query and body go through the pipe to the one who redacts them."""
    told = events.case(scope(), private=False)["exchanges"][0]
    assert (told["url"], told["elapsed_ms"], told["body"]) == ("https://api.example/me?token=canary-token", 500.0, "canary-token")


def test_a_file_is_told_nothing_secret():
    """Only harmless headers, no query, no body."""
    told = events.case(scope(), private=True)
    assert "canary" not in json.dumps(told)
    assert told["exchanges"][0]["request_headers"] == [["host", "api.example"], ["traceparent", "00-x"]]


def test_long_texts_keep_both_ends():
    """A failure's beginning and end are what matters."""
    text = events.clipped("a" * 50_000 + "end")
    assert len(text) < 21_000
    assert text.endswith("end")
