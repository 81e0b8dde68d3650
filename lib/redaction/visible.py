"""What a terminal or a browser would obey, or show as nothing at all, written out as its code (pure)."""

from __future__ import annotations

import html
import re
from typing import Any

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control characters, line and paragraph separators, marks of direction, what has no width, fillers, tags, lone surrogates."""


def visible(text: str) -> str:
    """The same text with each such character as the escape that Python writes for it; tabs and line feeds stay."""
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def in_json(text: str) -> str:
    """A JSON document that says the same, with each such character as JSON's own escape."""
    return UNSEEN.sub(lambda found: _of_json(ord(found[0])), text)


def in_html(value: Any) -> str:
    """A value as text in HTML, with each such character as its escape."""
    return html.escape(visible(str(value)))


def _of_json(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + ((code - 0x10000) >> 10):04x}\\u{0xDC00 + ((code - 0x10000) & 0x3FF):04x}"
