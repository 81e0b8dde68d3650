"""A record that was broken off says so."""

from __future__ import annotations

from lib.page.unfinished import unfinished_page


def test_an_unfinished_round_says_what_there_is_and_how_to_go_on() -> None:
    """The page names the command, the verdict where there is one, and each notebook's state; foreign names stay text."""
    page = unfinished_page("round-01", environment="<b>", verdict="proved", notebooks={"01-<i>.ipynb": True, "02.ipynb": False})
    assert "<code>--resume</code> goes on with it" in page
    assert "come to its end: proved." in page
    assert '<a href="01-&lt;i&gt;.ipynb">01-&lt;i&gt;.ipynb</a> came to its end, and is kept' in page
    assert "02.ipynb</a> did not, and is run anew" in page
    assert ("<b>" in page, "<i>" in page, "<script" in page) == (False, False, False)
