"""How an answer is taken apart into sentences and challenges."""

from __future__ import annotations

import pytest

from lib.whys.evidence.server_answer import Answer, Challenge, Sent, challenges, sentences, words_of


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", []),
        ("JWT", [Challenge("JWT", {})]),
        ('Bearer realm="a, b", error="invalid_token"', [Challenge("Bearer", {"realm": "a, b", "error": "invalid_token"})]),
        ('Basic realm="x", Bearer', [Challenge("Basic", {"realm": "x"}), Challenge("Bearer", {})]),
        (r'Bearer error_description="the \"aud\" claim"', [Challenge("Bearer", {"error_description": 'the "aud" claim'})]),
        ("Negotiate, NTLM", [Challenge("Negotiate", {}), Challenge("NTLM", {})]),
        ("Bearer realm=api, scope=ws", [Challenge("Bearer", {"realm": "api", "scope": "ws"})]),
        (", ,", []),
    ],
)
def test_challenges_are_read_as_they_are_written(value, found):
    """Several schemes, quoted commas and escaped quotes, and parameters without quotes."""
    assert challenges(value) == found


def test_a_sentence_is_matched_without_what_we_sent():
    """Path, Origin and values of ours are taken out; camel case and separators become words."""
    sent = Sent(path="/ws/expired", origin="https://app.test", values=("ann@app.test",))
    assert words_of("TokenExpiredError at /ws/expired for ann@app.test", sent) == "token expired error at ~ for ~"
    assert words_of("Sec-WebSocket-Protocol of https://app.test", sent) == "sec websocket protocol of ~"


def test_json_is_read_without_what_it_repeats_or_counts():
    """Members that hold the request, links and times are passed over; the quote is as the server wrote it."""
    body = '{"error": {"message": "Nope. Really.", "path": "/x", "docs": "https://d.test", "at": 3}, "you_sent": {"a": "b"}}'
    found = sentences(Answer(status=403, body=body), Sent())
    assert [(one.quote, one.where) for one in found] == [("Nope.", "body"), ("Really.", "body")]


def test_a_page_is_read_as_a_person_sees_it():
    """Markup, scripts and comments are no words."""
    page = "<html><head><title>No</title><script>x()</script></head><body><!-- hidden --><p>Go&nbsp;away</p></body></html>"
    found = sentences(Answer(status=403, body=page), Sent())
    assert [one.quote for one in found] == ["No", "Go\xa0away"]
