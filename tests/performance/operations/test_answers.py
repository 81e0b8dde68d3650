"""What is no measurement says why, and by whom."""

from __future__ import annotations

import pytest

from lib.facts import Exchange, Phases, utc_now
from lib.performance.operations.answers import refusal

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ({"status": 403}, "refused (403)"),
        ({"status": 502, "via_proxy": PROXY}, "refused (502) through the proxy that the environment names"),
        ({"status": 407, "via_proxy": PROXY}, "refused (407) by the proxy that the environment names"),
        (
            {"status": 502, "via_proxy": PROXY, "error": "the proxy did not let the handshake through"},
            "refused (502) by the proxy that the environment names",
        ),
    ],
)
def test_a_refusal_of_a_proxy_is_not_the_targets(seen: dict[str, object], told: str) -> None:
    """Its own refusal is called so; what came through it may be either's."""
    given = {
        "id": "1",
        "of": "sample",
        "kind": "handshake",
        "label": "",
        "method": "GET",
        "url": "ws://a.example/",
        "rung": "upgrade",
    }
    assert refusal(Exchange(**{**given, "phases": Phases(), "elapsed_ms": 1.0, "at": utc_now(), **seen})) == told
