"""HTML made harmless: markup that only shows stays, and nothing that acts, loads or covers gets through."""

from __future__ import annotations

import pytest

from lib.figures.display.table import Prose, Stack, Table
from lib.page.sanitize import harmless


@pytest.mark.parametrize(
    "markup",
    [
        '<table class="a"><thead><tr><th scope="col" style="text-align:left">x</th></tr></thead></table>',
        '<details open=""><summary>more</summary><pre>a &lt;b&gt;</pre></details>',
        '<p>one<br>two <a href="#three">three</a> <a href="data/report.json">file</a></p>',
    ],
)
def test_what_only_shows_stays(markup):
    """Tables, folded parts, local links and their styles come through unchanged."""
    assert harmless(markup) == markup


def test_our_own_figures_stay():
    """What tables and prose show of themselves is not touched."""
    shown = Stack([Prose(["a & b"], heading="H"), Table([{"n": 1, "body": "<i>"}], caption="C")])._repr_html_()
    assert harmless(shown) == shown


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src=//x></SCRIPT >",
        "<style>body{display:none}</style>",
        "<svg><script>alert(1)</script></svg>",
        "<svg><svg></svg><script>alert(1)</script></svg>",
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        "<script>unclosed",
        "<!-- comment --><?php ?><!doctype html>",
    ],
)
def test_what_acts_goes_with_its_content(markup):
    """Scripts, styles, frames and drawings leave nothing behind."""
    assert harmless(f"a{markup}").strip() in {"a", "a</script>"}


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ('<img src="http://x/y" onerror="alert(1)">b', "b"),
        ('<p onclick="alert(1)">b</p>', "<p>b</p>"),
        ('<a href="javascript:alert(1)">b</a>', "<a>b</a>"),
        ('<a href="JAVA&#115;CRIPT:alert(1)">b</a>', "<a>b</a>"),
        ('<a href="https://x">b</a>', "<a>b</a>"),
        ('<a href="//x">b</a>', "<a>b</a>"),
        ('<a href="../../x">b</a>', "<a>b</a>"),
        ('<div style="background:url(http://x)">b</div>', "<div>b</div>"),
        ('<div style="position:fixed;top:0">b</div>', "<div>b</div>"),
        ('<div style="display: none">b</div>', "<div>b</div>"),
        ('<div style="opacity:0">b</div>', "<div>b</div>"),
        ('<div style="visibility:hidden;text-align:left">b</div>', '<div style="text-align:left">b</div>'),
        ('<div style="font-size:0">b</div>', "<div>b</div>"),
        ('<div style="margin-top:-9999px;color:transparent">b</div>', "<div>b</div>"),
        ('<div style="text-align:url(http://x)">b</div>', "<div>b</div>"),
        ('<form action="http://x"><input>b</form>', "b"),
        ('<meta http-equiv="refresh" content="0;url=http://x">b', "b"),
        ('<p title="&quot;><script>">b</p>', '<p title="&quot;&gt;&lt;script&gt;">b</p>'),
    ],
)
def test_what_could_load_act_or_cover_is_taken_out(markup, left):
    """Pictures, handlers, foreign addresses, forms and covering styles go; the words stay."""
    assert harmless(markup) == left


@pytest.mark.parametrize(
    ("markup", "closed"),
    [("<div><b>x", "<div><b>x</b></div>"), ("</div></section>x", "x"), ("<ul><li>a</ul>b", "<ul><li>a</li></ul>b")],
)
def test_no_fragment_reaches_beyond_its_place(markup, closed):
    """Elements left open are closed, and ends without a beginning do not end anything of ours."""
    assert harmless(markup) == closed
