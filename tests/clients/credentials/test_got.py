"""What counts as a token, and until when it is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from lib.clients.credentials.got import checked, got

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "a-key-of-thirty-two-bytes-or-more-0123"


@pytest.mark.parametrize("text", ["eyJh.eyJz.c2ln", " 12|opaque\n", "Bearer eyJh.eyJz.c2ln\n", '"eyJh.eyJz.c2ln"\r\n'])
def test_one_token_alone_is_one(text: str) -> None:
    """Blanks around it and the word that some write before it are no part of it."""
    assert checked(text) in {"eyJh.eyJz.c2ln", "12|opaque"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "nothing"),
        ("null\n", "the word null"),
        ('{"access_token": "s3cret-value"}', "JSON"),
        ("<html>s3cret-value</html>", "markup"),
        ("Your token:\ns3cret-value", "2 lines"),
        ("s3cret-value and more", "blanks"),
        ("\x00\x01s3cret-value", "other characters"),
        ("s3cret-value" * 9000, "characters"),
    ],
)
def test_what_is_none_is_named_and_not_shown(text: str, found: str) -> None:
    """A missing value, a document, a sentence: what it is, never what stands in it."""
    with pytest.raises(ValueError, match=found) as refused:
        checked(text)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("ago_s", "lives_s", "good_s"),
    [(0, None, 60), (40, None, 20), (300, 60, 60), (-300, 60, 60), (300, None, -240)],
)
def test_how_long_it_is_good(ago_s: int, lives_s: int | None, good_s: int) -> None:
    """By its exp; where the issuer says now how long it lives, a clock that differs does not make it an old one."""
    issued = int(NOW.timestamp()) - ago_s
    token = jwt.encode({"iat": issued, "exp": issued + 60}, KEY)
    assert got(token, at=NOW, lives_s=lives_s).good_until == NOW + timedelta(seconds=good_s)


def test_a_token_that_says_nothing_is_good_for_as_long_as_was_said() -> None:
    """An opaque token has the end that came with it, or none."""
    assert got("opaque", at=NOW, lives_s=20).good_until == NOW + timedelta(seconds=20)
    assert got("opaque", at=NOW).good_until is None
