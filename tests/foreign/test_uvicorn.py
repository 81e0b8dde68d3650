"""Starlette on uvicorn: whatever is wrong before the 101 is the same empty 403."""

from __future__ import annotations

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started

SIX = {
    "secret-mismatch": ({"key": KEY}, {"token": {"secret": "env:FOREIGN_OTHER_KEY"}}, {"secrets": ["env:FOREIGN_KEY"]}),
    "audience-mismatch": ({"key": KEY, "audience": "backend"}, {}, {"claims": {"aud": ["api", "backend"]}}),
    "issuer-mismatch": ({"key": KEY, "issuer": "auth.example"}, {}, {"claims": {"iss": ["auth.example"]}}),
    "origin-refused": ({"key": KEY, "origins": ["https://app.example"]}, {"target": {"origin": "https://evil.example"}},
    {"origins": ["https://app.example"]}),
    "subprotocol-refused": ({"key": KEY, "subprotocol": "chat.v2"}, {}, {"subprotocols": [["chat.v1"], ["chat.v2"]]}),
    "bypass-key": ({"key": KEY, "header": ["X-Bypass-Key", "let me in please"]}, {},
    {"headers": [{"X-Bypass-Key": "env:FOREIGN_BYPASS"}]}),
    "claim-missing": ({"key": KEY, "claims": ["tenant"]}, {}, {"claims": {"tenant": ["acme"]}}),
    "permission-missing": ({"key": KEY, "permission": "stream"}, {}, {"claims": {"permissions": [["websocket", "stream"]]}}),
    "algorithm-mismatch": ({"key": KEY, "algorithms": ["HS512"]}, {}, {"algorithms": ["HS384", "HS512"]}),
}  # fmt: skip
IMPOSSIBLE = ["crash-after-accept", "closed-after-accept", "credential-absent", "client-proxy"]
BYPASS = {"FOREIGN_BYPASS": "let me in please"}


@pytest.mark.parametrize("cause", SIX)
def test_the_right_value_proves_the_cause(start: Started, ask: Ask, cause: str) -> None:
    """With the right value among the alternatives the one cause is proved, whatever else would have given the same 403."""
    demands, configured, alternatives = SIX[cause]
    server = start.python("starlette", demands=demands)
    ask(server, truth=(cause,), secrets=BYPASS, alternatives=alternatives, **configured).proves(cause)


@pytest.mark.parametrize("cause", ["secret-mismatch", "origin-refused"])
def test_without_alternatives_it_is_a_set(start: Started, ask: Ask, cause: str) -> None:
    """With nothing to try, the cause is one of a set, and never a guess."""
    demands, configured, _ = SIX[cause]
    server = start.python("starlette", demands=demands, rest_demands={"key": KEY})
    answer = ask(server, truth=(cause,), budget={"seconds": 8}, **configured)
    answer.leaves_open_at_least(cause, without=IMPOSSIBLE, at_most=26)


def test_three_at_once(start: Started, ask: Ask) -> None:
    """Key, audience and Origin wrong together: whatever is said, all three are in it."""
    server = start.python("starlette", demands={"key": KEY, "audience": "backend", "origins": ["https://app.example"]})
    answer = ask(
        server,
        truth=("secret-mismatch", "audience-mismatch", "origin-refused"),
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        target={"origin": "https://evil.example"},
        alternatives={"secrets": ["env:FOREIGN_KEY"], "claims": {"aud": ["backend"]}, "origins": ["https://app.example"]},
    )
    assert {"secret-mismatch", "audience-mismatch", "origin-refused"} <= {*answer.causes_by_strength, *answer.candidates}, answer


def test_a_handler_that_crashes_before_it_accepts(start: Started, ask: Ask) -> None:
    """500 for whatever is sent: the server's own error leads, and a check that throws, which looks the same, is not excluded."""
    server = start.python("starlette", mode="crash", demands={"key": KEY})
    answer = ask(server, truth=("server-error",), budget={"seconds": 8}, alternatives={"secrets": ["env:FOREIGN_OTHER_KEY"]})
    answer.leaves_open_at_least("server-error", "secret-mismatch", "auth-service-down")
    assert (answer.candidates[0], answer.leads[0]["id"]) == ("server-error", "server-error"), answer
