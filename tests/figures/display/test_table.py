"""Tables and prose: the same content in HTML, Markdown and plain text, and nothing that a server said acts as markup."""

from __future__ import annotations

import pytest

from lib.figures.display.table import MAX_ROWS, Prose, Stack, Table, text_of

HOSTILE = "<script>alert(1)</script>|`$x$`\n[a](javascript:b) \x1b[31m"


def test_rows_may_be_mappings_or_sequences():
    """Both forms of row show the same table."""
    assert repr(Table([{"a": 1, "b": 2}], {"b": "B", "a": "A"})) == repr(Table([(2, 1)], ["B", "A"]))


def test_headings_default_to_the_first_rows_keys():
    """Without columns the keys of the first row are the headings."""
    assert Table([{"module": "m", "passed": 3}]).headings() == ["module", "passed"]


@pytest.mark.parametrize("thing", [Table([{"body": HOSTILE}], caption=HOSTILE), Prose([HOSTILE], heading=HOSTILE)])
def test_html_holds_no_markup_of_the_content(thing):
    """A server's body becomes text, never an element."""
    shown = thing._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "\x1b" not in shown


def test_markdown_holds_no_markup_of_the_content():
    """Pipes, code, formulas, links and tags in a cell are shown as characters, in a table that keeps its shape."""
    shown = Table([{"body": HOSTILE}])._repr_markdown_()
    assert "<script" not in shown
    assert r"\|\`\$x\$\`" in shown
    assert r"\[a\]\(javascript" in shown
    assert len(shown.strip().splitlines()) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (True, "yes"), (1234.6, "1235"), (0.123456, "0.1235"), ([1, 2], "1, 2"), ([], "–"), ({"a": None}, "a: –")],
)
def test_values_are_written_for_people(value, text):
    """Each kind of value has one way to be shown."""
    assert text_of(value) == text


def test_long_texts_are_cut():
    """A cell shows a bounded part of a long text and says so."""
    assert len(text_of("x" * 10_000)) == 600
    assert text_of("x" * 10_000).endswith("…")


def test_rows_left_out_are_counted():
    """A table that shows a part of its rows says how many it left out."""
    long = Table([{"n": n} for n in range(MAX_ROWS + 7)])
    assert "7 further rows" in repr(long)
    assert "7 further rows" in long._repr_html_()
    assert "7 further rows" in long._repr_markdown_()


def test_numbers_stand_to_the_right():
    """Columns of numbers are aligned to the right in HTML and Markdown."""
    numbers = Table([{"n": 1}, {"n": 2.5}])
    assert numbers._repr_html_().count("text-align:right") == 2
    assert "---:" in numbers._repr_markdown_()


def test_an_empty_table_says_so():
    """No rows give a sentence, not an empty grid."""
    assert "No case failed." in Table([], ["case"], empty="No case failed.")._repr_html_()


def test_a_stack_shows_its_parts_in_order():
    """Several parts are one displayable thing."""
    shown = Stack([Prose(["first"]), Table([{"n": "second"}])])._repr_html_()
    assert shown.index("first") < shown.index("second")
