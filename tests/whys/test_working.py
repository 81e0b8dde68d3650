"""Beside a handshake that works every difference is a change that can be made alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lib.handshake import configured
from lib.parameters import loading as params
from lib.whys.working import compared


def differences(ours: dict[str, Any], works: str, folder: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The factors of all differences to a captured handshake, and what was not taken over."""
    (folder / "works").write_text(works)
    given = {
        "environment": "x",
        "target": {"ws_url": "wss://a.example/ws", "rest_url": None, "working": f"file:{folder / 'works'}"},
    }
    for key, value in ours.items():
        given = params.set_dotted(given, key, value)
    parameters = params.completed(given, "test")
    found = compared(parameters, configured(parameters))
    return [dict(change.factors) for change in found.differences], found.told


def test_every_kind_of_difference_is_a_change(tmp_path: Path) -> None:
    """Headers there and here, cookies, query, path, Origin, subprotocols and token: each by itself, secrets as references."""
    works = (
        "curl 'wss://a.example/other?v=2' -H 'Origin: https://b' -H 'X-A: 1' -b 'a=1; b=2' "
        "-H 'Sec-WebSocket-Protocol: chat' -H 'Authorization: Bearer t0ken-of-the-browser'"
    )
    found, _ = differences({"headers": {"X-Only-Here": "1"}}, works, tmp_path)
    assert {name for factors in found for name in factors} == {
        *("token", "carrier", "carrier_name", "carrier_encoding", "origin", "subprotocols", "path", "query.v"),
        *("headers.X-A", "headers.X-Only-Here", "cookies.a", "cookies.b"),
    }
    assert "t0ken-of-the-browser" not in json.dumps(found)


def test_another_host_is_tried_only_where_both_are_named(tmp_path: Path) -> None:
    """Its credentials are that host's own: without allow_hosts for both the difference is told and not tried."""
    works = "curl 'wss://b.example/ws' -H 'X-A: 1'"
    found, told = differences({}, works, tmp_path)
    assert (found, len(told)) == ([{"headers.X-A": "1"}], 1)
    found, told = differences({"target.allow_hosts": ["a.example", "b.example"]}, works, tmp_path)
    assert ({"host": "wss://b.example"} in found, told) == (True, ())
