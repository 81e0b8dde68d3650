"""A small part of the table of docs/reliability.md, made anew: the whole is `make reliability`."""

from __future__ import annotations

from tests.reliability import rows, untrue


async def test_what_comes_in_ends_as_promised() -> None:
    """A diagnosis of three hostile servers ends in time, within its memory, without a traceback, and calls none healthy."""
    made = await rows(("whys",), ("a first line of blanks", "1xx for ever", "RSV1 in a frame"), slower=20)
    assert [line for line in made.values() if not line.endswith("| held |")] == []


def test_an_untrue_answer_is_not_held() -> None:
    """In time and without a crash is not enough: the cause, the objective and the evidence are judged too."""
    refused = "  symptom: HTTP 403 with an empty body\n"
    assert untrue("a reset", "whys", 1, f"stated: secret-mismatch, the token is\n{refused}") == ["names secret-mismatch"]
    assert untrue("an expired certificate", "whys", 1, f"stated: certificate-refused, the client\n{refused}") == []
    assert untrue("a reset", "whys", 1, "ambiguous: the evidence leaves 14 causes open") == ["no symptom"]
    assert untrue("a flood of pings", "performance", 0, "websocket_latency_ms     met           p50 1 ms") != []
    assert untrue("silence", "logs", 0, "0 incidents") != []
    assert untrue("silence", "suite", 1, "1 of 1 cases give positive evidence") != []
