"""What the rules of Traefik's routers ask."""

from __future__ import annotations

import pytest

from lib.configuration.readers.traefik_rules import MAX_WAYS, Unknown, Way, ways


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("Host(`a`, `b`) && Path(`/x`)", [Way(hosts=("a", "b"), match="exact", path="/x")]),
        ("Host(`a`) && Host(`b`)", []),
        ("PathPrefix(`/x`) && PathPrefix(`/x/y`)", [Way(path="/x/y")]),
        ("PathPrefix(`/x`) && Path(`/y`)", []),
        ("!(Path(`/x`) || PathPrefix(`/y`))", [Way(but_not=(("exact", "/x"), ("prefix", "/y")))]),
        ("!Host(`a`)", [Way(is_conditional=True)]),
        ("Host(`a`) || Method(`POST`)", [Way(hosts=("a",))]),
        ("ClientIP(`10.0.0.0/8`)", [Way(is_conditional=True)]),
    ],
)
def test_ways(rule: str, fits: list[Way]) -> None:
    """A rule is evaluated as the expression that it is, for a handshake."""
    assert ways(rule) == fits


@pytest.mark.parametrize(
    "rule", ["", "Host:a", "Host(`a`) &&", "(Host(`a`)", "Host(`a`))", "Host", "(" * 3000, "!" * 4000, "a" * 6000,
             " && ".join(["(Path(`/a`) || PathPrefix(`/`))"] * 4000), " || ".join(f"Path(`/{n}`)" for n in range(MAX_WAYS + 1))]
)  # fmt: skip
def test_what_is_no_rule(rule: str) -> None:
    """What is not understood, or too long, is said to be unknown."""
    with pytest.raises(Unknown):
        ways(rule)
