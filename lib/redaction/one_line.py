"""What a body says in one line: a page by its title, its heading and then its text, anything else by its beginning (pure).

Proxies, firewalls and load balancers refuse with pages for people. Quoted as they stand, a line of them holds markup and no word.
"""

from __future__ import annotations

import html
import re

LENGTH = 120
"""Characters of a body that a line has room for."""
MAX_READ = 20_000
_PAGE = re.compile(
    r"<(?:!doctype\s+html|html)\b|\A(?:\ufeff|\s)*<(?:!--|\?xml\b|(?:head|body|title|h[1-6]|center|div|p|style|script)\b)", re.I
)
_WORDLESS = re.compile(r"<(script|style|svg|template|noscript)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S)
_HEADING = re.compile(r"<(title|h1)\b[^<>]*>(.*?)(?:</(?:title|h1)\b[^<>]*>?|(?=<(?:title|h1|h2|p|body)\b)|\Z)", re.I | re.S)
_TAG = re.compile(r"<[^<>]*(?:>|\Z)")


def in_one_line(body: str, length: int = LENGTH, *, headings_alone: bool = False) -> str:
    """The words of a body, also of a page that stands behind other words, without markup and line breaks; `…` where they are
    cut, nothing where there are none. With `headings_alone` a page that has a heading is told by it: its text may hold the
    number of the request."""
    text = body[:MAX_READ]
    page = _PAGE.search(text)
    said = _spaced(text if page is None else f"{text[: page.start()]} {_of_page(text[page.start() :], headings_alone)}")
    return said if len(said) <= length else f"{said[: length - 1].rstrip()}…"


def is_page(body: str) -> bool:
    """Whether a body is HTML or XML, as a whole."""
    found = _PAGE.search(body[:MAX_READ])
    return found is not None and not body[: found.start()].strip()


def _of_page(markup: str, headings_alone: bool) -> str:
    shown = _WORDLESS.sub(" ", markup)
    headings: list[str] = []
    for found in _HEADING.finditer(shown):
        words = _words(found[2])
        # A heading that only repeats the title says nothing more.
        if words and not any(words in one for one in headings):
            headings.append(words)
    if headings and headings_alone:
        return " · ".join(headings)
    rest = _words(_HEADING.sub(" ", shown))
    return " · ".join([*headings, *([rest] if rest and not any(rest in one for one in headings) else [])])


def _words(markup: str) -> str:
    return _spaced(html.unescape(_TAG.sub(" ", markup)))


def _spaced(text: str) -> str:
    return " ".join(text.split())
