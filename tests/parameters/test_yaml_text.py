"""YAML that would grow, repeat itself or promise what it does not hold is refused in words, at once."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.parameters import yaml_text

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED = {
    "aliases of aliases": (BOMB, "more than 100000 values"),
    "a map in itself": ("c: &c {a: *c}", "contains itself"),
    "a list in itself": ("&a [*a]", "contains itself"),
    "a key twice": ("a: 1\nb: {x: 1, x: 2}", "'x' comes twice.*line 2"),
    "a tag that lies": ("!!int x", "not what its form or tag says"),
    "a boolean that is none": ("!!bool maybe", "not what its form or tag says"),
    "a date that does not exist": ("from: 2024-13-45", "not what its form or tag says"),
    "5,000 digits": ("9" * 5000, "not what its form or tag says"),
    "brackets": ("[" * 100_000, "nested too deeply"),
    "fewer brackets": ("[" * 900 + "]" * 900, "nested too deeply"),
    "a tab": ("a:\n\tb: 1", "in line 2: a tab stands where blanks belong"),
    "an alias alone": ("a: *hunter2", "in line 1: an alias names no anchor$"),
    "a list as a key": ("? [a]\n: 1", "is not YAML"),
    "a tag of Python": ("!!python/object/apply:os.system [x]", "is not YAML in line 1"),
    "two documents": ("a\n---\nb", "in line 2: there is a second document"),
    "a control character": ("a: \x01", "is not YAML"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_parameter_file_is_told_at_once(text: str, told: str) -> None:
    """Each is refused in a second, with what it is."""
    start = process_time()
    with pytest.raises(yaml_text.NotUsable, match=told):
        yaml_text.parse(text)
    assert process_time() - start < 5


def test_aliases_and_merged_maps_are_read() -> None:
    """Anchors are how people share settings between groups."""
    assert yaml_text.parse("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a") == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2},
    }


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:- \n[]{},&*!|>'\"#%@?0123456789.e~<\\xu\x00\ud800é"), max_size=60))
def test_any_text_is_a_value_or_not_usable(text: str) -> None:
    """No text of YAML's own characters ends in another exception."""
    told, value = "", None
    try:
        value = yaml_text.parse(text)
    except yaml_text.NotUsable as refusal:
        told = str(refusal)
    assert not told or value is None
