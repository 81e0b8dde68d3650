"""What two handshakes differ in, one thing at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lib import tokens
from lib.handshake import Handshake
from lib.whys.altered import with_subprotocols
from tests.whys.test_working import changes, differences


def test_every_kind_of_difference_is_a_change(tmp_path: Path) -> None:
    """Headers there and here, cookies, query, path, Origin, subprotocols and token: each by itself, secrets as references."""
    works = (
        "curl 'wss://a.example:8443/other?v=2&w=3&w=4' -H 'Origin: https://b' -H 'X-A: 1' -b 'a=1; b=2' "
        "-H 'Sec-WebSocket-Protocol: chat, v2' -H 'Authorization: Bearer t0ken-of-the-browser'"
    )
    found, _ = differences({"headers": {"X-Only-Here": "1"}}, works, tmp_path)
    assert {name for factors in found for name in factors} == {
        *(
            "token",
            "carrier",
            "carrier_name",
            "origin",
            "subprotocols.chat",
            "subprotocols.v2",
            "path",
            "query.v",
        ),
        *("query.w", "headers.X-A", "headers.X-Only-Here", "cookies.a", "cookies.b", "port"),
    }
    assert {"query.w": ["3", "4"]} in found
    assert "t0ken-of-the-browser" not in json.dumps(found)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([], ["a", "b"], {"a": 1, "b": 2}),
        (["a"], ["b", "a"], {"b": 1}),
        (["a", "b", "c"], ["c", "a", "b"], {"c": 1}),
        (["x", "a"], ["a"], {"x": None}),
        (["a", "b", "c"], ["d", "b", "a"], {"d": 1, "b": 2, "c": None}),
    ],
)
def test_subprotocols_are_compared_one_by_one(
    ours: list[str], theirs: list[str], expected: dict[str, Any], tmp_path: Path
) -> None:
    """Offered at its place, moved or left out; all together make the offer of the working handshake."""
    works = f"curl 'wss://a.example/ws' -H 'Sec-WebSocket-Protocol: {', '.join(theirs)}'"
    found, _ = differences({"target.subprotocols": ours}, works, tmp_path)
    changed = {name.removeprefix("subprotocols."): place for factors in found for name, place in factors.items()}
    assert changed == expected
    handshake = Handshake(url="wss://a.example/ws", rest_url="", subprotocols=tuple(ours))
    assert with_subprotocols(handshake, changed).subprotocols == tuple(theirs)


def test_the_claims_of_a_token_are_compared_where_ours_is_minted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the whole token stand its claims, one change each, with which ours can be minted."""
    monkeypatch.setenv("KEY", "k" * 40)
    theirs = tokens.mint({"aud": "b", "sub": "u2", "iat": 1000, "exp": 1060}, key="t" * 40, algorithm="HS512")
    ours = {"token.secret": "env:KEY", "token.claims": {"aud": "a", "iss": "i"}, "token.user": "u1"}
    change = changes(ours, f"curl 'wss://a.example/ws' -H 'Authorization: Bearer {theirs}'", tmp_path).differences[0]
    assert change.factors == {"token": "env:WORKING_TOKEN"}
    assert [dict(one.factors) for one in change.finer] == [
        *({"claims.aud": "b"}, {"user": "u2"}, {"algorithm": "HS512"}, {"claims.iss": None}, {"lifetime_s": 60})
    ]
