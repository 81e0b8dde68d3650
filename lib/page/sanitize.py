"""HTML made harmless: what is on the list stays, everything else becomes text or goes, and every element is closed.

What a notebook shows came from servers in part. A record must not run, load or hide anything because a server said so.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_TEXT_TAGS = "a abbr b br code del em i kbd mark p pre s small span strong sub sup u blockquote h1 h2 h3 h4 h5 h6 hr wbr"
_BLOCK_TAGS = (
    "div section figure figcaption details summary ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td"
)
TAGS = frozenset(f"{_TEXT_TAGS} {_BLOCK_TAGS}".split())
VOID = frozenset({"br", "hr", "col", "wbr"})
DROPPED_WITH_CONTENT = frozenset(
    {"script", "style", "template", "iframe", "object", "svg", "math", "noscript", "textarea", "title", "xmp", "noembed"}
)
ATTRIBUTES = frozenset(
    {"class", "title", "colspan", "rowspan", "scope", "open", "start", "align", "role", "aria-label", "style", "href"}
)
_STYLE = re.compile(r"[\w\s:;,.%#()/-]*")
_UNWANTED_STYLE = re.compile(r"url\s*\(|expression|position\s*:|z-index|behavior|display\s*:\s*none", re.IGNORECASE)
_LOCAL_LINK = re.compile(r"(?:#|[\w-][\w./-]*(?:#|$))[\w./#-]*")


def harmless(markup: str) -> str:
    """The same HTML without scripts, pictures, forms, foreign links or anything that could load or overlay something."""
    cleaner = _Cleaner()
    cleaner.feed(markup)
    cleaner.close()
    return cleaner.result()


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []
        self._dropping: list[str] = []

    def result(self) -> str:
        return "".join(self._parts) + "".join(f"</{tag}>" for tag in reversed(self._open))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self._dropping or tag in DROPPED_WITH_CONTENT:
            if tag in DROPPED_WITH_CONTENT:
                self._dropping.append(tag)
        elif tag in TAGS:
            kept = "".join(f' {name}="{html.escape(value or "")}"' for name, value in attributes if _kept(name, value or ""))
            self._parts.append(f"<{tag}{kept}>")
            if tag not in VOID:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in DROPPED_WITH_CONTENT:
            self.handle_starttag(tag, attributes)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            if tag in self._dropping:
                del self._dropping[self._dropping.index(tag) :]
        elif tag in self._open:
            # Whatever is still open inside ends with it, so that no fragment reaches beyond its place.
            while (last := self._open.pop()) != tag:
                self._parts.append(f"</{last}>")
            self._parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self._parts.append(html.escape(data, quote=False))


def _kept(name: str, value: str) -> bool:
    if name == "style":
        return bool(_STYLE.fullmatch(value)) and not _UNWANTED_STYLE.search(value)
    if name == "href":
        return bool(_LOCAL_LINK.fullmatch(value)) and ".." not in value
    return name in ATTRIBUTES
