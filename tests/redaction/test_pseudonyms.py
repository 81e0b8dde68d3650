"""What stands in a secret's place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from lib.redaction import pseudonyms


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = pseudonyms._key
    yield
    pseudonyms.use_key(before)


def test_a_guess_cannot_be_tried_without_the_key():
    """No digest of the value alone gives its pseudonym; another key gives another one, and the key has a name of its own."""
    pseudonyms.use_key(b"one key")
    one, name = pseudonyms.pseudonym("hunter2"), pseudonyms.key_name()
    assert hashlib.sha256(b"hunter2").hexdigest()[:8] not in one
    pseudonyms.use_key(b"another")
    assert (pseudonyms.pseudonym("hunter2") == one, pseudonyms.key_name() == name) == (False, False)
    pseudonyms.use_key(b"one key")
    assert pseudonyms.pseudonym("hunter2") == one
