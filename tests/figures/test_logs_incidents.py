"""Notebook 03's first screen."""

from __future__ import annotations

from lib.figures.logs_incidents import happened
from lib.logs.analysis import report_on
from lib.logs.sources.reading import Asked, Reading, Unread, in_order
from tests.logs.made_up import entry


def shown(*entries: object, **fields: object) -> str:
    """The HTML for these entries."""
    return happened(report_on(Reading(source="file", asked=Asked(), entries=in_order(entries), **fields), []))._repr_html_()


def test_the_lines_stand_there_as_they_were_written_and_mean_no_markup() -> None:
    """The cause first, its lines below it, the long rest folded."""
    told = shown(entry(0, "<b>db</b>: connection refused\n" + "\n".join(f"    at f{n} (/app/x.js:{n}:1)" for n in range(1, 9))))
    assert "&lt;b&gt;db&lt;/b&gt;: connection refused" in told
    assert "<b>" not in told
    assert "<summary>5 more lines</summary>" in told


def test_what_was_not_read_is_named_also_where_nothing_failed() -> None:
    """No incident is no proof while lines are unread or say nothing of how grave they are."""
    told = shown(entry(0, "abc", severity=None), unread=(Unread(what="JSON that is broken", count=3, example="{"),))
    assert "Not read: 3 × JSON that is broken" in told
    assert "none with a severity that I understand" in told
