"""A text without its escapes, and where each of its characters came from."""

from __future__ import annotations

import pytest

from lib.redaction.views import MAX_LAYERS, folded, has_more, views


def read(text: str) -> list[str]:
    """Each view's text."""
    return [view.text for view in views(text, lambda plain: True)]


@pytest.mark.parametrize(
    "spelt",
    [
        "s%65cret", "s%2565cret", "s\\u0065cret", "s\\x65cret", "s&#x65;cret", "s&#101;cret", "se\u200bcret", "se\x1b[31mcret",
        "se<wbr>cret", "s\\u{65}cret", "se[31mcret", "se\x00cret",
    ],
)  # fmt: skip
def test_each_escape_is_read(spelt: str):
    """Percent-encoding once and twice, escapes of JSON and others, entities, colours and what is invisible."""
    assert has_more(spelt)
    assert "secret" in read(f"a {spelt} b")[-1]


def test_a_place_in_a_view_leads_back_to_the_text():
    """Through two layers, to all the characters that a part was read from."""
    text = "a %2573ecret b"
    *_, last = views(text, lambda plain: True)
    start = last.text.index("secret")
    first, end = last.origin(start, start + len("secret"))
    assert text[first:end] == "%2573ecret"


def test_a_text_without_escapes_has_one_view():
    """Nothing is made where nothing can be read otherwise."""
    assert read("an ordinary line, 3.2 ms") == ["an ordinary line, 3.2 ms"]


def test_layers_have_a_bound():
    """A hostile text that is escaped a hundred times is opened so often only."""
    assert len(read("%" + "25" * 100 + "41")) == 1 + MAX_LAYERS


def test_backslashes_are_read_only_where_what_they_hide_matters():
    """A Windows path costs nothing."""
    assert len(list(views("C:\\temp\\logs", lambda plain: False))) == 1


def test_folding_leads_back_although_it_lengthens():
    """`\u0130` and `\u00df` become two letters."""
    lowered, view = folded("\u0130 Stra\u00dfe X")
    at = lowered.index("strasse")
    assert view is not None
    assert view.origin(at, at + 7) == (2, 8)
