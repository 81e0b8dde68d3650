"""YAML and JSON as values that know their lines."""

from __future__ import annotations

import pytest

from lib.configuration import located
from lib.configuration.located import Unusable, at, documents, mapping, maps, texts

ALIASES = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(f'*{chr(97 + n)}' for _ in range(10))}]\n" for n in range(8)
)


def test_lines() -> None:
    """Each key of a map knows its line; dates stay texts, and an unknown tag means nothing."""
    value = documents("a:\n  b: 1\n  c: 2026-01-01\n  d: !reset [x]\n")[0]
    assert (mapping(value, "a").lines, value["a"]) == ({"b": 2, "c": 3, "d": 4}, {"b": 1, "c": "2026-01-01", "d": ["x"]})
    assert str(mapping(value, "a").place("f.yaml", "c")) == "f.yaml:3"


def test_merged_maps() -> None:
    """A merged map gives what the map itself does not say, wherever the merge stands."""
    value = documents("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}")[0]
    assert value["y"] == {"a": 1, "b": 3}


def test_many_documents_and_json() -> None:
    """A text may hold several documents; JSON, tabs in it too, has paths instead of lines."""
    assert documents("a: 1\n---\nb: 2\n---\n") == [{"a": 1}, {"b": 2}, None]
    value = documents('{\n\t"a": {"b": 1}}')[0]
    assert str(value.place("f.json", "a", path="services/x a")) == "f.json services/x a"


@pytest.mark.parametrize(
    "text",
    [ALIASES, "a: &a [*a]", "[" * 500 + "]" * 500, "a: 'x", "\tb: c: d", "{" * 2000, "--- a\n" * (located.MAX_DOCUMENTS + 2)],
    ids=["aliases of aliases", "itself", "deep", "open", "tabs", "braces", "documents"],
)
def test_refused(text: str) -> None:
    """What is no YAML, or none of a bounded size, is refused without a word of the text."""
    with pytest.raises(Unusable) as refused:
        documents(text)
    assert text[:40] not in str(refused.value)


def test_below_keys() -> None:
    """What is not there, or of another kind, is nothing and never an error."""
    value = documents("a: [{b: c}, d]\ne: f")[0]
    assert (at(value, "a", 0, "b"), at(value, "a", 7), at(value, "e", "x"), maps(value, "a"), texts(value, "a")) == (
        "c",
        None,
        None,
        [{"b": "c"}],
        ["d"],
    )
    assert (mapping(value, "a"), texts(value, "e")) == ({}, ["f"])
