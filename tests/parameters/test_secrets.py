"""Secrets by reference: where a value names them, and what is read behind them."""

from __future__ import annotations

import pytest

from lib.parameters.errors import BadInput
from lib.parameters.secrets import resolved_within

ENVIRON = {"KEY": "s3cr3t", "OTHER": "0th3r"}


def test_references_anywhere_in_a_value_are_resolved() -> None:
    """In maps and lists however deep; what is no reference stays as it is, and the secrets are told in their order."""
    value = {"a": ["env:KEY", 7, None], "b": {"c": "env:OTHER", "d": "env: no reference"}, "e": True}
    found, secrets = resolved_within(value, where="token.login.json", environ=ENVIRON)
    assert found == {"a": ["s3cr3t", 7, None], "b": {"c": "0th3r", "d": "env: no reference"}, "e": True}
    assert secrets == ("s3cr3t", "0th3r")


def test_the_place_of_what_cannot_be_read_is_named() -> None:
    """By its path in the parameters, never with a value."""
    with pytest.raises(BadInput, match=r"session\.payload\.auth\.1: the environment variable GONE"):
        resolved_within({"auth": ["env:KEY", "env:GONE"]}, where="session.payload", environ=ENVIRON)
