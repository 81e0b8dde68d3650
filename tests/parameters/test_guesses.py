"""An address that nobody gave is known for a guess as long as it stands as it was guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lib.parameters.guesses import guessed, guesses_told, rest_url_of
from lib.parameters.loading import BadInput, load

TARGET = {"ws_url": "wss://a.example:8443/ws", "rest_url": "https://a.example:8443", "health_path": "/h", "protected_path": "/me"}
EVERY = {name: value for name, value in TARGET.items() if name != "ws_url"}
ADDRESS = {"ws_url": TARGET["ws_url"]}


def test_the_rest_address_is_the_same_host_with_the_same_trust() -> None:
    """https beside wss, http beside ws; the port stays."""
    assert rest_url_of("wss://a.example:8443/ws?x=1") == "https://a.example:8443"
    assert rest_url_of("ws://[::1]:80/") == "http://[::1]:80"


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({}, {"target.rest_url", "target.health_path", "target.protected_path"}),
        ({"rest_url": "https://api.example"}, {"target.health_path", "target.protected_path"}),
        ({"rest_url": None}, set()),
        ({"guessed": {}}, set()),
        ({"guessed": ADDRESS}, {"target.ws_url"}),
        ({"guessed": ADDRESS, "ws_url": "ws://a.example:8443/ws"}, set()),
        ({"ws_url": "wss://b.example/ws", "health_path": "/healthz"}, {"target.rest_url", "target.protected_path"}),
        ({"guessed": {**ADDRESS, **EVERY}, "rest_url": None}, {"target.ws_url"}),
    ],
)
def test_what_somebody_wrote_is_no_guess(changed: dict[str, Any], left: set[str]) -> None:
    """Another address, path, or none, in the guess's place; paths are guesses only where something is asked there."""
    target = {**TARGET, "guessed": EVERY, **changed}
    assert guessed(target).keys() == left
    assert (guesses_told(target) is None) == (not left)


def test_each_guess_is_told_with_its_value() -> None:
    """In one sentence that terminal, notebook and page share."""
    assert guesses_told({**TARGET, "guessed": {"rest_url": TARGET["rest_url"]}}) == (
        "guessed, as nobody gave it: target.rest_url https://a.example:8443"
    )


def test_a_list_of_guesses_has_the_values_of_its_file(tmp_path: Path) -> None:
    """As files once had it: a path that the file does not name is that of base.yaml, and an address given anew is no guess."""
    path = tmp_path / "earlier.yaml"
    path.write_text("environment: x\ntarget: {ws_url: wss://a.example/ws, guessed: [ws_url, rest_url, health_path]}\n")
    assert load(path).target.guessed == {"ws_url": "wss://a.example/ws", "health_path": load("embedded").target.health_path}
    assert guesses_told(load(path, {"target.ws_url": "wss://b.example/ws"}).target.model_dump()) is None
    path.write_text("environment: x\ntarget: {ws_url: wss://a.example/ws, guessed: [nothing]}\n")
    with pytest.raises(BadInput, match=r"target\.guessed"):
        load(path)
