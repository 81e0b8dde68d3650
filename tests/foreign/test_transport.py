"""What carries the handshake is at fault: scheme, size, a handler that waits, a choice not made; each on a real server."""

from __future__ import annotations

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started
from tests.foreign.test_nginx import fronted


def test_upgrades_are_sent_to_the_other_scheme(start: Started, ask: Ask) -> None:
    """nginx answers plain text with 301 to https: the scheme is stated, with the Location, and nobody follows."""
    edge, _ = fronted(start, "location / { PASS } location /ws { return 301 https://$http_host$request_uri; }")
    answer = ask(edge, truth=("wrong-scheme",), budget={"seconds": 10})
    assert answer.causes_by_strength == {"wrong-scheme": "stated"}, answer
    assert "Location: https://" in answer.causes[0]["because"]


def test_a_header_line_of_nine_kilobytes(start: Started, ask: Ask) -> None:
    """nginx's own page says that the header is too large."""
    edge, _ = fronted(start, "location / { PASS }")
    answer = ask(edge, truth=("request-too-large",), headers={"X-Baggage": "a" * 9000}, budget={"seconds": 10})
    assert answer.causes_by_strength == {"request-too-large": "stated"}, answer


def test_a_handler_that_waits_and_is_cut_off(start: Started, ask: Ask) -> None:
    """REST answers at once, the handshake is dropped after seconds: that it hangs is the first lead."""
    server = start.python("raw", behaviour="hang", demands={"key": KEY})
    answer = ask(server, truth=(), target={"timeout_s": 2.5}, budget={"seconds": 12})
    assert (answer.verdict, answer.leads[0]["id"], answer.candidates[0]) == ("ambiguous", "handler-hangs", "handler-hangs"), (
        answer
    )


def test_an_offer_that_is_not_answered(start: Started, ask: Ask) -> None:
    """A 101 that names none of the offered subprotocols is told, although the session opens."""
    server = start.python("tornado", demands={"key": KEY})
    answer = ask(server, truth=("subprotocol-unanswered",), target={"subprotocols": ["chat.v1"]})
    assert answer.causes_by_strength == {"subprotocol-unanswered": "stated"}, answer
    assert "chat.v1" in answer.causes[0]["because"]
