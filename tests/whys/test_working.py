"""Beside a handshake that works every difference is a change that can be made alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lib.handshake import configured
from lib.parameters import loading as params
from lib.whys.working import Working, compared


def changes(ours: dict[str, Any], works: str, folder: Path) -> Working:
    """What a captured handshake differs in."""
    (folder / "works").write_text(works)
    given = {
        "environment": "x",
        "target": {"ws_url": "wss://a.example/ws", "rest_url": None, "working": f"file:{folder / 'works'}"},
    }
    for key, value in ours.items():
        given = params.set_dotted(given, key, value)
    parameters = params.completed(given, "test")
    return compared(parameters, configured(parameters))


def differences(ours: dict[str, Any], works: str, folder: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The factors of all differences to a captured handshake, and what was not taken over."""
    found = changes(ours, works, folder)
    return [dict(change.factors) for change in found.differences], found.told


def test_host_port_and_scheme_are_each_a_change_where_no_credential_differs(tmp_path: Path) -> None:
    """Where both hosts are named each is tried by itself; a port that is its scheme's own is no difference."""
    both = {"target.allow_hosts": ["a.example", "b.example"]}
    works = "curl 'ws://b.example:8080/ws' -H 'Authorization: Bearer t0ken-of-the-browser'"
    found, told = differences(both, works.partition(" -H")[0], tmp_path)
    assert found == [{"host": "b.example"}, {"port": 8080}, {"url_scheme": "ws"}]
    assert differences({}, "curl 'https://a.example:443/ws'", tmp_path) == ([], ())
    found, told = differences(both, works, tmp_path)
    assert {"url_scheme", "token"} <= next(factors.keys() for factors in found if "token" in factors)
    assert ({"host": "b.example"} in found, len(told)) == (True, 1)


def test_another_host_gets_its_own_credentials_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Host and credentials are one change; `allow_hosts` without it, and a host of production, leave it out and say so."""
    monkeypatch.setenv("OURS", "ours-0123456789")
    works = "curl 'wss://b.example:8443/ws' -H 'X-A: 1' -H 'Authorization: Bearer t0ken-of-the-browser' -b 'sid=5'"
    ours = {"token.issued": "env:OURS", "headers": {"X-Api-Key": "env:OURS"}}
    found, told = differences(ours, works, tmp_path)
    together = {
        "host": "b.example",
        "token": "env:WORKING_TOKEN",
        "headers.X-Api-Key": None,
        "cookies.sid": "env:WORKING_COOKIE_sid",
    }
    assert (found, len(told)) == ([{"headers.X-A": "1"}, {"port": 8443}, together], 1)
    found, told = differences({**ours, "target.allow_hosts": ["a.example"]}, works, tmp_path)
    assert (found, "target.allow_hosts" in told[0]) == ([{"headers.X-A": "1"}, {"port": 8443}], True)
    found, told = differences(ours, works.replace("b.example", "prod.b.example"), tmp_path)
    assert ({"headers.X-A": "1"} in found, "production" in told[0]) == (True, True)


def test_no_credential_of_ours_goes_along_to_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in our query is taken away with the rest; a cookie without a name cannot be, so nothing is tried there."""
    monkeypatch.setenv("COOKIE", "r4w-0123456789")
    works = "curl 'wss://b.example/ws' -H 'Authorization: Bearer t0ken-of-the-browser'"
    ours = {"target.ws_url": "wss://a.example/ws?api_key=k3y-0123456789abcdef"}
    found, _ = differences(ours, works, tmp_path)
    (bound,) = [factors for factors in found if "host" in factors]
    assert ("query.api_key" in bound, bound.get("query.api_key")) == (True, None)
    found, told = differences({"headers": {"Cookie": "env:COOKIE"}}, works, tmp_path)
    assert ([factors for factors in found if "host" in factors], "a cookie without a name" in " ".join(told)) == ([], True)
