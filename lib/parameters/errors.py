"""What the user gave cannot be used: the one exception that ends in exit status 2."""

from __future__ import annotations

from lib.redaction.redact import redact_text

MAX_CHARACTERS = 1000
"""What is longer is cut in its middle: a path's beginning and end tell which it is."""


class BadInput(Exception):
    """Something that the user gave cannot be used: what, where, and what would be accepted. Exit status 2."""

    def __init__(self, where: str, found: str, accepted: str):
        # What was given may be a secret, in the place where a reference to it belongs or in an address.
        self.where, self.found, self.accepted = (in_line(redact_text(text)) for text in (where, found, accepted))
        super().__init__(self.where, self.found, self.accepted)

    def __str__(self) -> str:
        return f"{self.where}: {self.found}; accepted: {self.accepted}"


def in_line(text: str) -> str:
    """A text as a part of one line, of bounded length."""
    if len(text) > MAX_CHARACTERS:
        text = f"{text[: MAX_CHARACTERS // 2]} … {text[-MAX_CHARACTERS // 2 :]}"
    return "".join(_BREAKS.get(sign, sign) for sign in text)


_BREAKS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\f": "\\f"}
