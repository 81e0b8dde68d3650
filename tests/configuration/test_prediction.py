"""Addresses as they are asked."""

from __future__ import annotations

from typing import get_args

from lib.configuration.prediction import SHOWN_BY, Address, Kind
from lib.whys.evidence.features import FEATURES


def test_addresses() -> None:
    """Port and TLS follow from the scheme where they are not said; another path leaves its query behind."""
    assert Address.of("wss://API.example/ws?x=1") == Address(host="api.example", port=443, path="/ws", is_secure=True)
    assert Address.of("http://127.0.0.1:8000", "/me?x=1") == Address(host="127.0.0.1", port=8000, path="/me", is_secure=False)


def test_what_shows_it_is_known() -> None:
    """What bears a finding out is a feature that is computed, of a kind that there is."""
    assert SHOWN_BY.keys() <= set(get_args(Kind))
    assert {name for names in SHOWN_BY.values() for name in names} <= FEATURES.keys()
