"""What is not seen, or obeyed, is written out; everything else stays."""

from __future__ import annotations

import json

import pytest

from lib.redaction.visible import in_json, visible

UNSEEN = "\x00\x07\x1b\r\x7f\x85\x9b\xad\u061c\u115f\u180e\u200b\u200d\u200e\u2028\u202e\u2060\u2066"
UNSEEN += "\u2069\u3164\ufeff\ufffb\uffff\ud800\U000e0041"


@pytest.mark.parametrize("character", UNSEEN, ids=lambda character: f"{ord(character):x}")
def test_each_character_that_is_obeyed_or_not_seen_is_written_out(character: str) -> None:
    """As Python's escape for people, as JSON's own in a document, which then says the same."""
    shown = visible(f"a{character}b")
    assert (shown.isprintable(), shown[0], shown[-1], len(shown) > 3) == (True, "a", "b", True)
    document = in_json(json.dumps({"a": character}, ensure_ascii=False))
    assert (character in document, json.loads(document)) == (False, {"a": character})


def test_writing_stays_as_it_is() -> None:
    """Lines, tabs, letters of any alphabet, signs and pictures are what people read."""
    text = "ä\tß\nжה漢字 … – “x” € 😀 ✈\ufe0f e\u0301"
    assert (visible(text), in_json(text)) == (text, text)
