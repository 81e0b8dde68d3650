"""HTML made harmless: what is on the list stays, everything else becomes text or goes, and every element is closed.

What a notebook shows came from servers in part. A record must not run, load or hide anything because a server said so.
"""

from __future__ import annotations

import re

import nh3

_TEXT_TAGS = "a abbr b br code del em i kbd mark p pre s small span strong sub sup u blockquote h1 h2 h3 h4 h5 h6 hr wbr"
_BLOCK_TAGS = (
    "div section figure figcaption details summary ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td"
)
TAGS = {*_TEXT_TAGS.split(), *_BLOCK_TAGS.split()}
DROPPED_WITH_CONTENT = {
    *("script", "style", "template", "iframe", "object", "svg", "math", "noscript", "textarea", "title", "xmp", "noembed")
}
ATTRIBUTES = {"class", "title", "colspan", "rowspan", "scope", "open", "start", "align", "role", "aria-label", "style"}
STYLES = {
    "text-align": r"left|right|center|start|end",
    "overflow-x": r"auto",
    "white-space": r"pre|pre-wrap|nowrap|normal",
    "font-weight": r"bold|normal|[1-9]00",
    "background-color": r"#fde3cf",  # what differs in two columns side by side
    "font-style": r"italic|normal",
    "vertical-align": r"top|middle|bottom|baseline",
}
"""Properties that only place and stress, with the values that they may have: none of them hides or covers anything."""
_LOCAL_LINK = re.compile(r"(?:#|[\w-][\w./-]*(?:#|$))[\w./#-]*")


def harmless(markup: str) -> str:
    """The same HTML without scripts, pictures, forms, foreign links or anything that could load, overlay or hide something."""
    return nh3.clean(
        markup,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes={"*": ATTRIBUTES, "a": {"href"}},
        attribute_filter=_kept,
        filter_style_properties=set(STYLES),
        link_rel=None,
        url_schemes=set(),
    )


def _kept(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if _LOCAL_LINK.fullmatch(value) and ".." not in value else None
    if name == "style":
        kept = [pair for pair in value.split(";") if _is_plain(pair)]
        return ";".join(kept) or None
    return value


def _is_plain(pair: str) -> bool:
    name, _, value = pair.partition(":")
    return re.fullmatch(STYLES.get(name.strip().lower(), "$."), value.strip().lower()) is not None
