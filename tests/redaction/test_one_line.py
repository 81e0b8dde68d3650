"""A refusal that comes as a page is quoted by its words, whoever wrote the page."""

from __future__ import annotations

import time

import pytest

from lib.redaction.one_line import in_one_line, is_page

PAGES = {
    "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>"
    "nginx</center>\r\n</body></html>": "403 Forbidden · nginx",
    '<!DOCTYPE html>\n<!--[if lt IE 7]> <html class="ie6"> <![endif]-->\n<head><title>Attention Required! | Cloudflare</title>'
    "<style>h1{color:red}</style></head><body><h1 data-translate='x'>Sorry, you have been <b>blocked</b></h1>":
    "Attention Required! | Cloudflare · Sorry, you have been blocked",
    '<HTML><HEAD><META HTTP-EQUIV="Content-Type"><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>'
    "<H1>403 ERROR</H1><H2>The request could not be satisfied.</H2>":
    "ERROR: The request could not be satisfied · 403 ERROR · The request could not be satisfied.",
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>':
    "AccessDenied Access Denied",
    "<h1>Not Found</h1><p>No such route</p>": "Not Found · No such route",
    "<!DOCTYPE html><title>Error</title></head><body><pre>tenant 77 suspended</pre>": "Error · tenant 77 suspended",
    "<html><title>a</title><h1>b</h1></html> then more": "a · b · then more",
    "<html><body><p>Token&nbsp;expired &amp; gone</p></body></html>": "Token expired & gone",
    "<html><head><script>if (a < b) { location = '<h1>x</h1>' }": "",
    '<html><head><title>Just a moment...</title></head><body><div class="main" lang="en': "Just a moment...",
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_quoted_by_its_words(page: str) -> None:
    """Title and heading first, once where both say the same, then its text; without tags, scripts or styles."""
    assert in_one_line(page) == PAGES[page]
    assert is_page(page)


@pytest.mark.parametrize("body", ['{"detail": "<b>no</b>"}', "a < b and b > c", "Bearer realm=<x>", "no such user <u@x.example>"])
def test_what_is_no_page_stands_as_it_is(body: str) -> None:
    """Angle brackets alone make no page."""
    assert in_one_line(body) == body
    assert not is_page(body)


def test_headings_alone_leave_out_what_differs_between_requests() -> None:
    """A failure is known by them, in whichever request it happened."""
    assert in_one_line("<html><h1>Blocked</h1>Ray ID: 8f2c19d0", headings_alone=True) == "Blocked"


def test_words_before_a_page_stay() -> None:
    """An assertion's own words come first, then what the page says."""
    said = in_one_line("AssertionError: 403 for /ws: <html><title>Forbidden</title><body>x")
    assert said == "AssertionError: 403 for /ws: Forbidden · x"


def test_what_is_cut_says_so() -> None:
    """A longer body ends with an ellipsis, within the length."""
    said = in_one_line("word " * 100, 40)
    assert said.endswith("…")
    assert len(said) <= 40


@pytest.mark.parametrize("hostile", ["<h1>", "<!--", "<script>", "<", "<title", "<html><h1><b"])
def test_a_hostile_page_takes_no_time(hostile: str) -> None:
    """Elements that are never closed are read once."""
    began = time.process_time()
    in_one_line("<html>" + hostile * 20_000)
    assert time.process_time() - began < 5
