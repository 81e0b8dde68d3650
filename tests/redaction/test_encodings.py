"""What stands in runs of base64, base32 and hexadecimal, and how a value looks inside them."""

from __future__ import annotations

import base64

import pytest

from lib.redaction.encodings import base64_decoded, encoded_spellings, opened_runs

SECRET = b"k7-a?secret>of~ours"


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b16encode])
def test_a_value_is_found_wherever_it_stands_in_what_was_encoded(before: int, encode: object):
    """One of its spellings is in the encoded text, whatever stands before and behind it."""
    text = encode(b"x" * before + SECRET + b"yz").decode()
    assert any(spelt in text for spelt in encoded_spellings(SECRET))


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b16encode])
def test_a_run_says_what_was_encoded_and_where_it_stands(encode: object):
    """The run is decoded, without its padding too, and its place in the text is told."""
    run = encode(SECRET).decode().rstrip("=")
    found = list(opened_runs(f"got {run} here", lambda letters, readings: SECRET.decode() in "".join(readings(letters)) or None))
    assert found[0] == (4, 4 + len(run), True)


@pytest.mark.parametrize("text", ["cGFzczp3b3Jk", "cGFzczp3b3Jk====", "cGFzczp3b3Jkc"])
def test_base64_is_read_padded_or_cut_off(text: str):
    """Neither its padding nor a letter too many keeps it from being read."""
    assert base64_decoded(text) == b"pass:word"
