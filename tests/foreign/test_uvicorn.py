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
    "origin-refused": ({"key": KEY, "origins": ["https://app.example"]}, {"target": {"origin": "https://evil.example"}}, {"origins": ["https://app.example"]}),
    "subprotocol-refused": ({"key": KEY, "subprotocol": "chat.v2"}, {}, {"subprotocols": [["chat.v1"], ["chat.v2"]]}),
    "bypass-key": ({"key": KEY, "header": ["X-Bypass-Key", "let me in please"]}, {}, {"headers": [{"X-Bypass-Key": "env:FOREIGN_BYPASS"}]}),
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


@pytest.mark.parametrize("cause", ["secret-mismatch", "origin-refused", "subprotocol-refused", "bypass-key"])
def test_without_alternatives_it_is_a_set(start: Started, ask: Ask, cause: str) -> None:
    """With nothing to try, the cause is one of a set, and never a guess."""
    demands, configured, _ = SIX[cause]
    server = start.python("starlette", demands=demands, rest_demands={"key": KEY})
    answer = ask(server, truth=(cause,), budget={"seconds": 8}, **configured)
    answer.leaves_open_at_least(cause, without=IMPOSSIBLE, at_most=26)
